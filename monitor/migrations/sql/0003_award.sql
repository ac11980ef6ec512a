-- @ organisation
CREATE TABLE organisation (
    id uuid PRIMARY KEY, uscc text NOT NULL, name text NOT NULL, kind text NOT NULL,
    CONSTRAINT organisation_uscc_key UNIQUE (uscc));
-- @ person
CREATE TABLE person (id uuid PRIMARY KEY, name text NOT NULL);
-- @ participation
CREATE TABLE participation (
    id uuid PRIMARY KEY, project uuid NOT NULL, mask text NOT NULL,
    public_key bytea NOT NULL
        CONSTRAINT participation_key_check CHECK (octet_length(public_key) = 32),
    sealed_identity bytea NOT NULL CONSTRAINT participation_sealed_check
        CHECK (octet_length(sealed_identity) BETWEEN 1 AND 65536),
    CONSTRAINT participation_project_mask_key UNIQUE (project, mask));
-- @ participant
CREATE TABLE participant (
    id uuid PRIMARY KEY, project uuid NOT NULL, mask text NOT NULL, uscc text NOT NULL,
    name text NOT NULL, CONSTRAINT participant_project_mask_key UNIQUE (project, mask));
CREATE INDEX participant_uscc_idx ON participant (uscc);
-- @ deposit_block
CREATE TABLE deposit_block (
    id uuid PRIMARY KEY, project uuid NOT NULL, section uuid NOT NULL,
    prefix text NOT NULL, size bigint NOT NULL, amount_fen bigint NOT NULL,
    rate_ppm bigint NOT NULL, rate_days bigint NOT NULL,
    rate_source text NOT NULL,
    CONSTRAINT deposit_block_project_section_key UNIQUE (project, section),
    CONSTRAINT deposit_block_prefix_key UNIQUE (prefix),
    CONSTRAINT deposit_block_sums_check
        CHECK (amount_fen > 0 AND rate_ppm >= 0 AND rate_days > 0));
-- @ deposit
CREATE TABLE deposit (
    id uuid PRIMARY KEY, project uuid NOT NULL, section uuid NOT NULL, mask text NOT NULL,
    number text NOT NULL, state text NOT NULL, amount_fen bigint, reference text,
    received_at timestamptz, sealed_payer bytea, payer text, payer_account text,
    payer_differs boolean,
    CONSTRAINT deposit_project_section_mask_key UNIQUE (project, section, mask),
    CONSTRAINT deposit_number_key UNIQUE (number),
    CONSTRAINT deposit_reference_key UNIQUE (reference),
    CONSTRAINT deposit_received_check CHECK ((state = 'opened') = (amount_fen IS NULL)),
    CONSTRAINT deposit_amount_check CHECK (amount_fen > 0));
CREATE INDEX deposit_mask_idx ON deposit (mask);
-- @ guarantee
CREATE TABLE guarantee (
    id uuid PRIMARY KEY, project uuid NOT NULL, section uuid NOT NULL, mask text NOT NULL,
    number text NOT NULL, issuer text NOT NULL, amount_fen bigint NOT NULL,
    valid_until timestamptz NOT NULL,
    CONSTRAINT guarantee_issuer_number_key UNIQUE (issuer, number),
    CONSTRAINT guarantee_project_section_mask_key UNIQUE (project, section, mask),
    CONSTRAINT guarantee_amount_check CHECK (amount_fen > 0));
-- @ refund
CREATE TABLE refund (
    id uuid PRIMARY KEY, project uuid NOT NULL,
    deposit uuid NOT NULL CONSTRAINT refund_deposit_fkey REFERENCES deposit (id),
    early boolean NOT NULL, principal_fen bigint NOT NULL, interest_fen bigint NOT NULL,
    ordered_by uuid NOT NULL, ordered_at timestamptz NOT NULL, approved_by uuid,
    instruction uuid, reference text,
    CONSTRAINT refund_deposit_key UNIQUE (deposit),
    CONSTRAINT refund_reference_key UNIQUE (reference),
    CONSTRAINT refund_four_eyes_check CHECK (approved_by <> ordered_by),
    CONSTRAINT refund_instructed_check
        CHECK (early OR (instruction IS NULL) = (approved_by IS NULL)),
    CONSTRAINT refund_confirmed_check
        CHECK (reference IS NULL OR instruction IS NOT NULL),
    CONSTRAINT refund_sums_check CHECK (principal_fen > 0 AND interest_fen >= 0));
-- @ forfeiture
CREATE TABLE forfeiture (
    id uuid PRIMARY KEY, project uuid NOT NULL,
    deposit uuid NOT NULL CONSTRAINT forfeiture_deposit_fkey REFERENCES deposit (id),
    ground text NOT NULL, reason text NOT NULL, reference text,
    CONSTRAINT forfeiture_deposit_key UNIQUE (deposit),
    CONSTRAINT forfeiture_reference_key UNIQUE (reference));
-- @ ledger_entry
CREATE OR REPLACE FUNCTION batong_balanced(lines jsonb) RETURNS boolean
    LANGUAGE sql IMMUTABLE STRICT SET search_path = public, pg_temp AS
    $$ SELECT count(*) >= 2 AND sum((line ->> 'fen')::numeric) = 0
           AND bool_and(coalesce((line ->> 'fen')::numeric % 1 = 0, false))
       FROM jsonb_array_elements(lines) AS line $$;
