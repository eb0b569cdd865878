"""Guests, who stand among the accounts without a password, and the invitations by which they come."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    """Add the columns, and make the table."""
    op.add_column("accounts", sa.Column("is_guest", sa.Boolean, nullable=False, server_default=sa.false()))
    op.add_column("accounts", sa.Column("room", sa.String(64)))
    op.add_column("accounts", sa.Column("formerly", sa.String(32)))
    op.add_column("accounts", sa.Column("invitation_id", sa.String(32)))
    op.create_index("ix_accounts_invitation_id", "accounts", ["invitation_id"])
    moment = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "invitations",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("account_id", sa.String(32), sa.ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False),
        sa.Column("token_hash", sa.String(64), nullable=False, unique=True),
        sa.Column("room", sa.String(64), nullable=False),
        sa.Column("places", sa.Integer, nullable=False),
        sa.Column("guests", sa.Integer, nullable=False),
        sa.Column("created_at", moment, nullable=False),
        sa.Column("expires_at", moment, nullable=False),
    )
    op.create_index("ix_invitations_account_id", "invitations", ["account_id"])
