from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client_py.ui.transcript.hyperlinks import MAX_LINKS, Part, split_links

PIECES = st.sampled_from(
    ["http://", "HTTPS://", "a", "é", "(", ")", "]", "[", ".", ",", " ", "\n", "/", "_", "\u202e", "”"]
)
TEXTS = st.one_of(st.text(), st.lists(PIECES, max_size=40).map("".join))


def links_of(text: str) -> list[str]:
    """Return the links alone."""
    return [part.text for part in split_links(text) if part.is_link]


@given(TEXTS)
def test_parts_joined_are_the_text(text: str) -> None:
    """Whatever is typed, nothing of it is lost, added or moved."""
    assert "".join(part.text for part in split_links(text)) == text


@given(TEXTS)
def test_parts_are_never_empty(text: str) -> None:
    """No part is without text."""
    assert all(part.text for part in split_links(text))


@given(TEXTS)
def test_links_are_http_with_a_host_and_without_blanks(text: str) -> None:
    """A link is an address of http or https, and no character in it turns the direction of writing."""
    for link in links_of(text):
        assert re.match(r"https?://[\w\[]", link, re.IGNORECASE)
        assert not re.search(r"[\s\u202a-\u202e\u2066-\u2069<>\"]", link)


@pytest.mark.parametrize(
    ("text", "link"),
    [
        ("see http://a.example", "http://a.example"),
        ("HTTPS://A.EXAMPLE/x", "HTTPS://A.EXAMPLE/x"),
        ("http://a.example.", "http://a.example"),
        ("is it http://a.example?", "http://a.example"),
        ("http://a.example/?q=1&r=2#top, and so on", "http://a.example/?q=1&r=2#top"),
        ("(see http://a.example)", "http://a.example"),
        ("(see http://a.example/x_(y)).", "http://a.example/x_(y)"),
        ("http://a.example/wiki/Mercury_(planet)", "http://a.example/wiki/Mercury_(planet)"),
        ("[http://a.example]", "http://a.example"),
        ("{http://a.example/{id}}", "http://a.example/{id}"),
        ("“http://a.example”", "http://a.example"),
        ('"http://a.example"', "http://a.example"),
        ("<http://a.example>", "http://a.example"),
        ("http://[::1]:8000/x", "http://[::1]:8000/x"),
        ("http://bücher.example/ä", "http://bücher.example/ä"),
        ("http://localhost:3000/chat/room", "http://localhost:3000/chat/room"),
        ("http://a.example/\u202egnp.exe", "http://a.example/"),
    ],
)
def test_link_ends_where_the_sentence_goes_on(text: str, link: str) -> None:
    """Punctuation and brackets around a link stay outside, and those that belong to it stay inside."""
    assert links_of(text) == [link]


@pytest.mark.parametrize(
    "text",
    [
        "javascript:alert(1)",
        "ftp://a.example",
        "http://",
        "https://.",
        "http://_",
        "xhttp://a.example",
        "www.a.example",
        "http:/a",
    ],
)
def test_other_addresses_stay_text(text: str) -> None:
    """Only http and https become links, and only with a host."""
    assert list(split_links(text)) == [Part(text)]


def test_links_beyond_the_bound_stay_text() -> None:
    """A message made of links costs the page a bounded number of elements."""
    text = "http://a.example " * (MAX_LINKS + 5)
    assert len(links_of(text)) == MAX_LINKS == 200
    assert "".join(part.text for part in split_links(text)) == text


@pytest.mark.parametrize("ending", [")", ".", "(", "()"])
def test_long_endings_cost_no_more_than_their_length(ending: str) -> None:
    """A hundred thousand brackets are split as fast as a hundred thousand letters."""
    text = "http://a" + ending * 100_000
    assert "".join(part.text for part in split_links(text)) == text
