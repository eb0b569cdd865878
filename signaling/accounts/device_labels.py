"""Decides by which few words a person knows one of their devices again, from its User-Agent. No I/O."""

from __future__ import annotations

import re

MAX_LABEL_CHARACTERS = 64
MAX_READ_CHARACTERS = 512
"""Browsers stay far below; patterns that look ahead would take long over what somebody has made up."""
BROWSERS = (
    (r"\bEdgA?/|\bEdgiOS/", "Edge"),
    (r"\bOPR/|\bOPT/", "Opera"),
    (r"\bSamsungBrowser/", "Samsung Internet"),
    (r"\b(Firefox|FxiOS)/", "Firefox"),
    (r"\b(Chrome|CriOS|Chromium)/", "Chrome"),
    (r"\bVersion/.*\bSafari/", "Safari"),
)
"""The first that fits: most call themselves by the names of others too."""
SYSTEMS = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    (r"\bCrOS\b", "ChromeOS"),
    ("Windows", "Windows"),
    ("Macintosh|Mac OS X", "macOS"),
    ("Linux|X11", "Linux"),
)
PROGRAM = re.compile(r"[A-Za-z][A-Za-z0-9 ._-]*")


def device_label(user_agent: str) -> str:
    """Return what a client calls itself, in a few words; nothing if that is nothing that we know how to read."""
    user_agent = user_agent[:MAX_READ_CHARACTERS]
    browser, system = _first(BROWSERS, user_agent), _first(SYSTEMS, user_agent)
    if browser and system:
        return f"{browser} on {system}"
    if browser or system:
        return browser or system
    program = PROGRAM.match(user_agent.partition("/")[0])
    return program[0].strip()[:MAX_LABEL_CHARACTERS] if program else ""


def _first(names: tuple[tuple[str, str], ...], user_agent: str) -> str:
    return next((name for pattern, name in names if re.search(pattern, user_agent)), "")
