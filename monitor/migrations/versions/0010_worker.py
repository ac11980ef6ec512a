"""Jobs outside of any act; papers that are kept; messages to people and where their mail goes."""

from __future__ import annotations

from alembic import op

from monitor.migrations.schema import APP, raise_business_table, raise_table, retire, tables_in

revision = "0010"
down_revision = "0009"

TABLES = "0010_*.sql"


def upgrade() -> None:
    """Raise the tables; the app itself writes the rows of its jobs, under no change trigger."""
    raise_table(
        "due_work",
        """CREATE TABLE due_work (
             id uuid PRIMARY KEY, kind text NOT NULL, key text NOT NULL, project uuid,
             sealed boolean NOT NULL,
             state text NOT NULL
                 CONSTRAINT due_work_state_check CHECK (state IN ('waiting','taken','done')),
             attempts bigint NOT NULL, next_at timestamptz NOT NULL,
             planned_at timestamptz NOT NULL, done_at timestamptz, last_error text,
             CONSTRAINT due_work_kind_key_key UNIQUE (kind, key),
             CONSTRAINT due_work_done_check CHECK ((state = 'done') = (done_at IS NOT NULL)))""",
        "CREATE INDEX due_work_open_idx ON due_work (next_at) WHERE state <> 'done'",
    )
    op.execute(f"GRANT SELECT, INSERT, UPDATE ON due_work TO {APP}")
    for table, statements in tables_in(TABLES).items():
        raise_business_table(table, *statements)


def downgrade() -> None:
    """Retire the tables; nothing is dropped."""
    retire(*reversed(tables_in(TABLES)), "due_work")
