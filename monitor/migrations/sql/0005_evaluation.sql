-- @ evaluation_method
CREATE TABLE evaluation_method (
    id uuid PRIMARY KEY,
    project uuid NOT NULL,
    section uuid NOT NULL,
    method jsonb NOT NULL,
    digest bytea NOT NULL CONSTRAINT evaluation_method_digest_check
        CHECK (octet_length(digest) = 32),
    CONSTRAINT evaluation_method_project_section_key UNIQUE (project, section)
);
-- @ evaluation
CREATE TABLE evaluation (
    id uuid PRIMARY KEY,
    project uuid NOT NULL,
    section uuid NOT NULL,
    members bigint NOT NULL CONSTRAINT evaluation_members_check CHECK (members > 0),
    state text NOT NULL CONSTRAINT evaluation_state_check CHECK (state IN ('open', 'reported')),
    started_at timestamptz NOT NULL,
    dice text,
    report jsonb,
    digest bytea CONSTRAINT evaluation_digest_check CHECK (octet_length(digest) = 32),
    CONSTRAINT evaluation_reported_check CHECK ((state = 'reported') = (digest IS NOT NULL)),
    CONSTRAINT evaluation_project_section_key UNIQUE (project, section)
);
CREATE INDEX evaluation_project_idx ON evaluation (project);
-- @ score_sheet
CREATE TABLE score_sheet (
    id uuid PRIMARY KEY,
    evaluation uuid NOT NULL CONSTRAINT score_sheet_evaluation_fkey REFERENCES evaluation (id),
    mask text NOT NULL,
    bid uuid NOT NULL,
    points jsonb NOT NULL,
    CONSTRAINT score_sheet_evaluation_mask_bid_key UNIQUE (evaluation, mask, bid)
);
-- @ rejection_vote
CREATE TABLE rejection_vote (
    id uuid PRIMARY KEY,
    evaluation uuid NOT NULL CONSTRAINT rejection_vote_evaluation_fkey REFERENCES evaluation (id),
    mask text NOT NULL,
    bid uuid NOT NULL,
    ground text NOT NULL,
    reason text NOT NULL,
    CONSTRAINT rejection_vote_evaluation_mask_bid_key UNIQUE (evaluation, mask, bid)
);
-- @ evaluation_signature
CREATE TABLE evaluation_signature (
    id uuid PRIMARY KEY,
    evaluation uuid NOT NULL
        CONSTRAINT evaluation_signature_evaluation_fkey REFERENCES evaluation (id),
    mask text NOT NULL,
    stance text NOT NULL,
    dissent text NOT NULL,
    digest bytea NOT NULL,
    CONSTRAINT evaluation_signature_evaluation_mask_key UNIQUE (evaluation, mask)
);
-- @ price_correction
CREATE TABLE price_correction (
    id uuid PRIMARY KEY,
    evaluation uuid NOT NULL CONSTRAINT price_correction_evaluation_fkey REFERENCES evaluation (id),
    bid uuid NOT NULL,
    quote jsonb NOT NULL,
    price bigint NOT NULL CONSTRAINT price_correction_price_check CHECK (price > 0),
    rules jsonb NOT NULL,
    confirmed boolean NOT NULL,
    CONSTRAINT price_correction_evaluation_bid_key UNIQUE (evaluation, bid)
);
