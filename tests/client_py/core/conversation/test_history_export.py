from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client_py.core.conversation.delivery import Delivery, Direction
from client_py.core.conversation.history_export import (
    MEDIA_TYPES,
    ExportFormat,
    ExportWords,
    export,
    file_name,
)
from client_py.core.conversation.items import Item, Reaction, Text, Unknown

NOON = 1_700_000_000.0
THEIRS = Item("theirs", Direction.INCOMING, "ben", Text("Grüße aus\nder Straße"), NOON)
OURS = Item("ours", Direction.OUTGOING, "ada", Text("Hello"), NOON + 1, Delivery.DELIVERED)
WORDS = ExportWords("This message cannot be shown.", "This message needs a newer version.", "unknown time")


def test_export_has_a_name_and_a_type() -> None:
    """A file says by its name what it is of."""
    assert file_name("den", ExportFormat.JSON) == "p2p-chat-den.json"
    assert file_name("den", ExportFormat.TEXT) == "p2p-chat-den.txt"
    assert set(MEDIA_TYPES) == set(ExportFormat)


def test_export_as_json_has_everything() -> None:
    """A program finds each message with its moment in ISO 8601, and ours with how far it has come."""
    assert json.loads(export("den", [THEIRS, OURS], ExportFormat.JSON, WORDS)) == {
        "room": "den",
        "messages": [
            {
                "id": "theirs",
                "direction": "incoming",
                "author": "ben",
                "sent_at": "2023-11-14T22:13:20+00:00",
                "text": "Grüße aus\nder Straße",
            },
            {
                "id": "ours",
                "direction": "outgoing",
                "author": "ada",
                "sent_at": "2023-11-14T22:13:21+00:00",
                "text": "Hello",
                "delivery": "delivered",
            },
        ],
    }


def test_export_as_text_keeps_its_order() -> None:
    """A name that is written from right to left moves neither the time nor the message."""
    message = Item("theirs", Direction.INCOMING, "عمر", Text("123"), NOON)
    line = export("den", [message], ExportFormat.TEXT, WORDS)
    assert line == "[2023-11-14 22:13:20 UTC] \u2068عمر\u2069: 123\n"


def test_export_as_json_takes_a_message_without_delivery_for_queued() -> None:
    """What is not known to have gone anywhere waits."""
    message = Item("ours", Direction.OUTGOING, "ada", Text("Hello"), NOON)
    (record,) = json.loads(export("den", [message], ExportFormat.JSON, WORDS))["messages"]
    assert record["delivery"] == "queued"


def test_export_as_text_is_for_a_person() -> None:
    """Each message has a line with who and when, and its further lines are indented."""
    assert export("den", [THEIRS, OURS], ExportFormat.TEXT, WORDS) == (
        "[2023-11-14 22:13:20 UTC] ben: Grüße aus\n    der Straße\n[2023-11-14 22:13:21 UTC] ada: Hello\n"
    )


@pytest.mark.parametrize("form", ExportFormat)
@given(sent_at=st.floats(0, 2**53))
def test_export_takes_any_clock(form: ExportFormat, sent_at: float) -> None:
    """A moment that is in no calendar does not keep the rest from being written."""
    message = Item("theirs", Direction.INCOMING, "ben", Text("Hi"), sent_at)
    assert "Hi" in export("den", [message], form, WORDS)


def test_export_says_of_a_moment_in_no_calendar_that_it_is_unknown() -> None:
    """Any day that stood there would be invented."""
    message = Item("theirs", Direction.INCOMING, "ben", Text("Hi"), 2.0**53)
    assert export("den", [message], ExportFormat.TEXT, WORDS) == "[unknown time] ben: Hi\n"
    (record,) = json.loads(export("den", [message], ExportFormat.JSON, WORDS))["messages"]
    assert record["sent_at"] is None


def test_export_names_what_cannot_be_shown() -> None:
    """A message that is spoilt stands at its place, and neither takes the others along nor is passed over."""
    spoilt = THEIRS.unreadable()
    assert export("den", [spoilt, OURS], ExportFormat.TEXT, WORDS) == (
        "[2023-11-14 22:13:20 UTC] This message cannot be shown.\n[2023-11-14 22:13:21 UTC] ada: Hello\n"
    )
    records = json.loads(export("den", [spoilt, OURS], ExportFormat.JSON, WORDS))["messages"]
    assert records[0] == {"id": "theirs", "fault": "unreadable"}
    assert records[1]["text"] == "Hello"


def test_export_as_text_names_what_this_version_does_not_know() -> None:
    """Who wrote it is told; a reaction, which is no message of its own, is left out."""
    bodies = (Unknown("of-a-newer-page", "{}"), Reaction("ada", "ours", "👍"))
    items = [Item("theirs", Direction.INCOMING, "ben", body, NOON) for body in bodies]
    text = export("den", items, ExportFormat.TEXT, WORDS)
    assert text == "[2023-11-14 22:13:20 UTC] ben: This message needs a newer version.\n"


def test_export_of_nothing_is_empty() -> None:
    """A room in which nothing was said can be exported too."""
    assert export("den", [], ExportFormat.TEXT, WORDS) == ""
    assert json.loads(export("den", [], ExportFormat.JSON, WORDS)) == {"room": "den", "messages": []}


def test_people_are_called_by_their_names_in_a_text() -> None:
    """A guest's name has a suffix, which says nothing to a person; a program finds it as it is kept."""
    item = replace(THEIRS, author="ben~bcdfgh", body=Text("Hello"))
    words = replace(WORDS, person=lambda username: username.partition("~")[0])
    assert export("den", [item], ExportFormat.TEXT, words).endswith(" ben: Hello\n")
    [record] = json.loads(export("den", [item], ExportFormat.JSON, words))["messages"]
    assert record["author"] == "ben~bcdfgh"
