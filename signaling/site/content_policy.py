"""Decides what a page may load, run and connect to (Content Security Policy). No I/O."""

from __future__ import annotations

from collections.abc import Iterable

HEADER_ONLY = ("frame-ancestors 'none'",)
"""What browsers pass over in a page itself (CSP Level 3 §3.3)."""


def content_policy(inline_scripts: Iterable[str], inline_styles: Iterable[str], connections: str) -> list[str]:
    """Return the directives of the policy.

    Of what stands in a page itself, only that runs or shows whose checksum is named. `connections` are sources beside
    the page's own host.
    """
    scripts, styles = (" ".join(f"'{checksum}'" for checksum in some) for some in (inline_scripts, inline_styles))
    directives = [
        "default-src 'none'",
        # Pyodide compiles WebAssembly, and needs no eval of JavaScript.
        f"script-src 'self' 'wasm-unsafe-eval' {scripts}",
        f"style-src 'self' {styles}",
        "img-src 'self'",
        "font-src 'self'",
        # The WebSocket too (CSP Level 3 §6.7.2.8: 'self' matches ws and wss of the same host).
        f"connect-src 'self' {connections}",
        "manifest-src 'self'",
        "base-uri 'none'",
        "form-action 'none'",  # a login that no script has taken in hand must not put a password into a URL
        *HEADER_ONLY,
        "require-trusted-types-for 'script'",
        # Only the address of the service worker is made trusted (bootstrap.js); Pyodide makes none.
        "trusted-types p2p-chat",
    ]
    return [directive.strip() for directive in directives]


def meta_policy(inline_scripts: Iterable[str], inline_styles: Iterable[str], connections: str) -> str:
    """Return the policy for a `meta` element, which cannot say all that a header can."""
    directives = content_policy(inline_scripts, inline_styles, connections)
    return "; ".join(directive for directive in directives if directive not in HEADER_ONLY)
