"""Decides how a person likes the page to be, and how that is written down in the browser.

Whether they connect through a relay only is not among it: that is about this device's address, whoever is signed in
(`drivers/relay_preference.py`).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from client_py.core.conversation.display_names import display_name_of
from client_py.core.conversation.sharing import Sharing
from client_py.core.frames import Profile
from protocol.json_text import parse_json_or_none

MAX_PREFERENCES_CHARACTERS = 4_096
"""Of what is kept; ours has a tenth of it."""
HUES = 8
"""How many colours the page has for people."""


class Theme(StrEnum):
    """Which colours the page has."""

    SYSTEM = "system"
    """Those that the system has."""
    LIGHT = "light"
    DARK = "dark"


class TextSize(StrEnum):
    """How large text is, beside what the browser has been told."""

    SMALL = "small"
    NORMAL = "normal"
    LARGE = "large"
    LARGER = "larger"


@dataclass(frozen=True, slots=True)
class Preferences:
    """What a person has chosen in the settings, and what is so as long as they have chosen nothing."""

    theme: Theme = Theme.SYSTEM
    text_size: TextSize = TextSize.NORMAL
    notifications: bool = True
    """Whether they want to be told of messages; whether the browser lets us is another matter."""
    notification_text: bool = True
    """Whether a notification says what was said, and by whom."""
    sound: bool = True
    read_receipts: bool = True
    """Whether others hear what was read here, and the other way round."""
    typing: bool = True
    """Whether others see that somebody writes here, and the other way round."""
    display_name: str = ""
    """What others are shown beside the account's name; nothing where that alone is to do."""
    avatar_hue: int = 0
    """Which of `HUES` colours, from 1 on; 0 is the one that comes with the account's name."""

    @property
    def sharing(self) -> Sharing:
        """What of it others are told, or are not."""
        return Sharing(self.read_receipts, self.typing, Profile(self.display_name, self.avatar_hue))


def parse_preferences(text: str | None) -> Preferences:
    """Read preferences as the browser keeps them; each of them that is missing or none is as if nothing were chosen."""
    if not text or len(text) > MAX_PREFERENCES_CHARACTERS:
        return Preferences()
    value = parse_json_or_none(text)
    return Preferences(**_read(value)) if isinstance(value, dict) else Preferences()


def format_preferences(preferences: Preferences) -> str:
    """Write preferences as the browser keeps them."""
    return json.dumps(asdict(preferences), ensure_ascii=False)


def format_appearance(preferences: Preferences) -> str:
    """Write what static/before-paint.js has to know before anything is painted, whoever is signed in."""
    return f"{preferences.theme} {preferences.text_size}"


def _read(value: Mapping[str, object]) -> dict[str, Any]:
    read = {name: _READERS[name](value[name]) for name in _READERS if name in value}
    return {name: choice for name, choice in read.items() if choice is not None}


def _theme(value: object) -> Theme | None:
    return Theme(value) if isinstance(value, str) and value in set(Theme) else None


def _text_size(value: object) -> TextSize | None:
    return TextSize(value) if isinstance(value, str) and value in set(TextSize) else None


def _switch(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _display_name(value: object) -> str | None:
    return display_name_of(value) if isinstance(value, str) else None


def _hue(value: object) -> int | None:
    return value if type(value) is int and 0 <= value <= HUES else None  # a bool is an int too


_READERS: dict[str, Callable[[object], object]] = {
    "theme": _theme,
    "text_size": _text_size,
    "notifications": _switch,
    "notification_text": _switch,
    "sound": _switch,
    "read_receipts": _switch,
    "typing": _switch,
    "display_name": _display_name,
    "avatar_hue": _hue,
}
