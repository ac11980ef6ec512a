-- @ duty
CREATE TABLE duty (
    id uuid PRIMARY KEY,
    project uuid NOT NULL,
    rule text NOT NULL,
    rule_version text NOT NULL,
    subject text NOT NULL,
    state text NOT NULL CONSTRAINT duty_state_check
        CHECK (state IN ('open', 'due_soon', 'breached', 'closed', 'closed_late', 'lifted')),
    provisional boolean NOT NULL,
    opened_at timestamptz NOT NULL,
    yellow_at timestamptz NOT NULL,
    limit_at timestamptz NOT NULL,
    warned_at timestamptz,
    breached_at timestamptz,
    ended_at timestamptz,
    CONSTRAINT duty_project_rule_subject_opened_at_key UNIQUE (project, rule, subject, opened_at)
);
CREATE INDEX duty_project_idx ON duty (project);
-- @ project
CREATE TABLE project (
    id uuid PRIMARY KEY,
    code text NOT NULL CONSTRAINT project_code_check CHECK (length(code) BETWEEN 1 AND 50),
    trade_code text CONSTRAINT project_trade_code_check CHECK (length(trade_code) = 40),
    name text NOT NULL,
    category text NOT NULL,
    kind text NOT NULL,
    region text NOT NULL,
    owner uuid NOT NULL,
    agency uuid,
    estimate_fen bigint NOT NULL CONSTRAINT project_estimate_check CHECK (estimate_fen > 0),
    state_funds boolean NOT NULL,
    inside boolean NOT NULL,
    must_tender boolean NOT NULL,
    reason text NOT NULL,
    registered_at timestamptz NOT NULL,
    accepted_at timestamptz,
    confirmed_stage text,
    CONSTRAINT project_code_key UNIQUE (code),
    CONSTRAINT project_trade_code_key UNIQUE (trade_code)
);
-- @ section
CREATE TABLE section (
    id uuid PRIMARY KEY,
    project uuid NOT NULL CONSTRAINT section_project_fkey REFERENCES project (id),
    number bigint NOT NULL,
    code text NOT NULL,
    name text NOT NULL,
    estimate_fen bigint NOT NULL CONSTRAINT section_estimate_check CHECK (estimate_fen > 0),
    deposit_fen bigint CONSTRAINT section_deposit_check CHECK (deposit_fen >= 0),
    ceiling_fen bigint CONSTRAINT section_ceiling_check CHECK (ceiling_fen > 0),
    CONSTRAINT section_project_number_key UNIQUE (project, number),
    CONSTRAINT section_code_key UNIQUE (code)
);
CREATE INDEX section_project_idx ON section (project);
-- @ intake
CREATE TABLE intake (
    id uuid PRIMARY KEY,
    project uuid NOT NULL CONSTRAINT intake_project_fkey REFERENCES project (id),
    round bigint NOT NULL,
    content jsonb NOT NULL,
    filed_at timestamptz NOT NULL,
    answer text CONSTRAINT intake_answer_check CHECK (answer IN ('accepted', 'returned')),
    answered_at timestamptz,
    defects jsonb NOT NULL,
    CONSTRAINT intake_project_round_key UNIQUE (project, round),
    CONSTRAINT intake_answered_check CHECK ((answer IS NULL) = (answered_at IS NULL))
);
CREATE INDEX intake_project_idx ON intake (project);
-- @ notice
CREATE TABLE notice (
    id uuid PRIMARY KEY,
    project uuid NOT NULL CONSTRAINT notice_project_fkey REFERENCES project (id),
    number bigint NOT NULL,
    kind text NOT NULL,
    title text NOT NULL,
    fields jsonb NOT NULL,
    media jsonb NOT NULL,
    supply_from timestamptz NOT NULL,
    supply_until timestamptz NOT NULL,
    deadline timestamptz NOT NULL,
    digest bytea NOT NULL CONSTRAINT notice_digest_check CHECK (octet_length(digest) = 32),
    published_at timestamptz NOT NULL,
    CONSTRAINT notice_project_number_key UNIQUE (project, number),
    CONSTRAINT notice_dates_check CHECK (supply_from < supply_until AND supply_until <= deadline)
);
CREATE INDEX notice_project_idx ON notice (project);
-- @ carriage
CREATE TABLE carriage (
    id uuid PRIMARY KEY,
    notice uuid NOT NULL CONSTRAINT carriage_notice_fkey REFERENCES notice (id),
    medium text NOT NULL,
    digest bytea NOT NULL,
    identical boolean NOT NULL,
    at timestamptz NOT NULL
);
CREATE INDEX carriage_notice_idx ON carriage (notice);
-- @ tender_document
CREATE TABLE tender_document (
    id uuid PRIMARY KEY,
    project uuid NOT NULL CONSTRAINT tender_document_project_fkey REFERENCES project (id),
    name text NOT NULL,
    digest bytea NOT NULL CONSTRAINT tender_document_digest_check CHECK (octet_length(digest) = 32),
    size bigint NOT NULL,
    manner text NOT NULL CONSTRAINT tender_document_manner_check
        CHECK (manner IN ('bidders_first', 'trustees')),
    window_minutes bigint NOT NULL,
    clause text NOT NULL,
    trustees text NOT NULL,
    trustees_digest bytea NOT NULL,
    validity_days bigint NOT NULL,
    ceiling_method text,
    supply_until timestamptz NOT NULL,
    deadline timestamptz NOT NULL,
    issued_at timestamptz NOT NULL,
    CONSTRAINT tender_document_project_key UNIQUE (project),
    CONSTRAINT tender_document_figures_check
        CHECK (size > 0 AND validity_days > 0 AND window_minutes >= 0)
);
-- @ addendum
CREATE TABLE addendum (
    id uuid PRIMARY KEY,
    project uuid NOT NULL CONSTRAINT addendum_project_fkey REFERENCES project (id),
    number bigint NOT NULL,
    kind text NOT NULL,
    title text NOT NULL,
    text text NOT NULL,
    file bytea,
    digest bytea NOT NULL CONSTRAINT addendum_digest_check CHECK (octet_length(digest) = 32),
    affects_bids boolean NOT NULL,
    resubmit boolean NOT NULL,
    deadline_before timestamptz NOT NULL,
    deadline_after timestamptz NOT NULL,
    issued_at timestamptz NOT NULL,
    CONSTRAINT addendum_project_number_key UNIQUE (project, number),
    CONSTRAINT addendum_deadline_check CHECK (deadline_after >= deadline_before)
);
CREATE INDEX addendum_project_idx ON addendum (project);
-- @ question
CREATE TABLE question (
    id uuid PRIMARY KEY,
    project uuid NOT NULL CONSTRAINT question_project_fkey REFERENCES project (id),
    mask text NOT NULL,
    text text NOT NULL,
    asked_at timestamptz NOT NULL,
    answer uuid CONSTRAINT question_answer_fkey REFERENCES addendum (id)
);
CREATE INDEX question_project_idx ON question (project);
-- @ download
CREATE TABLE download (
    id uuid PRIMARY KEY,
    document uuid NOT NULL CONSTRAINT download_document_fkey REFERENCES tender_document (id),
    mask text NOT NULL,
    addenda bigint NOT NULL,
    at timestamptz NOT NULL
);
CREATE INDEX download_document_idx ON download (document);
-- @ room
CREATE TABLE room (
    id uuid PRIMARY KEY,
    name text NOT NULL,
    purpose text NOT NULL CONSTRAINT room_purpose_check
        CHECK (purpose IN ('opening', 'evaluation', 'draw', 'supervision')),
    seats bigint NOT NULL CONSTRAINT room_seats_check CHECK (seats > 0),
    camera text NOT NULL,
    CONSTRAINT room_name_key UNIQUE (name)
);
-- @ booking
CREATE TABLE booking (
    id uuid PRIMARY KEY,
    room uuid NOT NULL CONSTRAINT booking_room_fkey REFERENCES room (id),
    project uuid NOT NULL CONSTRAINT booking_project_fkey REFERENCES project (id),
    purpose text NOT NULL,
    during tstzrange NOT NULL,
    booked_by uuid NOT NULL,
    booked_at timestamptz NOT NULL,
    released_at timestamptz,
    CONSTRAINT booking_during_check
        CHECK (NOT isempty(during) AND NOT lower_inf(during) AND NOT upper_inf(during)),
    CONSTRAINT booking_room_during_excl
        EXCLUDE USING gist (room WITH =, during WITH &&) WHERE (released_at IS NULL)
);
CREATE INDEX booking_project_idx ON booking (project);
