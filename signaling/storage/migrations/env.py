"""Runs the steps on the connection that signaling/storage/schema.py hands in: Alembic looks for a file of this name."""

from __future__ import annotations

from alembic import context

context.configure(connection=context.config.attributes["connection"])
with context.begin_transaction():
    context.run_migrations()
