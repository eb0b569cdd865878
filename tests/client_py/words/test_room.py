from __future__ import annotations

import pytest

from client_py.core.conversation.faults import ItemFault
from client_py.words.phrases import Words
from client_py.words.room import greeting, item_fault, typing


@pytest.mark.parametrize(
    ("usernames", "sentence"),
    [
        ((), ""),
        (("bob",), "bob is typing…"),
        (("bob", "eve"), "bob and eve are typing…"),
        (("bob", "eve", "mia"), "bob, eve and mia are typing…"),
        (("bob", "eve", "mia", "zoe"), "bob, eve, mia and zoe are typing…"),
    ],
)
def test_typing_is_worded(usernames: tuple[str, ...], sentence: str) -> None:
    """One person is typing, several are."""
    assert typing(Words(), usernames) == sentence


def test_greeting_names_everybody() -> None:
    """Also where there are several."""
    assert greeting(Words(), ("bob",)) == "Say hello to bob."
    assert greeting(Words(), ("bob", "eve")) == "Say hello to bob and eve."


@pytest.mark.parametrize(("fault", "words"), [(ItemFault.TOO_LONG, "256 KiB"), (ItemFault.TOO_MANY_WAITING, "waiting")])
def test_message_that_is_refused_says_why(fault: ItemFault, words: str) -> None:
    """And what to do."""
    assert words in item_fault(Words(), fault)
