"""Lists that requests of draws bring; which beacon a request asks for."""

from __future__ import annotations

from alembic import op

from monitor.migrations.schema import raise_business_table, retire, tables_in

revision = "0018"
down_revision = "0017"

TABLES = "0018_list.sql"


def upgrade() -> None:
    """Raise the table; a request of before was by dice, and keeps its digest so."""
    for table, statements in tables_in(TABLES).items():
        raise_business_table(table, *statements)
    op.execute("ALTER TABLE draw_request ADD COLUMN IF NOT EXISTS beacon text")


def downgrade() -> None:
    """Retire the table; nothing is dropped, the requests' beacons neither."""
    retire(*reversed(tables_in(TABLES)))
