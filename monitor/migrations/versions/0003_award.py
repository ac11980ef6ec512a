"""The tables of award: parties, participation, deposits, results, objections, contracts."""

from __future__ import annotations

from monitor.record.schema import raise_business_table, retire

revision = "0003"
down_revision = "0002"

PARTY = ("organisation", "person")


def upgrade() -> None:
    """Raise the tables."""
    _raise_parties()


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
