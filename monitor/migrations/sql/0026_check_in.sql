-- @ check_in
CREATE TABLE check_in (
    id uuid PRIMARY KEY,
    project uuid NOT NULL,
    section uuid NOT NULL,
    mask text NOT NULL,
    at timestamptz NOT NULL,
    CONSTRAINT check_in_project_section_mask_key UNIQUE (project, section, mask)
);
