-- @ account
CREATE TABLE account (
    id uuid PRIMARY KEY,
    person uuid NOT NULL CONSTRAINT account_person_fkey REFERENCES person (id),
    name text NOT NULL, password text, totp bytea, totp_step bigint NOT NULL,
    CONSTRAINT account_person_key UNIQUE (person),
    CONSTRAINT account_name_key UNIQUE (name),
    CONSTRAINT account_password_check CHECK (password LIKE '$argon2id$%'));
-- @ recovery_code
CREATE TABLE recovery_code (
    id uuid PRIMARY KEY,
    account uuid NOT NULL CONSTRAINT recovery_code_account_fkey REFERENCES account (id),
    digest bytea NOT NULL CONSTRAINT recovery_code_digest_check CHECK (octet_length(digest) = 32),
    used_at timestamptz,
    CONSTRAINT recovery_code_account_digest_key UNIQUE (account, digest));
-- @ account_invitation
CREATE TABLE account_invitation (
    id uuid PRIMARY KEY,
    account uuid NOT NULL CONSTRAINT account_invitation_account_fkey REFERENCES account (id),
    digest bytea NOT NULL
        CONSTRAINT account_invitation_digest_check CHECK (octet_length(digest) = 32),
    made_by uuid NOT NULL, ends timestamptz NOT NULL, used_at timestamptz, void_at timestamptz,
    CONSTRAINT account_invitation_digest_key UNIQUE (digest));
CREATE INDEX account_invitation_account_idx ON account_invitation (account);
-- @ account_session
CREATE TABLE account_session (
    id uuid PRIMARY KEY,
    account uuid NOT NULL CONSTRAINT account_session_account_fkey REFERENCES account (id),
    appointment uuid NOT NULL
        CONSTRAINT account_session_appointment_fkey REFERENCES appointment (id),
    digest bytea NOT NULL
        CONSTRAINT account_session_digest_check CHECK (octet_length(digest) = 32),
    label text NOT NULL CONSTRAINT account_session_label_check CHECK (length(label) <= 120),
    created timestamptz NOT NULL, ends timestamptz NOT NULL, confirmed_at timestamptz,
    revoked_at timestamptz,
    CONSTRAINT account_session_digest_key UNIQUE (digest),
    CONSTRAINT account_session_ends_check CHECK (ends > created));
CREATE INDEX account_session_account_idx ON account_session (account);
