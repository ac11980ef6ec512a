"""The tables of award: parties, participation, deposits, results, objections, contracts."""

from __future__ import annotations

from monitor.record.schema import raise_business_table, retire

revision = "0003"
down_revision = "0002"

PARTY = ("organisation", "person", "participation", "participant")
MONEY = ("deposit_block", "deposit", "guarantee", "refund", "forfeiture", "ledger_entry")


def upgrade() -> None:
    """Raise the tables."""
    _raise_parties()
    _raise_participation()
    _raise_money()


def downgrade() -> None:
    """Retire the tables; nothing is dropped."""
    retire(*MONEY, *PARTY)


def _raise_parties() -> None:
    raise_business_table(
        "organisation",
        """CREATE TABLE organisation (
             id uuid PRIMARY KEY, uscc text NOT NULL, name text NOT NULL, kind text NOT NULL,
             CONSTRAINT organisation_uscc_key UNIQUE (uscc))""",
    )
    raise_business_table("person", "CREATE TABLE person (id uuid PRIMARY KEY, name text NOT NULL)")


def _raise_participation() -> None:
    raise_business_table(
        "participation",
        """CREATE TABLE participation (
             id uuid PRIMARY KEY, project uuid NOT NULL, mask text NOT NULL,
             public_key bytea NOT NULL
                 CONSTRAINT participation_key_check CHECK (octet_length(public_key) = 32),
             sealed_identity bytea NOT NULL CONSTRAINT participation_sealed_check
                 CHECK (octet_length(sealed_identity) BETWEEN 1 AND 65536),
             CONSTRAINT participation_project_mask_key UNIQUE (project, mask))""",
    )
    raise_business_table(
        "participant",
        """CREATE TABLE participant (
             id uuid PRIMARY KEY, project uuid NOT NULL, mask text NOT NULL, uscc text NOT NULL,
             name text NOT NULL, CONSTRAINT participant_project_mask_key UNIQUE (project, mask))""",
        "CREATE INDEX participant_uscc_idx ON participant (uscc)",
    )


def _raise_money() -> None:
    raise_business_table(
        "deposit_block",
        """CREATE TABLE deposit_block (
             id uuid PRIMARY KEY, project uuid NOT NULL, section uuid NOT NULL,
             prefix text NOT NULL, size bigint NOT NULL, amount_fen bigint NOT NULL,
             valid_until timestamptz NOT NULL, rate_ppm bigint NOT NULL, rate_days bigint NOT NULL,
             rate_source text NOT NULL,
             CONSTRAINT deposit_block_project_section_key UNIQUE (project, section),
             CONSTRAINT deposit_block_prefix_key UNIQUE (prefix),
             CONSTRAINT deposit_block_sums_check
                 CHECK (amount_fen > 0 AND rate_ppm >= 0 AND rate_days > 0))""",
    )
    raise_business_table(
        "deposit",
        """CREATE TABLE deposit (
             id uuid PRIMARY KEY, project uuid NOT NULL, section uuid NOT NULL, mask text NOT NULL,
             number text NOT NULL, state text NOT NULL, amount_fen bigint, reference text,
             received_at timestamptz, sealed_payer bytea, payer text, payer_account text,
             payer_differs boolean,
             CONSTRAINT deposit_project_section_mask_key UNIQUE (project, section, mask),
             CONSTRAINT deposit_number_key UNIQUE (number),
             CONSTRAINT deposit_reference_key UNIQUE (reference),
             CONSTRAINT deposit_received_check CHECK ((state = 'opened') = (amount_fen IS NULL)),
             CONSTRAINT deposit_amount_check CHECK (amount_fen > 0))""",
        "CREATE INDEX deposit_mask_idx ON deposit (mask)",
    )
    raise_business_table(
        "guarantee",
        """CREATE TABLE guarantee (
             id uuid PRIMARY KEY, project uuid NOT NULL, section uuid NOT NULL, mask text NOT NULL,
             number text NOT NULL, issuer text NOT NULL, amount_fen bigint NOT NULL,
             valid_until timestamptz NOT NULL,
             CONSTRAINT guarantee_issuer_number_key UNIQUE (issuer, number),
             CONSTRAINT guarantee_project_section_mask_key UNIQUE (project, section, mask),
             CONSTRAINT guarantee_amount_check CHECK (amount_fen > 0))""",
    )
    raise_business_table(
        "refund",
        """CREATE TABLE refund (
             id uuid PRIMARY KEY, project uuid NOT NULL, deposit uuid NOT NULL,
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
             CONSTRAINT refund_sums_check CHECK (principal_fen > 0 AND interest_fen >= 0))""",
    )
    raise_business_table(
        "forfeiture",
        """CREATE TABLE forfeiture (
             id uuid PRIMARY KEY, project uuid NOT NULL, deposit uuid NOT NULL,
             ground text NOT NULL, reason text NOT NULL, reference text,
             CONSTRAINT forfeiture_deposit_key UNIQUE (deposit),
             CONSTRAINT forfeiture_reference_key UNIQUE (reference))""",
    )
    raise_business_table(
        "ledger_entry",
        """CREATE OR REPLACE FUNCTION batong_balanced(lines jsonb) RETURNS boolean
             LANGUAGE sql IMMUTABLE STRICT SET search_path = public, pg_temp AS
             $$ SELECT count(*) >= 2 AND sum((line ->> 'fen')::numeric) = 0
                FROM jsonb_array_elements(lines) AS line $$""",
        """CREATE TABLE ledger_entry (
             id uuid PRIMARY KEY, project uuid NOT NULL, at timestamptz NOT NULL,
             narration text NOT NULL, lines jsonb NOT NULL, record uuid NOT NULL,
             CONSTRAINT ledger_entry_balanced_check CHECK (batong_balanced(lines)))""",
        "CREATE INDEX ledger_entry_project_idx ON ledger_entry (project)",
    )
