-- @ complaint
CREATE TABLE complaint (
    id uuid PRIMARY KEY,
    project uuid NOT NULL REFERENCES project (id),
    addressed uuid NOT NULL REFERENCES organisation (id),
    mask text, org uuid,
    matter text NOT NULL CHECK (matter IN ('documents','opening','result','other')),
    objection uuid REFERENCES objection (id),
    ground bytea NOT NULL CHECK (octet_length(ground) = 32),
    respondent text NOT NULL, told text NOT NULL, request text NOT NULL, basis text NOT NULL,
    interest text,
    known_at timestamptz NOT NULL, filed_at timestamptz NOT NULL,
    state text NOT NULL
        CHECK (state IN ('filed','accepted','declined','decided','withdrawn')),
    accepted_at timestamptz, testing_since timestamptz,
    outcome text CHECK (outcome IN ('upheld','partly','dismissed')),
    reply text, ended_at timestamptz,
    CONSTRAINT author CHECK ((mask IS NULL) <> (org IS NULL)),
    CONSTRAINT decided CHECK ((state = 'decided') = (outcome IS NOT NULL)),
    CONSTRAINT ended
        CHECK ((state IN ('declined','decided','withdrawn')) = (ended_at IS NOT NULL)));
CREATE UNIQUE INDEX complaint_ground_key ON complaint (project, ground)
    WHERE state <> 'declined';
CREATE INDEX complaint_addressed_idx ON complaint (addressed);
CREATE INDEX complaint_project_idx ON complaint (project);
