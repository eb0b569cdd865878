"""Declares the tables of the database, as this release expects them. What leads there stands in `migrations/`."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Index, Integer, MetaData, String, Table

from signaling.lookalikes import MAX_SKELETON_CHARACTERS

METADATA = MetaData()
"""What the migrations end in (signaling/storage/migrations/): a test compares the two."""
ACCOUNTS = Table(
    "accounts",
    METADATA,
    # Made up and never used again: a token of a deleted account is no token of a later one with its name.
    Column("id", String(32), primary_key=True),
    Column("username", String(32), nullable=False),
    Column("username_key", String(32), nullable=False, unique=True),
    Column("password_hash", String(60), nullable=False),
    Column("is_demo", Boolean, nullable=False),
    Column("created_at", BigInteger().with_variant(Integer, "sqlite"), nullable=False),
    # What the name looks like (signaling/lookalikes.py). None if another account's name looked the same before that
    # was looked at, and does not have to be unique either: both accounts stay.
    Column("skeleton", String(MAX_SKELETON_CHARACTERS)),
    Index("accounts_skeleton", "skeleton", unique=True),
)
