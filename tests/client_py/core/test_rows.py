from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from client_py.core.frames import MAX_MOMENT
from client_py.core.models import Delivery, Direction, Message
from client_py.core.records import Mark, Receipt
from client_py.core.rows import (
    Place,
    device_row,
    mark_row,
    message_row,
    read_device,
    read_mark,
    read_message,
    read_receipt,
    receipt_row,
)

NAMES = st.from_regex(r"[A-Za-z0-9_.-]{3,32}", fullmatch=True)
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
    assert PLACE.ids_of("tab") == (*prefix, "id", "tab")
    assert PLACE.receipts == (*prefix, "receipt")
    assert PLACE.receipts_of("tab") == (*prefix, "receipt", "tab")
    assert PLACE.marks_of("tab") == (*prefix, "mark", "tab")
    assert PLACE.devices == (*prefix, "device")
    assert PLACE.device("tab") == (*prefix, "device", "tab")


@given(NAMES, TEXTS, MOMENTS, st.sampled_from(Delivery))
def test_message_of_ours_is_read_as_it_was_written(author: str, text: str, sent_at: float, delivery: Delivery) -> None:
    """Whatever was typed comes back; how far it has come is told from elsewhere."""
    message = Message("m", Direction.OUTGOING, author, text, sent_at, delivery)
    assert read_message("m", message_row(message), delivery) == message


@given(NAMES, TEXTS, MOMENTS)
def test_message_of_theirs_is_read_as_it_was_written(author: str, text: str, sent_at: float) -> None:
    """It has no delivery, whatever is said."""
    message = Message("m", Direction.INCOMING, author, text, sent_at)
    row = message_row(message)
    assert read_message("m", row) == read_message("m", row, Delivery.READ) == message


def test_message_is_written_for_a_person_who_looks() -> None:
    """Rows are JSON that can be read in the browser's tools, with text as it is."""
    message = Message("m", Direction.INCOMING, "ben", "Grüße", 1.5)
    assert message_row(message) == '{"from":"ben","at":1.5,"out":false,"text":"Grüße"}'


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


@given(MOMENTS, st.none() | NAMES)
def test_device_is_read_as_it_was_written(used_at: float, resume_token: str | None) -> None:
    """A device that never was in the room has no token."""
    assert read_device(device_row(used_at, resume_token)) == (used_at, resume_token)
