"""The ground: record, opening, change; the append function; the change trigger; the log."""

from __future__ import annotations

from pathlib import Path

from monitor.migrations.schema import raise_business_table, raise_table, retire, script

revision = "0001"
down_revision = None

FENCE = Path(__file__).parents[1] / "sql" / "0001_fence.sql"
LOG = ("pending", "leaf", "head", "cosignature", "leader")
BOOK = ("record", "opening", "change")


def upgrade() -> None:
    """Raise the book, its fences, and who is what."""
    fence = FENCE.read_text("utf-8").split("-- @@\n")
    tables, functions, rights = fence
    for statement in tables.split("-- @ "):
        if statement.strip():
            name, ddl = statement.split("\n", 1)
            raise_table(name.strip(), ddl)
    script(functions)
    script(rights)
    raise_business_table(
        "appointment",
        """CREATE TABLE appointment (
             id uuid PRIMARY KEY, person uuid NOT NULL, org uuid NOT NULL, role text NOT NULL,
             category text, since timestamptz NOT NULL, until timestamptz,
             CONSTRAINT appointment_person_org_role_since_key UNIQUE (person, org, role, since))""",
        "CREATE INDEX appointment_person_idx ON appointment (person)",
    )
    raise_business_table(
        "standing",
        """CREATE TABLE standing (
             id uuid PRIMARY KEY, project uuid NOT NULL, org uuid NOT NULL, role text NOT NULL,
             CONSTRAINT standing_project_org_role_key UNIQUE (project, org, role))""",
        "CREATE INDEX standing_project_idx ON standing (project)",
    )
    raise_business_table(
        "arrival",
        """CREATE TABLE arrival (
             id uuid PRIMARY KEY, project uuid NOT NULL, mask text NOT NULL, digest bytea NOT NULL,
             at timestamptz NOT NULL)""",
        "CREATE INDEX arrival_project_idx ON arrival (project)",
    )
    raise_business_table(
        "demo_clock",
        "CREATE TABLE demo_clock (id uuid PRIMARY KEY, moment timestamptz NOT NULL)",
    )


def downgrade() -> None:
    """Retire everything; nothing is dropped."""
    retire("demo_clock", "arrival", "standing", "appointment", *LOG, *BOOK)
