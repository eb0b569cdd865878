"""What each account's name looks like, so that no other name is given out that cannot be told from it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from signaling.lookalikes import skeleton

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the column, and fill it in. Of accounts whose names look alike already, the oldest has the skeleton."""
    op.add_column("accounts", sa.Column("skeleton", sa.String(256)))
    accounts = sa.table("accounts", *map(sa.column, ("id", "username", "created_at", "skeleton")))
    connection = op.get_bind()
    by_age = sa.select(accounts.c.id, accounts.c.username).order_by(accounts.c.created_at, accounts.c.id)
    oldest: dict[str, str] = {}
    for account_id, username in connection.execute(by_age):
        oldest.setdefault(skeleton(username), account_id)
    if oldest:
        one = sa.update(accounts).where(accounts.c.id == sa.bindparam("account"))
        rows = [{"account": account_id, "drawn": drawn} for drawn, account_id in oldest.items()]
        connection.execute(one.values(skeleton=sa.bindparam("drawn")), rows)
    op.create_index("accounts_skeleton", "accounts", ["skeleton"], unique=True)
