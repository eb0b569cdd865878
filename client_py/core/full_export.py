"""Decides how all that a browser keeps of a person is written into a file; docs/export.md says what stands in it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime

from client_py.core.conversation.history_export import record_of
from client_py.core.conversation.items import Item
from client_py.core.preferences import Preferences

FORMAT = "p2p-chat-export"
FORMAT_VERSION = 1
"""Of what changes the meaning of something in the file; what is added needs none."""
MEDIA_TYPE = "application/json"


def full_export(account: str, moment: float, preferences: Preferences, rooms: Mapping[str, Iterable[Item]]) -> str:
    """Write the messages of all rooms, each as in the export of a room by itself, and the preferences."""
    value = {
        "format": FORMAT,
        "version": FORMAT_VERSION,
        "account": account,
        "exported_at": _day_and_time(moment),
        "preferences": asdict(preferences),
        "rooms": [{"room": room, "messages": [record_of(item) for item in items]} for room, items in rooms.items()],
    }
    return json.dumps(value, indent=2) + "\n"


def full_export_name(account: str, moment: float) -> str:
    """Return the name of the file."""
    return f"p2p-chat-{account}-{_day_and_time(moment)[:10]}.json"


def _day_and_time(moment: float) -> str:
    try:
        return datetime.fromtimestamp(moment, UTC).isoformat(timespec="seconds")
    except (OverflowError, ValueError, OSError):  # by a clock that is in no calendar
        return datetime.fromtimestamp(0, UTC).isoformat(timespec="seconds")
