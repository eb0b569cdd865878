"""Decides by which headers a page is kept to its own code, and other pages away from it. No I/O."""

from __future__ import annotations

from collections.abc import Iterable

from signaling.site.content_policy import content_policy

UNUSED = (
    "accelerometer",
    "camera",
    "display-capture",
    "geolocation",
    "gyroscope",
    "hid",
    "idle-detection",
    "magnetometer",
    "microphone",
    "midi",
    "payment",
    "publickey-credentials-get",
    "screen-wake-lock",
    "serial",
    "usb",
    "xr-spatial-tracking",
)
"""Abilities of a browser that the page has no use for, so that nothing in it may ask a person for them."""


def security_headers(
    inline_scripts: Iterable[str] = (), inline_styles: Iterable[str] = (), connections: str = ""
) -> dict[str, str]:
    """Return the headers; `content_policy` says what the arguments are."""
    return {
        "Content-Security-Policy": "; ".join(content_policy(inline_scripts, inline_styles, connections)),
        # It loads nothing of others but by CORS, so that its process holds nothing of theirs either.
        "Cross-Origin-Embedder-Policy": "require-corp",
        "Cross-Origin-Opener-Policy": "same-origin",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Permissions-Policy": ", ".join(f"{ability}=()" for ability in UNUSED),
        "Referrer-Policy": "no-referrer",  # a room's name is in its address
        "X-Content-Type-Options": "nosniff",
    }
