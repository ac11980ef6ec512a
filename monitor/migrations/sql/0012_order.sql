-- @ supervision_order
CREATE TABLE supervision_order (
    id uuid PRIMARY KEY,
    project uuid NOT NULL
        CONSTRAINT supervision_order_project_fkey REFERENCES project (id),
    org uuid NOT NULL,
    addressee uuid NOT NULL
        CONSTRAINT supervision_order_addressee_fkey REFERENCES organisation (id),
    addressee_role text NOT NULL, title text NOT NULL, text text NOT NULL, article text NOT NULL,
    state text NOT NULL CONSTRAINT supervision_order_state_check
        CHECK (state IN ('issued','answered','closed','withdrawn')),
    issued_at timestamptz NOT NULL, limit_at timestamptz NOT NULL,
    answer text, answered_at timestamptz,
    finding text CONSTRAINT supervision_order_finding_check
        CHECK (finding IN ('settled','unsettled')),
    remark text, ended_at timestamptz,
    CONSTRAINT supervision_order_limit_check CHECK (limit_at > issued_at),
    CONSTRAINT supervision_order_answer_check
        CHECK ((answered_at IS NULL) = (answer IS NULL)),
    CONSTRAINT supervision_order_ended_check
        CHECK ((state IN ('closed','withdrawn')) = (ended_at IS NOT NULL)),
    CONSTRAINT supervision_order_closed_check CHECK ((state = 'closed') = (finding IS NOT NULL)),
    CONSTRAINT supervision_order_first_check
        CHECK (state NOT IN ('answered','closed') OR answer IS NOT NULL));
CREATE INDEX supervision_order_project_idx ON supervision_order (project);
CREATE INDEX supervision_order_addressee_idx ON supervision_order (addressee);
-- @ promise
CREATE TABLE promise (
    id uuid PRIMARY KEY,
    project uuid NOT NULL CONSTRAINT promise_project_fkey REFERENCES project (id),
    section uuid NOT NULL, mask text NOT NULL,
    statement bytea NOT NULL CONSTRAINT promise_statement_check
        CHECK (octet_length(statement) = 32),
    promised_at timestamptz NOT NULL,
    CONSTRAINT promise_section_mask_key UNIQUE (section, mask));
CREATE INDEX promise_project_idx ON promise (project);
