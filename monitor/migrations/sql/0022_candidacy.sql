-- @ candidacy
CREATE TABLE candidacy (
    id uuid PRIMARY KEY,
    person uuid NOT NULL CONSTRAINT candidacy_person_fkey REFERENCES person (id),
    org uuid NOT NULL CONSTRAINT candidacy_org_fkey REFERENCES organisation (id),
    role text NOT NULL, category text,
    proposed_by uuid NOT NULL, proposed_at timestamptz NOT NULL,
    state text NOT NULL CONSTRAINT candidacy_state_check
        CHECK (state IN ('waiting','confirmed','refused')),
    decided_by uuid, decided_at timestamptz, reason text,
    CONSTRAINT candidacy_decided_check CHECK ((state = 'waiting') = (decided_at IS NULL)),
    CONSTRAINT candidacy_decided_by_check CHECK ((decided_at IS NULL) = (decided_by IS NULL)),
    CONSTRAINT candidacy_reason_check CHECK ((state = 'refused') = (reason IS NOT NULL)),
    CONSTRAINT candidacy_two_check CHECK (decided_by IS NULL OR decided_by <> proposed_by),
    CONSTRAINT candidacy_other_check CHECK (decided_by IS NULL OR decided_by <> person));
CREATE INDEX candidacy_org_idx ON candidacy (org);
CREATE UNIQUE INDEX candidacy_waiting_key ON candidacy (person, org, role)
    WHERE state = 'waiting';
