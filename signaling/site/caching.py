"""Decides for how long browsers may keep what a site consists of (RFC 9111)."""

from __future__ import annotations

FOREVER = "public, max-age=31536000, immutable"
"""For an address that names its content: a year, the most that RFC 9111 has a use for, and no asking in between."""
ASK_FIRST = "no-cache"
