-- @ reading
CREATE TABLE reading (
    id uuid PRIMARY KEY,
    project uuid NOT NULL,
    mask text NOT NULL,
    notice bytea NOT NULL CONSTRAINT reading_notice_check CHECK (octet_length(notice) = 32),
    at timestamptz NOT NULL,
    CONSTRAINT reading_project_mask_notice_key UNIQUE (project, mask, notice)
);
