from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client_py.core.conversation.database_rows import (
    Key,
    Place,
    device_row,
    item_row,
    mark_row,
    position_of,
    read_device,
    read_item,
    read_mark,
    read_position,
    read_receipt,
    receipt_row,
)
from client_py.core.conversation.delivery import Delivery, Direction
from client_py.core.conversation.history_records import Mark, Receipt
from client_py.core.conversation.item_order import MAX_POSITION
from client_py.core.conversation.items import Body, Item, Reaction, Text, Unknown, Unreadable
from client_py.core.frames import FRAMES, MAX_ITEM_BYTES, MAX_MOMENT, MessagePart
from protocol.fields import USERNAME
from protocol.requests import REQUESTS, Join
from tests.protocol.strategies import JSON_VALUES

NAMES = st.from_regex(USERNAME.pattern or "", fullmatch=True)
RESUME_TOKENS = st.from_regex(r"[A-Za-z0-9_.-]{1,99}", fullmatch=True)
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
MOMENTS = st.floats(0, MAX_MOMENT) | st.integers(0, MAX_MOMENT)
NUMBERS = st.integers(0, 2**52)
OWED = st.dictionaries(NAMES, st.dictionaries(NAMES, st.sampled_from(Delivery), max_size=3), max_size=3)

PLACE = Place("ada", "den")


def test_place_orders_the_rows_of_a_room() -> None:
    """Keys are ordered, so that what belongs together stands together, and messages stand in their order."""
    prefix = ("ada", "den")
    assert PLACE.prefix == prefix
    assert PLACE.messages == (*prefix, "message")
    assert PLACE.message(7, "m") == (*prefix, "message", 7, "m")
    assert PLACE.positions == (*prefix, "position")
    assert PLACE.ids_of("tab") == (*prefix, "id", "tab")
    assert PLACE.receipts == (*prefix, "receipt")
    assert PLACE.receipts_of("tab") == (*prefix, "receipt", "tab")
    assert PLACE.marks_of("tab") == (*prefix, "mark", "tab")
    assert PLACE.devices == (*prefix, "device")
    assert PLACE.device("tab") == (*prefix, "device", "tab")


@given(NAMES, TEXTS, MOMENTS, st.sampled_from(Delivery))
def test_message_of_ours_is_read_as_it_was_written(author: str, text: str, sent_at: float, delivery: Delivery) -> None:
    """Whatever was typed comes back; how far it has come is told from elsewhere."""
    message = Item("m", Direction.OUTGOING, author, Text(text), sent_at, delivery)
    assert read_item("m", item_row(message), delivery) == message


@given(NAMES, TEXTS, MOMENTS)
def test_message_of_theirs_is_read_as_it_was_written(author: str, text: str, sent_at: float) -> None:
    """It has no delivery, whatever is said."""
    message = Item("m", Direction.INCOMING, author, Text(text), sent_at)
    row = item_row(message)
    assert read_item("m", row) == read_item("m", row, Delivery.READ) == message


def test_message_is_written_for_a_person_who_looks() -> None:
    """Rows are JSON that can be read in the browser's tools, with text as it is."""
    message = Item("m", Direction.INCOMING, "ben", Text("Grüße"), 1.5)
    assert item_row(message) == '{"from":"ben","at":1.5,"out":false,"text":"Grüße"}'


@given(NAMES, OWED)
def test_receipt_is_read_without_what_was_on_its_way(message_id: str, owed: dict[str, dict[str, Delivery]]) -> None:
    """The channel has ended with the page, so what was sent waits again; everything else comes back."""
    waiting = {
        account: {device: Delivery.QUEUED if state is Delivery.SENT else state for device, state in devices.items()}
        for account, devices in owed.items()
    }
    receipt = read_receipt(message_id, receipt_row(Receipt(message_id, owed)))
    assert receipt == Receipt(message_id, waiting)
    assert all(isinstance(state, Delivery) for devices in receipt.owed.values() for state in devices.values())


def test_receipt_is_written_in_short() -> None:
    """There is one for every message that waits."""
    receipt = Receipt("m", {"ben": {"tab": Delivery.DELIVERED}, "cleo": {}})
    assert receipt_row(receipt) == '{"ben":{"tab":2},"cleo":{}}'


@given(NAMES, NAMES, NUMBERS, NUMBERS, NUMBERS, NUMBERS)
def test_mark_is_read_as_it_was_written(
    account: str, device: str, heard: int, received: int, read: int, acknowledged: int
) -> None:
    """All of its numbers come back, each in its place."""
    mark = Mark(account, device, heard, received, read, acknowledged)
    assert read_mark(account, device, mark_row(mark)) == mark


@given(MOMENTS, st.none() | RESUME_TOKENS)
def test_device_is_read_as_it_was_written(used_at: float, resume_token: str | None) -> None:
    """A device that never was in the room has no token."""
    assert read_device(device_row(used_at, resume_token)) == (used_at, resume_token)


GOOD = '{"from":"ben","at":1.5,"out":false,"text":"Hi"}'
DEEP = "[" * 9_000 + "]" * 9_000
NO_JSON = ["", "no json", "null", "7", '"text"', "[]", "{}", DEEP, "NaN", "1" * 5_000]


