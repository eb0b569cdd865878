"""Says what it means for the person that the server takes no pages of this origin."""

from __future__ import annotations


def origin_fault(origin: str) -> str:
    """Give the sentence: only whoever runs the server can do something about it."""
    return (
        f"This server does not allow pages from {origin}. Whoever runs it has to add that to P2PCHAT_ALLOWED_ORIGINS "
        "and restart it."
    )
