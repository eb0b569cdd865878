"""What releases of before have left in a browser, for the pages of today to take up."""

from __future__ import annotations

import json
from pathlib import Path

from client_py.ports.storage import Key

HISTORY_0_1 = Path(__file__).with_name("history-0.1.json")
"""Rows as the release 0.1 wrote them, on the device `adas-device-0000000001` of Ada in the room `den`: what Ben wrote,
and what she wrote and he has read, has, and has yet to get."""


def rows_of(file: Path) -> list[tuple[Key, str]]:
    """Return the rows that a file holds."""
    return [(tuple(key), row) for key, row in json.loads(file.read_text())]
