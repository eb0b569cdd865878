"""How what was begun at a port is ended."""

from __future__ import annotations

from collections.abc import Callable

Dispose = Callable[[], None]
"""Ends a subscription or a timer, and frees its proxies; calling it twice does no harm."""
