"""Decides which of the names that people want to be called by are remembered in this browser, while they are away."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass

from client_py.core.conversation.display_names import display_name_of
from client_py.core.preferences import HUES
from protocol.fields import USERNAME
from protocol.json_text import parse_json_or_none

MAX_NAMES = 100
"""Of how many people: those who have said it last."""


@dataclass(frozen=True, slots=True)
class KnownName:
    """What somebody wants to be called, and in which colour."""

    name: str
    hue: int


def parse_names(text: str | None) -> dict[str, KnownName]:
    """Read the names by account, as the browser keeps them; what is none is left out."""
    value = parse_json_or_none(text or "{}")
    if not isinstance(value, dict):
        return {}
    read = {account: _read(kept) for account, kept in value.items() if USERNAME.admits(account)}
    return _bounded({account: known for account, known in read.items() if known is not None})


def format_names(names: Mapping[str, KnownName]) -> str:
    """Write the names as the browser keeps them."""
    return json.dumps({account: [known.name, known.hue] for account, known in names.items()}, ensure_ascii=False)


def with_name(names: Mapping[str, KnownName], account: str, known: KnownName) -> dict[str, KnownName]:
    """Return the names after somebody has said theirs; who wants nothing special is not remembered."""
    others = {other: name for other, name in names.items() if other != account}
    return _bounded(others | ({account: known} if known.name or known.hue else {}))


def _bounded(names: dict[str, KnownName]) -> dict[str, KnownName]:
    return dict(list(names.items())[-MAX_NAMES:])


def _read(value: object) -> KnownName | None:
    match value:
        case [str(name), int(hue)] if 0 <= hue <= HUES:
            return KnownName(display_name_of(name), int(hue))
    return None
