-- @ dealt_key
CREATE TABLE dealt_key (
    id uuid PRIMARY KEY,
    project uuid NOT NULL,
    seat bigint NOT NULL,
    recipient text NOT NULL,
    roster text NOT NULL,
    document bytea NOT NULL,
    CONSTRAINT dealt_key_project_recipient_key UNIQUE (project, recipient)
);
CREATE INDEX dealt_key_recipient_idx ON dealt_key (recipient);
-- @ succession
CREATE TABLE succession (
    id uuid PRIMARY KEY,
    project uuid NOT NULL,
    seat bigint NOT NULL,
    deal uuid NOT NULL REFERENCES dealt_key (id),
    cause text NOT NULL CONSTRAINT succession_cause_check CHECK (cause IN ('lost', 'withdraws')),
    why text NOT NULL,
    person uuid NOT NULL,
    org uuid NOT NULL,
    kind text NOT NULL,
    authority text NOT NULL,
    name text NOT NULL,
    lost text NOT NULL,
    recipient text NOT NULL,
    signer text NOT NULL,
    acceptance bytea NOT NULL,
    challenge bytea NOT NULL,
    expected text NOT NULL,
    asked_by uuid NOT NULL,
    asked_for uuid NOT NULL,
    asked_at timestamptz NOT NULL,
    confirmed_by uuid,
    confirmed_at timestamptz,
    placed_at timestamptz,
    ended text CONSTRAINT succession_ended_check CHECK (ended IN ('answered', 'withdrawn')),
    CONSTRAINT succession_order_check
        CHECK (placed_at IS NULL OR (confirmed_at IS NOT NULL AND ended IS NULL))
);
CREATE UNIQUE INDEX succession_seat_key ON succession (project, seat) WHERE ended IS NULL;
CREATE INDEX succession_org_idx ON succession (org);
-- @ handed_piece
CREATE TABLE handed_piece (
    id uuid PRIMARY KEY,
    succession uuid NOT NULL REFERENCES succession (id),
    seat bigint NOT NULL,
    document bytea NOT NULL,
    CONSTRAINT handed_piece_succession_seat_key UNIQUE (succession, seat)
);
-- @ false_piece
CREATE TABLE false_piece (
    id uuid PRIMARY KEY,
    project uuid NOT NULL,
    about uuid NOT NULL,
    reader text NOT NULL,
    seat bigint NOT NULL,
    gap text NOT NULL CHECK (gap IN ('not_mine', 'garbled', 'misbound', 'wrong_share')),
    document bytea NOT NULL,
    CONSTRAINT false_piece_about_reader_key UNIQUE (about, reader)
);