@pytest.mark.parametrize(
    "row",
    [
        *NO_JSON,
        GOOD.replace("1.5", "1e13"),
        GOOD.replace("1.5", "-1"),
        GOOD.replace("1.5", "1e999"),
        GOOD.replace("1.5", "9" * 400),
        GOOD.replace("1.5", '"now"'),
        GOOD.replace('"ben"', "null"),
        GOOD.replace('"ben"', '"no such name"'),
        GOOD.replace("false", "0"),
        GOOD.replace('"Hi"', '["Hi"]'),
        GOOD.replace("Hi", "\\ud800"),
        GOOD.replace("Hi", "x" * (MAX_ITEM_BYTES + 1)),
        GOOD.replace('"at":1.5,', ""),
    ],
    ids=lambda row: row[:40],
)
def test_message_that_cannot_be_read_is_a_message_all_the_same(row: str) -> None:
    """It has its id and its place; who wrote what is not known."""
    message = read_item("m", row, Delivery.READ, position=1_000_500)
    assert message == Item("m", Direction.INCOMING, "", Unreadable(), 1_000.5)


@given(st.text() | JSON_VALUES.map(json.dumps))
def test_rows_are_read_whatever_they_say(row: str) -> None:
    """Nothing that stands in a row makes reading it fail, and what comes of it can be sent."""
    message = read_item("message-000000000000", row, Delivery.QUEUED)
    FRAMES.encode(MessagePart(1, message.id, message.sent_at, 1, 1, message.text))
    read_receipt("m", row)
    read_mark("ben", "tab", row)
    used_at, token = read_device(row)
    assert MAX_MOMENT >= used_at >= 0
    REQUESTS.encode(Join("den", token))
    assert 0 <= read_position(row) <= MAX_POSITION


@pytest.mark.parametrize(
    "row",
    [
        *(row for row in NO_JSON if row != "{}"),
        '{"ben":2}',
        '{"ben":{"tab":7}}',
        '{"ben":{"tab":true}}',
        '{"ben":{"tab":"2"}}',
    ],
    ids=lambda row: row[:40],
)
def test_receipt_that_cannot_be_read_is_none(row: str) -> None:
    """How far a message has come is not guessed."""
    assert read_receipt("m", row) is None


@pytest.mark.parametrize(
    "row", [*NO_JSON, "[1,2,3]", "[1,2,3,4,5]", "[1,2,3,-1]", "[1,2,3,1e300]", "[1,2,3,true]", f"[1,{2**52 + 1},3,4]"]
)
def test_mark_that_cannot_be_read_is_none(row: str) -> None:
    """Where it could not be said to a peer, both are put in step again."""
    assert read_mark("ben", "tab", row) is None


@pytest.mark.parametrize("row", [*NO_JSON, "[1]", '["now","token"]', "[1e13,null]", "[1,7]", '{"a":1}'])
def test_device_that_cannot_be_read_is_there_without_a_token(row: str) -> None:
    """What it has kept is still its own, and may be inherited."""
    assert read_device(row) == (0.0, None)


def test_device_keeps_its_time_without_a_token_that_no_server_takes() -> None:
    """The server would refuse the whole request."""
    assert read_device('[1.5,"no token"]') == (1.5, None)


@pytest.mark.parametrize("row", [None, "", "seven", "-1", "1.5", "1e300", "true", "9" * 400])
def test_position_that_cannot_be_read_is_none_that_a_message_has(row: str | None) -> None:
    """Nothing stands at 0."""
    assert read_position(row) == 0


def test_position_is_told_by_key_and_row() -> None:
    """They are the same."""
    assert position_of(PLACE.message(7, "m")) == read_position("7") == 7
    message = Item("m", Direction.INCOMING, "ben", Text("Grüße"), 1.5)
    for row in (item_row(message), "no json"):
        assert read_item("m", row, position=7).position == 7


@pytest.mark.parametrize(
    "key",
    [
        PLACE.messages,
        (*PLACE.messages, 7),
        (*PLACE.messages, "7", "m"),
        (*PLACE.messages, 7, 7),
        (*PLACE.messages, -1, "m"),
        (*PLACE.messages, MAX_POSITION + 1, "m"),
        (*PLACE.messages, 7, "m", "m"),
        (*PLACE.ids_of("tab"), "m"),
    ],
)
def test_key_of_something_else_has_no_position(key: Key) -> None:
    """It stands in the transcript as little as it can be asked for."""
    assert position_of(key) is None


BODIES = st.one_of(
    st.builds(Text, TEXTS),
    st.just(Reaction("ben", "bens-message-000001", "👍")),
    st.builds(Unknown, st.just("unheard-of"), TEXTS),
)


@given(BODIES, st.booleans(), st.sampled_from(Delivery))
def test_item_of_any_kind_is_read_as_it_was_written(body: Body, other: bool, delivery: Delivery) -> None:  # noqa: FBT001 - given
    """Also one that another device of ours has written, which alone knows how far it has come."""
    item = Item("m", Direction.OUTGOING, "ada-0", body, 1.5, None if other else delivery, from_other_device=other)
    assert read_item("m", item_row(item), delivery) == item


@pytest.mark.parametrize("said", ['"kind":"Bad Name","content":""', '"kind":"a","content":1', '"kind":"a"', ""])
def test_item_without_a_body_cannot_be_read(said: str) -> None:
    """Whatever else it says."""
    row = '{"from":"ben","at":1.5,"out":false' + (f",{said}" if said else "") + "}"
    assert not read_item("m", row).is_readable


def test_receipt_of_our_own_devices_is_kept_apart() -> None:
    """They count for nothing, and no account can be taken for them."""
    receipt = Receipt("m", {"ben": {"tab": Delivery.READ}}, {"phone": Delivery.DELIVERED})
    assert read_receipt("m", receipt_row(receipt)) == receipt
    assert receipt_row(Receipt("m", {"ben": {}})) == '{"ben":{}}'


def test_outbox_has_a_place_for_each_device() -> None:
    """What waits is written by nobody else."""
    assert PLACE.outbox_of("tab") == ("ada", "den", "outbox", "tab")
