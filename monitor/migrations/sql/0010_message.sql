-- @ paper
CREATE TABLE paper (
    id uuid PRIMARY KEY,
    project uuid NOT NULL CONSTRAINT paper_project_fkey REFERENCES project (id),
    kind text NOT NULL, name text NOT NULL, title text NOT NULL,
    digest bytea NOT NULL CONSTRAINT paper_digest_check CHECK (octet_length(digest) = 32),
    size bigint NOT NULL CONSTRAINT paper_size_check CHECK (size > 0),
    blob uuid NOT NULL, record uuid NOT NULL, kept_at timestamptz NOT NULL,
    CONSTRAINT paper_project_digest_key UNIQUE (project, digest),
    CONSTRAINT paper_project_kind_name_key UNIQUE (project, kind, name));
-- @ message
CREATE TABLE message (
    id uuid PRIMARY KEY,
    person uuid NOT NULL CONSTRAINT message_person_fkey REFERENCES person (id),
    project uuid NOT NULL CONSTRAINT message_project_fkey REFERENCES project (id),
    record uuid NOT NULL, event text NOT NULL, sent_at timestamptz NOT NULL,
    read_at timestamptz,
    CONSTRAINT message_record_person_key UNIQUE (record, person),
    CONSTRAINT message_read_check CHECK (read_at >= sent_at));
CREATE INDEX message_person_sent_at_idx ON message (person, sent_at);
CREATE INDEX message_project_idx ON message (project);
-- @ address
CREATE TABLE address (
    id uuid PRIMARY KEY,
    person uuid NOT NULL CONSTRAINT address_person_fkey REFERENCES person (id),
    email text NOT NULL CONSTRAINT address_email_check CHECK (length(email) BETWEEN 3 AND 254),
    lang text NOT NULL CONSTRAINT address_lang_check CHECK (lang IN ('zh', 'en')),
    board boolean NOT NULL,
    CONSTRAINT address_person_key UNIQUE (person));