CREATE TABLE ledger_entry (
    id uuid PRIMARY KEY, project uuid NOT NULL, at timestamptz NOT NULL,
    narration text NOT NULL, lines jsonb NOT NULL, record uuid NOT NULL,
    CONSTRAINT ledger_entry_balanced_check CHECK (batong_balanced(lines)));
CREATE INDEX ledger_entry_project_idx ON ledger_entry (project);
-- @ ranking
CREATE TABLE ranking (
    id uuid PRIMARY KEY, project uuid NOT NULL, section uuid NOT NULL,
    report_digest bytea NOT NULL, reported_at timestamptz NOT NULL, rank bigint,
    uscc text NOT NULL, name text NOT NULL, price_fen bigint, score text NOT NULL,
    reason text NOT NULL,
    CONSTRAINT ranking_project_section_report_digest_rank_key
        UNIQUE (project, section, report_digest, rank),
    CONSTRAINT ranking_project_section_report_digest_uscc_key
        UNIQUE (project, section, report_digest, uscc),
    CONSTRAINT ranking_rank_check CHECK (rank > 0),
    CONSTRAINT ranking_reason_check CHECK (rank IS NOT NULL OR reason <> ''),
    CONSTRAINT ranking_price_check CHECK (rank IS NULL OR price_fen > 0));
CREATE INDEX ranking_section_idx ON ranking (section);
-- @ publicity
CREATE TABLE publicity (
    id uuid PRIMARY KEY, project uuid NOT NULL, section uuid NOT NULL,
    report_digest bytea NOT NULL, published_at timestamptz NOT NULL,
    ends_at timestamptz NOT NULL, channel text NOT NULL,
    CONSTRAINT publicity_project_section_report_digest_key
        UNIQUE (project, section, report_digest));
-- @ candidate
CREATE TABLE candidate (
    id uuid PRIMARY KEY,
    publicity uuid NOT NULL CONSTRAINT candidate_publicity_fkey REFERENCES publicity (id),
    rank bigint NOT NULL, uscc text NOT NULL, name text NOT NULL,
    price_fen bigint NOT NULL, score text NOT NULL, quality text NOT NULL,
    period text NOT NULL, manager text NOT NULL, certificate text NOT NULL,
    qualification text NOT NULL,
    CONSTRAINT candidate_publicity_rank_key UNIQUE (publicity, rank));
-- @ objection
CREATE TABLE objection (
    id uuid PRIMARY KEY, project uuid NOT NULL, section uuid, kind text NOT NULL,
    mask text, org uuid, text text NOT NULL, suspends boolean NOT NULL,
    filed_at timestamptz NOT NULL, answered_at timestamptz, answer text, outcome text,
    CONSTRAINT objection_author_check CHECK ((mask IS NULL) <> (org IS NULL)),
    CONSTRAINT objection_answer_check
        CHECK ((answered_at IS NULL) = (answer IS NULL)),
    CONSTRAINT objection_outcome_check
        CHECK ((answered_at IS NULL) = (outcome IS NULL)));
CREATE INDEX objection_project_idx ON objection (project);
-- @ award
CREATE TABLE award (
    id uuid PRIMARY KEY, project uuid NOT NULL, section uuid NOT NULL,
    report_digest bytea NOT NULL, uscc text NOT NULL, name text NOT NULL,
    rank bigint NOT NULL, price_fen bigint NOT NULL, reason text NOT NULL,
    issued_at timestamptz NOT NULL,
    CONSTRAINT award_project_section_key UNIQUE (project, section),
    CONSTRAINT award_order_check CHECK (rank = 1 OR reason <> ''));
-- @ letter
CREATE TABLE letter (
    id uuid PRIMARY KEY, project uuid NOT NULL, section uuid NOT NULL,
    award uuid NOT NULL CONSTRAINT letter_award_fkey REFERENCES award (id),
    uscc text NOT NULL, name text NOT NULL, kind text NOT NULL, data jsonb NOT NULL,
    digest bytea NOT NULL CONSTRAINT letter_digest_check CHECK (octet_length(digest) = 32),
    issued_at timestamptz NOT NULL, file_name text, file_digest bytea,
    CONSTRAINT letter_project_section_uscc_key UNIQUE (project, section, uscc),
    CONSTRAINT letter_file_check
        CHECK ((file_name IS NULL) = (file_digest IS NULL)));
-- @ contract
CREATE TABLE contract (
    id uuid PRIMARY KEY, project uuid NOT NULL, section uuid NOT NULL,
    award uuid NOT NULL CONSTRAINT contract_award_fkey REFERENCES award (id),
    digest bytea NOT NULL
        CONSTRAINT contract_digest_check CHECK (octet_length(digest) = 32),
    price_fen bigint NOT NULL, bond_fen bigint NOT NULL, signed_at timestamptz NOT NULL,
    published_at timestamptz,
    CONSTRAINT contract_award_key UNIQUE (award),
    CONSTRAINT contract_sums_check CHECK (price_fen > 0 AND bond_fen >= 0));
CREATE INDEX contract_project_idx ON contract (project);
