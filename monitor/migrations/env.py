"""Alembic's entry: runs the numbered migrations as the owner, each in its own transaction."""

from __future__ import annotations

from alembic import context
from sqlalchemy import create_engine

from monitor.record.table import Base

engine = create_engine(context.config.attributes["owner_url"])
with engine.connect() as connection:
    context.configure(
        connection=connection, target_metadata=Base.metadata, transaction_per_migration=True
    )
    connection.exec_driver_sql("SET lock_timeout = '10s'")
    connection.commit()
    with context.begin_transaction():
        context.run_migrations()
engine.dispose()
