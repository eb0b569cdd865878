"""Declares the tables of the database, as this release expects them. What leads there stands in `migrations/`."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, MetaData, String, Table, false

from signaling.lookalikes import MAX_SKELETON_CHARACTERS

METADATA = MetaData()
"""What the migrations end in (signaling/storage/migrations/): a test compares the two."""
MOMENT = BigInteger().with_variant(Integer, "sqlite")
"""Unix seconds, after 2038 too."""
ACCOUNTS = Table(
    "accounts",
    METADATA,
    # Made up and never used again: a token of a deleted account is no token of a later one with its name.
    Column("id", String(32), primary_key=True),
    Column("username", String(32), nullable=False),
    Column("username_key", String(32), nullable=False, unique=True),
    Column("password_hash", String(60), nullable=False),
    Column("is_demo", Boolean, nullable=False),
    Column("created_at", MOMENT, nullable=False),
    # What the name looks like (signaling/lookalikes.py). None if another account's name looked the same before that
    # was looked at, and does not have to be unique either: both accounts stay.
    Column("skeleton", String(MAX_SKELETON_CHARACTERS)),
    Index("accounts_skeleton", "skeleton", unique=True),
    # Tokens of a lower one are refused. A server of the release before knows no such column, and may still write rows.
    Column("token_version", Integer, nullable=False, server_default="0"),
    # A guest has no password and no skeleton, and a name with a suffix that no account's name has.
    Column("is_guest", Boolean, nullable=False, server_default=false()),
    # The one that a guest is bound to; where an account was a guest, the one that it was bound to, and its name there.
    Column("room", String(64)),
    Column("formerly", String(32)),
    # By which a guest came, if by any. No foreign key, since invitations have one that leads here.
    Column("invitation_id", String(32), index=True),
)
INVITATIONS = Table(
    "invitations",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("account_id", String(32), ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("token_hash", String(64), nullable=False, unique=True),
    Column("room", String(64), nullable=False),
    # How many guests may come by it, and how many have.
    Column("places", Integer, nullable=False),
    Column("guests", Integer, nullable=False),
    Column("created_at", MOMENT, nullable=False),
    # One that was ended before its time has the moment in which it was.
    Column("expires_at", MOMENT, nullable=False),
)
LOGINS = Table(
    "logins",
    METADATA,
    Column("id", String(32), primary_key=True),
    Column("account_id", String(32), ForeignKey("accounts.id", ondelete="CASCADE"), nullable=False, index=True),
    Column("device", String(64), nullable=False),
    Column("created_at", MOMENT, nullable=False),
    Column("last_used_at", MOMENT, nullable=False),
    # When the last of its tokens ends; a login that was ended before has no row.
    Column("expires_at", MOMENT, nullable=False),
    # How far its renewals have come: `Chain` in signaling/accounts/renewals.py.
    Column("generation", Integer, nullable=False),
    Column("previous_generation", Integer, nullable=False),
    Column("renewed_at", MOMENT, nullable=False),
    Column("is_confirmed", Boolean, nullable=False),
    Column("oldest_generation", Integer, nullable=False),
    Column("oldest_until", MOMENT, nullable=False),
)
