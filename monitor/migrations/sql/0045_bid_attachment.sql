-- @ bid_attachment
CREATE TABLE bid_attachment (
    id uuid PRIMARY KEY,
    project uuid NOT NULL REFERENCES project (id),
    section uuid NOT NULL REFERENCES section (id),
    bid uuid NOT NULL,
    object text NOT NULL,
    name text NOT NULL,
    size bigint NOT NULL,
    sha256 text NOT NULL,
    state text NOT NULL CHECK (state IN ('waiting', 'opened', 'shut')),
    blob uuid,
    cause text NOT NULL,
    opened_at timestamptz,
    UNIQUE (bid, object),
    CONSTRAINT kept CHECK ((state = 'opened') = (blob IS NOT NULL)),
    CONSTRAINT told CHECK ((state = 'shut') = (cause <> '')));
CREATE INDEX bid_attachment_section_idx ON bid_attachment (project, section);
