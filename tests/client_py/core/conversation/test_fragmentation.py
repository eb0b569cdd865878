from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from client_py.core.conversation.fragmentation import Reassembly, split_content
from client_py.core.frames import (
    FRAMES,
    MAX_FRAME_BYTES,
    MAX_ITEM_BYTES,
    MAX_ITEMS,
    MAX_MOMENT,
    MAX_PARTS,
    ItemPart,
    MessagePart,
)
from protocol.errors import MalformedMessage

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


def repeated(text: str, least: int) -> str:
    """Return a text repeated until it has a number of bytes."""
    return text * (least // len(text.encode()) + 1)


@given(TEXTS, st.integers(0, 60_000))
@example("", 0)
@example("\0", MAX_ITEM_BYTES - 1)
@example("\U0001f345", 100_000)
@example('"\\', 100_000)
@example("a" * 15_860 + "\0" * 20, 0)
def test_split_content_loses_nothing_and_fits(text: str, size: int) -> None:
    """The parts of any text are the text again, and each fits into a frame."""
    whole = repeated(text, size) if text else ""
    parts = split_content(whole)
    assert "".join(parts) == whole
    assert len(parts) <= MAX_PARTS
    for number, part in enumerate(parts, start=1):
        frame = MessagePart(2 * MAX_ITEMS, "m" * 64, MAX_MOMENT - 1 / 3, number, len(parts), part)
        assert len(FRAMES.encode(frame).encode()) <= MAX_FRAME_BYTES


def test_split_content_leaves_short_texts_whole() -> None:
    """What fits into one frame is not cut; an empty text is a part too."""
    assert split_content("Hello") == ["Hello"]
    assert split_content("") == [""]
    assert len(split_content("a" * 100_000)) == 7


def part(number: int, parts: int, content: str, *, item: str = "item-00000000000000", at: float = 1.0) -> ItemPart:
    """Return a part of an item."""
    return ItemPart(1, item, at, "text", number, parts, content)


def test_parts_are_joined_when_the_last_has_come() -> None:
    """The item is what its first part says, with the content of all."""
    reassembly = Reassembly()
    assert reassembly.next_part == 1
    assert reassembly.add(part(1, 2, "é", at=1.0)) is None
    assert (reassembly.next_part, reassembly.size) == (2, 2)
    whole = reassembly.add(part(2, 2, "b", at=2.0))
    assert whole is not None
    assert (whole.content, whole.sent_at, reassembly.size) == ("éb", 1.0, 3)


def test_parts_of_different_items_are_not_joined() -> None:
    """Parts that do not fit each other are no item."""
    reassembly = Reassembly()
    reassembly.add(part(1, 2, "a"))
    with pytest.raises(MalformedMessage):
        reassembly.add(part(2, 2, "b", item="other-0000000000000"))


def test_parts_together_are_bounded() -> None:
    """It does not wait for the last part to say that there were too many."""
    reassembly = Reassembly()
    reassembly.add(part(1, 3, "a" * MAX_ITEM_BYTES))
    with pytest.raises(MalformedMessage):
        reassembly.add(part(2, 3, "a"))
