"""Declares the tables of the database, as this release expects them. What leads there stands in `migrations/`."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, Integer, MetaData, String, Table

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
)
