-- @ promised_limit
CREATE TABLE promised_limit (
    id uuid PRIMARY KEY,
    project uuid CONSTRAINT promised_limit_project_fkey REFERENCES project (id),
    rule text NOT NULL,
    number bigint NOT NULL CONSTRAINT promised_limit_number_check CHECK (number > 0),
    org uuid NOT NULL, since timestamptz NOT NULL);
CREATE INDEX promised_limit_project_idx ON promised_limit (project);
