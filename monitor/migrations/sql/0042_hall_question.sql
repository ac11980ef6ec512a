-- @ hall_question
CREATE TABLE hall_question (
    id uuid PRIMARY KEY,
    project uuid NOT NULL REFERENCES project (id),
    section uuid NOT NULL REFERENCES section (id),
    mask text NOT NULL,
    record uuid NOT NULL,
    text text NOT NULL,
    asked_at timestamptz NOT NULL,
    reply text NOT NULL,
    replied_at timestamptz,
    CONSTRAINT replied CHECK ((reply = '') = (replied_at IS NULL)));
CREATE INDEX hall_question_section_idx ON hall_question (project, section);
