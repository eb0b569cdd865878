"""Decides what is kept of messages that are begun and not sent yet, room by room."""

from __future__ import annotations

import json
from collections.abc import Mapping

from protocol.json_text import parse_json_or_none
from protocol.room_names import is_room_name

MAX_DRAFTS = 20
"""For how many rooms a draft is kept: those in which something was begun last."""
MAX_DRAFT_CHARACTERS = 20_000
"""Of a longer one, the beginning: a browser has a few MB of such storage for everything."""


def parse_drafts(text: str | None) -> dict[str, str]:
    """Read the drafts by room, as the browser keeps them; what is none is left out."""
    value = parse_json_or_none(text or "{}")
    if not isinstance(value, dict):
        return {}
    drafts = {room: draft for room, draft in value.items() if is_room_name(room) and isinstance(draft, str)}
    return _bounded(drafts)


def format_drafts(drafts: Mapping[str, str]) -> str:
    """Write the drafts as the browser keeps them."""
    return json.dumps(dict(drafts), ensure_ascii=False)  # escaped, an emoji would take six times the room


def with_draft(drafts: Mapping[str, str], room: str, text: str) -> dict[str, str]:
    """Return the drafts after one has become another, or is gone."""
    others = {other: draft for other, draft in drafts.items() if other != room}
    return _bounded(others | ({room: text} if text else {}))


def _bounded(drafts: Mapping[str, str]) -> dict[str, str]:
    return {room: draft[:MAX_DRAFT_CHARACTERS] for room, draft in list(drafts.items())[-MAX_DRAFTS:]}
