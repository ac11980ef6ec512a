-- @ suspension
CREATE TABLE suspension (
    id uuid PRIMARY KEY,
    project uuid NOT NULL, org uuid NOT NULL,
    cause text NOT NULL CONSTRAINT suspension_cause_check CHECK (cause IN ('order','outage')),
    article text NOT NULL, reason text NOT NULL,
    since timestamptz NOT NULL, lifted text, until timestamptz,
    CONSTRAINT suspension_until_check CHECK (until >= since),
    CONSTRAINT suspension_lifted_check CHECK ((until IS NULL) = (lifted IS NULL)));
CREATE INDEX suspension_project_idx ON suspension (project);
-- @ discipline_case
CREATE TABLE discipline_case (
    id uuid PRIMARY KEY,
    project uuid NOT NULL CONSTRAINT discipline_case_project_fkey REFERENCES project (id),
    org uuid NOT NULL, title text NOT NULL, ground text NOT NULL,
    opened_at timestamptz NOT NULL, finding text, closed_at timestamptz,
    CONSTRAINT discipline_case_closed_check CHECK ((closed_at IS NULL) = (finding IS NULL)));
CREATE INDEX discipline_case_project_idx ON discipline_case (project);
-- @ case_entry
CREATE TABLE case_entry (
    id uuid PRIMARY KEY,
    discipline_case uuid NOT NULL
        CONSTRAINT case_entry_discipline_case_fkey REFERENCES discipline_case (id),
    kind text NOT NULL CONSTRAINT case_entry_kind_check CHECK (kind IN ('report','look','note')),
    text text NOT NULL, at timestamptz NOT NULL);
CREATE INDEX case_entry_discipline_case_idx ON case_entry (discipline_case);
-- @ referral
CREATE TABLE referral (
    id uuid PRIMARY KEY,
    project uuid NOT NULL CONSTRAINT referral_project_fkey REFERENCES project (id),
    org uuid NOT NULL, card uuid, text text NOT NULL, referred_at timestamptz NOT NULL);
CREATE INDEX referral_project_idx ON referral (project);
-- @ dossier
CREATE TABLE dossier (
    id uuid PRIMARY KEY,
    project uuid NOT NULL CONSTRAINT dossier_project_fkey REFERENCES project (id),
    card uuid NOT NULL CONSTRAINT dossier_card_fkey REFERENCES card (id),
    org uuid NOT NULL, asked_at timestamptz NOT NULL,
    digest bytea CONSTRAINT dossier_digest_check CHECK (octet_length(digest) = 32),
    blob uuid, made_at timestamptz,
    CONSTRAINT dossier_made_check CHECK ((digest IS NULL) = (made_at IS NULL)),
    CONSTRAINT dossier_blob_check CHECK ((digest IS NULL) = (blob IS NULL)));
CREATE INDEX dossier_project_idx ON dossier (project);
-- @ chase
CREATE TABLE chase (
    id uuid PRIMARY KEY,
    project uuid NOT NULL CONSTRAINT chase_project_fkey REFERENCES project (id),
    duty uuid NOT NULL CONSTRAINT chase_duty_fkey REFERENCES duty (id),
    level bigint CONSTRAINT chase_level_check CHECK (level IN (1, 3)),
    org uuid NOT NULL, text text, chased_at timestamptz NOT NULL,
    CONSTRAINT chase_text_check CHECK ((level IS NULL) = (text IS NOT NULL)),
    CONSTRAINT chase_duty_level_key UNIQUE (duty, level));
CREATE INDEX chase_project_idx ON chase (project);
-- @ heartbeat
CREATE TABLE heartbeat (id uuid PRIMARY KEY, at timestamptz NOT NULL);
-- @ outage
CREATE TABLE outage (
    id uuid PRIMARY KEY,
    source text NOT NULL CONSTRAINT outage_source_check CHECK (source IN ('platform','witness')),
    org uuid NOT NULL, since timestamptz NOT NULL, until timestamptz NOT NULL,
    CONSTRAINT outage_until_check CHECK (until > since));
-- @ outage_consent
CREATE TABLE outage_consent (
    id uuid PRIMARY KEY,
    project uuid NOT NULL CONSTRAINT outage_consent_project_fkey REFERENCES project (id),
    org uuid NOT NULL, clause text NOT NULL, given_at timestamptz NOT NULL,
    CONSTRAINT outage_consent_project_key UNIQUE (project));
