"""The tables of award: parties, participation, deposits, results, objections, contracts."""

from __future__ import annotations

from monitor.record.schema import raise_business_table, retire

revision = "0003"
down_revision = "0002"

PARTY = ("organisation", "person", "participation", "participant")


def upgrade() -> None:
    """Raise the tables."""
    _raise_parties()
    _raise_participation()


def downgrade() -> None:
    """Retire the tables; nothing is dropped."""
    retire(*PARTY)


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
