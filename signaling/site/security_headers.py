"""Decides by which headers a page is kept to its own code, and other pages away from it. No I/O."""

from __future__ import annotations

from collections.abc import Iterable

from signaling.site.content_policy import content_policy


def security_headers(
    inline_scripts: Iterable[str] = (), inline_styles: Iterable[str] = (), connections: str = ""
) -> dict[str, str]:
    """Return the headers; `content_policy` says what the arguments are."""
    return {
        "Content-Security-Policy": "; ".join(content_policy(inline_scripts, inline_styles, connections)),
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
        "Referrer-Policy": "no-referrer",  # a room's name is in its address
        "X-Content-Type-Options": "nosniff",
    }
