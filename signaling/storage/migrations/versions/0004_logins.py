"""A row for each login, and what ends all tokens of an account at once. Tokens of before are of no login."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Add the column, and make the table."""
    op.add_column("accounts", sa.Column("token_version", sa.Integer, nullable=False, server_default="0"))
    moment = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "logins",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("account_id", sa.String(32), sa.ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
        sa.Column("device", sa.String(64), nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("last_used_at", moment, nullable=False),
        sa.Column("expires_at", moment, nullable=False),
        sa.Column("generation", sa.Integer, nullable=False),
        sa.Column("previous_generation", sa.Integer, nullable=False),
        sa.Column("renewed_at", moment, nullable=False),
        sa.Column("is_confirmed", sa.Boolean, nullable=False),
        sa.Column("oldest_generation", sa.Integer, nullable=False),
        sa.Column("oldest_until", moment, nullable=False),
    )
    op.create_index("ix_logins_account_id", "logins", ["account_id"])
