-- @ tip
CREATE TABLE tip (
    id uuid PRIMARY KEY,
    project uuid NOT NULL CONSTRAINT tip_project_fkey REFERENCES project (id),
    text text NOT NULL, name text, contact text,
    receipt bytea NOT NULL CONSTRAINT tip_receipt_key UNIQUE
        CONSTRAINT tip_receipt_check CHECK (octet_length(receipt) = 32),
    filed_at timestamptz NOT NULL,
    state text NOT NULL CONSTRAINT tip_state_check CHECK (state IN ('filed','taken','dismissed')),
    reply text CONSTRAINT tip_reply_check CHECK ((state = 'dismissed') = (reply IS NOT NULL)),
    decided_at timestamptz,
    CONSTRAINT tip_decided_check CHECK ((state = 'filed') = (decided_at IS NULL)));
CREATE INDEX tip_project_idx ON tip (project);
