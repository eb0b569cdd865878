"""Moments in 64 bits: PostgreSQL's INTEGER holds Unix seconds until 2038 only. SQLite's has room enough."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Widen the column."""
    if op.get_bind().dialect.name != "sqlite":
        op.alter_column("accounts", "created_at", type_=sa.BigInteger, existing_nullable=False)
