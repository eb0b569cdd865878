from __future__ import annotations

from dataclasses import replace

import pytest

from client_py.core.conversation.delivery import Delivery
from client_py.core.conversation.items import Body, Text, Unknown, Unreadable
from client_py.ports.page import NearDay
from client_py.words.phrases import Words
from client_py.words.transcript import DELIVERIES, NEW, day_of, text_of
from tests.client_py.ui.view_context import PlainFormats, incoming


class Near(PlainFormats):
    """A calendar in which every day is near."""

    def __init__(self, near: NearDay | None) -> None:
        self.near = near

    def near_day(self, seconds: float) -> NearDay | None:  # noqa: ARG002 - the signature of Formats
        """Tell what the test says."""
        return self.near


@pytest.mark.parametrize(("count", "words"), [(1, "1 new message"), (2, "2 new messages")])
def test_new_messages_are_counted_in_words(count: int, words: str) -> None:
    """One is not "1 messages"."""
    assert Words().count(NEW, count) == words


@pytest.mark.parametrize(
    ("near", "name"), [(NearDay.TODAY, "Today"), (NearDay.YESTERDAY, "Yesterday"), (None, "Day 0")]
)
def test_near_days_have_names(near: NearDay | None, name: str) -> None:
    """The others are dates."""
    assert day_of(Words(), Near(near), 1.0) == name


def test_every_delivery_has_a_label() -> None:
    """The signs are read to who does not see them."""
    assert set(DELIVERIES) == set(Delivery)


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (Text("Hello"), "Hello"),
        (Unreadable(), "This message cannot be shown."),
        (Unknown("of-a-newer-page", "{}"), "This message needs a newer version of this page."),
    ],
)
def test_message_without_a_text_says_why(body: Body, words: str) -> None:
    """Nothing is left out in silence."""
    assert text_of(Words(), replace(incoming(), body=body)) == words
