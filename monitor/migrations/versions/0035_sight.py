"""By what it is decided who may see a record, beside it: no body is read for that any more."""

from __future__ import annotations

from pathlib import Path

from alembic import op

from monitor.migrations.schema import APP, raise_table, retire, script

revision = "0035"
down_revision = "0034"

SQL = Path(__file__).parents[1] / "sql"
EARLIER = """
SELECT count(batong_sight(r.id, r.chain, convert_from(o.body, 'UTF8')::jsonb))
FROM record r JOIN opening o ON o.record_id = r.id
WHERE NOT EXISTS (SELECT 1 FROM sight s WHERE s.record_id = r.id)
"""


def upgrade() -> None:
    """Raise the table; the append function writes it from now on, and here it is for all before."""
    raise_table(
        "sight",
        """CREATE TABLE sight (
             record_id uuid PRIMARY KEY REFERENCES record (id), chain uuid NOT NULL,
             action text NOT NULL, done boolean NOT NULL, section text, case_id text,
             addressee text, actor text, org text)""",
        "CREATE INDEX sight_chain_action_idx ON sight (chain, action, record_id)",
        "CREATE INDEX sight_chain_actor_idx ON sight (chain, actor, record_id)",
        "CREATE INDEX sight_chain_org_idx ON sight (chain, org, record_id)",
        "CREATE INDEX sight_chain_addressee_idx ON sight (chain, addressee, record_id) "
        "WHERE addressee IS NOT NULL",
        "CREATE INDEX sight_chain_section_idx ON sight (chain, section) "
        "WHERE done AND section IS NOT NULL",
    )
    script((SQL / "0035_sight.sql").read_text("utf-8"))
    script(EARLIER)
    op.execute("REVOKE ALL ON sight FROM PUBLIC")
    op.execute(f"GRANT SELECT ON sight TO {APP}")
    script(
        "CREATE OR REPLACE TRIGGER kept BEFORE UPDATE OR DELETE OR TRUNCATE ON sight "
        "FOR EACH STATEMENT EXECUTE FUNCTION batong_never()"
    )


def downgrade() -> None:
    """Put the function back that writes no such row, and retire the table."""
    script((SQL / "0017_append.sql").read_text("utf-8"))
    script("DROP FUNCTION batong_sight(uuid, uuid, jsonb)")
    retire("sight")
