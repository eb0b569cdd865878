from __future__ import annotations

import io

import pytest
from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo

from client_py.words.phrases import Counted, Phrase, Words

HELLO = Phrase("Hello, {username}")
FOUND = Counted("{count} message found", "{count} messages found")


@pytest.fixture
def polish() -> Words:
    """Return words in a language with three forms of number."""
    catalog = Catalog("pl")
    catalog.add(HELLO, "Cześć, {username}")
    catalog.add((FOUND.one, FOUND.many), ("Jest {count} wiadomość", "Są {count} wiadomości", "Jest {count} wiadomości"))
    file = io.BytesIO()
    write_mo(file, catalog)
    return Words(file.getvalue())


def test_english_needs_no_catalog() -> None:
    """A phrase is its own English."""
    words = Words()
    assert words.say(HELLO, username="ada") == "Hello, ada"
    assert [words.count(FOUND, count) for count in (1, 2)] == ["1 message found", "2 messages found"]


def test_catalog_says_it_in_its_language(polish: Words) -> None:
    """Its forms of number are its own."""
    assert polish.say(HELLO, username="ada") == "Cześć, ada"
    forms = [polish.count(FOUND, count) for count in (1, 3, 5)]
    assert forms == ["Jest 1 wiadomość", "Są 3 wiadomości", "Jest 5 wiadomości"]


def test_name_from_right_to_left_stays_in_its_place() -> None:
    """A name that is written from right to left is set apart, and others are not."""
    assert Words().say(HELLO, username="عمر") == "Hello, \u2068عمر\u2069"
    assert Words().say(HELLO, username="Иван") == "Hello, Иван"
    assert Words().count(Counted("{who} writes", "{who} write"), 1, who="עמר") == "\u2068עמר\u2069 writes"


def test_what_the_catalog_lacks_is_said_in_english(polish: Words) -> None:
    """A new phrase does not wait for its translation."""
    assert polish.say(Phrase("Close")) == "Close"


def test_fields_are_filled_in_once() -> None:
    """What a person calls themselves is no phrase."""
    assert Words().say(HELLO, username="{username}") == "Hello, {username}"


def test_field_that_is_missing_is_our_fault() -> None:
    """It is not passed over."""
    with pytest.raises(KeyError):
        Words().say(HELLO)


def test_guest_is_called_a_guest_in_every_sentence() -> None:
    """Nobody reads the suffix, two of a name are told apart, and who has an account by now is called by that."""
    words = Words()
    assert words.say(HELLO, username="Ben~bcdfgh") == "Hello, Ben (guest)"
    words.guest_names.meet(["Ben~bcdfgh", "ben~zzzzzz"])
    assert words.person("ben~zzzzzz") == "ben (guest 2)"
    assert words.person("עמר~zzzzzz") == "\u2068עמר\u2069 (guest)"
    words.guest_names.become("Ben~bcdfgh", "Benjamin")
    assert words.say(HELLO, username="Ben~bcdfgh") == "Hello, Benjamin"
    assert words.person("about ~ ten") == "about ~ ten"
