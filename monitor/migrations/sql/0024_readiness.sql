-- @ readiness_test
CREATE TABLE readiness_test (
    id uuid PRIMARY KEY,
    project uuid NOT NULL,
    deadline timestamptz NOT NULL,
    turn text NOT NULL CONSTRAINT readiness_test_turn_check CHECK (turn IN ('day', 'hour')),
    seat bigint NOT NULL,
    recipient text NOT NULL,
    challenge bytea NOT NULL,
    expected text NOT NULL,
    asked_at timestamptz NOT NULL,
    answered_at timestamptz,
    CONSTRAINT readiness_test_project_deadline_turn_recipient_key
        UNIQUE (project, deadline, turn, recipient)
);
