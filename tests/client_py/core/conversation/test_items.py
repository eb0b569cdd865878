from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client_py.core.conversation.delivery import Delivery, Direction
from client_py.core.conversation.items import (
    FEATURES,
    KINDS,
    Body,
    Item,
    Reaction,
    Text,
    Unknown,
    Unreadable,
    body_of,
    content_of,
    feature_of,
)

REACTION = Reaction("ben", "message-000000000001", "👍")
TEXTS = st.text(st.characters(exclude_categories=["Cs"]))


@given(st.one_of(st.builds(Text, TEXTS), st.just(REACTION), st.builds(Unknown, st.just("unheard-of"), TEXTS)))
def test_body_is_read_as_it_was_written(body: Body) -> None:
    """Whatever it says, and whether or not this page knows what that means."""
    assert body_of(*content_of(body)) == body


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"author":"ben","target":"m","emoji":"x"}', "[" * 8_000])
def test_content_that_makes_no_sense_is_kept_as_it_came(content: str) -> None:
    """To refuse it would have it sent again for ever."""
    assert body_of("reaction", content) == Unknown("reaction", content)


def test_item_is_shown_if_it_is_a_message() -> None:
    """A reaction stands at another message; and of what is not known, one sees that there is something."""
    shown = [
        Item("id", Direction.INCOMING, "ben", body, 1.0).is_shown for body in (Text("Hi"), REACTION, Unknown("new", ""))
    ]
    assert shown == [True, False, True]


def test_item_has_the_words_of_a_text() -> None:
    """Other kinds have none that a search could find."""
    texts = [Item("id", Direction.INCOMING, "ben", body, 1.0).text for body in (Text("Hi"), REACTION)]
    assert texts == ["Hi", ""]


def test_item_of_another_device_of_ours_was_not_written_here() -> None:
    """How far it has come is known there."""
    items = [
        Item("id", Direction.INCOMING, "ben", Text("Hi"), 1.0),
        Item("id", Direction.OUTGOING, "ada", Text("Hi"), 1.0, Delivery.QUEUED),
        Item("id", Direction.OUTGOING, "ada", Text("Hi"), 1.0, from_other_device=True),
    ]
    assert [item.is_written_here for item in items] == [False, True, False]


def test_item_that_cannot_be_shown_keeps_its_place() -> None:
    """One sees that there is something, and from when."""
    item = Item("id", Direction.OUTGOING, "ada", Text("Hi"), 1.0, Delivery.READ)
    assert item.unreadable() == Item("id", Direction.OUTGOING, "", Unreadable(), 1.0)
    assert [each.is_readable for each in (item, item.unreadable())] == [True, False]
    assert item.unreadable().is_shown


def test_features_are_those_of_the_kinds() -> None:
    """What a page names is what it knows."""
    assert FEATURES == ("reaction",)
    assert {feature_of(kind) for kind in KINDS} == {None, *FEATURES}
    assert feature_of("unheard-of") is None
