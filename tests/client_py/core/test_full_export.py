from __future__ import annotations

import json

from client_py.core.conversation.delivery import Direction
from client_py.core.conversation.items import Item, Text
from client_py.core.full_export import full_export, full_export_name
from client_py.core.preferences import Preferences, Theme

NOON = 1_700_000_000.0


def test_export_has_all_rooms_and_the_preferences() -> None:
    """Each room is as in an export of its own, and the file says what it is."""
    message = Item("theirs", Direction.INCOMING, "ben", Text("Grüße"), NOON)
    value = json.loads(full_export("ann", NOON, Preferences(theme=Theme.DARK), {"den": [message], "hall": []}))
    assert (value["format"], value["version"], value["account"]) == ("p2p-chat-export", 1, "ann")
    assert value["exported_at"] == "2023-11-14T22:13:20+00:00"
    assert value["preferences"]["theme"] == "dark"
    den, hall = value["rooms"]
    assert (den["room"], den["messages"][0]["text"]) == ("den", "Grüße")
    assert hall == {"room": "hall", "messages": []}


def test_file_is_named_after_person_and_day() -> None:
    """By a clock that is in no calendar, it is the first one."""
    assert full_export_name("ann", NOON) == "p2p-chat-ann-2023-11-14.json"
    assert full_export_name("ann", 1e18) == "p2p-chat-ann-1970-01-01.json"
