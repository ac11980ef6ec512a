-- @ point_result
CREATE TABLE point_result (
    id uuid PRIMARY KEY,
    project uuid NOT NULL CONSTRAINT point_result_project_fkey REFERENCES project (id),
    point text NOT NULL, version text NOT NULL,
    result bigint NOT NULL CONSTRAINT point_result_result_check CHECK (result BETWEEN 1 AND 3),
    evidence jsonb NOT NULL, cleared jsonb NOT NULL, reason text,
    judged_at timestamptz NOT NULL,
    CONSTRAINT point_result_project_point_key UNIQUE (project, point));
-- @ card
CREATE TABLE card (
    id uuid PRIMARY KEY,
    project uuid NOT NULL CONSTRAINT card_project_fkey REFERENCES project (id),
    point text NOT NULL,
    result bigint NOT NULL CONSTRAINT card_result_check CHECK (result IN (2, 3)),
    evidence jsonb NOT NULL, opened_at timestamptz NOT NULL,
    handling text NOT NULL CONSTRAINT card_handling_check
        CHECK (handling IN ('todo','warned','answered','read','closed')),
    addressee uuid, addressee_role text, warning text, warned_at timestamptz, limit_at timestamptz,
    answer text, answered_at timestamptz, read_at timestamptz,
    outcome text CONSTRAINT card_outcome_check
        CHECK (outcome IN ('upheld','cleared','resolved')),
    remark text, closed_at timestamptz,
    CONSTRAINT card_closed_check CHECK ((handling = 'closed') = (closed_at IS NOT NULL)),
    CONSTRAINT card_ended_check CHECK ((handling = 'closed') = (outcome IS NOT NULL)),
    CONSTRAINT card_warned_check CHECK ((warned_at IS NULL) = (addressee IS NULL)),
    CONSTRAINT card_answered_check CHECK ((answered_at IS NULL) = (answer IS NULL)));
CREATE INDEX card_project_idx ON card (project);
-- @ annotation
CREATE TABLE annotation (
    id uuid PRIMARY KEY,
    project uuid NOT NULL CONSTRAINT annotation_project_fkey REFERENCES project (id),
    card uuid NOT NULL CONSTRAINT annotation_card_fkey REFERENCES card (id),
    text text NOT NULL, written_at timestamptz NOT NULL);
CREATE INDEX annotation_card_idx ON annotation (card);
