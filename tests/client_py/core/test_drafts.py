from __future__ import annotations

import pytest

from client_py.core.drafts import MAX_DRAFT_CHARACTERS, MAX_DRAFTS, format_drafts, parse_drafts, with_draft


def test_drafts_come_back_as_they_were_kept() -> None:
    """By room, with every character."""
    drafts = with_draft(with_draft({}, "den", " half a\n“sent"), "hall", "x")
    assert parse_drafts(format_drafts(drafts)) == {"den": " half a\n“sent", "hall": "x"}


@pytest.mark.parametrize("text", [None, "", "no json", "[]", "7", "[" * 9_000, '{"no room": "x", "den": 7}'])
def test_drafts_read_as_none_from_what_is_no_drafts(text: str | None) -> None:
    """Another version of the page, or a person, may have written there."""
    assert parse_drafts(text) == {}


def test_draft_that_is_sent_is_gone() -> None:
    """Nothing is left of it."""
    assert with_draft({"den": "x", "hall": "y"}, "den", "") == {"hall": "y"}


def test_drafts_are_bounded() -> None:
    """The last ones stay, and of a long one the beginning."""
    drafts: dict[str, str] = {}
    for number in range(MAX_DRAFTS + 1):
        drafts = with_draft(drafts, f"room-{number}", "x" * (MAX_DRAFT_CHARACTERS + 1))
    assert list(drafts) == [f"room-{number}" for number in range(1, MAX_DRAFTS + 1)]
    assert {len(draft) for draft in drafts.values()} == {MAX_DRAFT_CHARACTERS}


def test_drafts_take_no_more_room_than_their_letters() -> None:
    """The browser has a few million letters for everything, the login among them, and drafts leave most of it."""
    longest = {f"room-{number}": "👋" * MAX_DRAFT_CHARACTERS for number in range(MAX_DRAFTS)}
    assert len(format_drafts(longest).encode("utf-16-le")) < 2_000_000


@pytest.mark.parametrize(
    "text", ["\ud83d", "\udc4b\ud83d", "\0", "\u2028\u202e", '"\\', "[" * 1_000, "\N{NO-BREAK SPACE}"]
)
def test_draft_is_kept_letter_by_letter(text: str) -> None:
    """Half a pair, what is invisible, and what means something in JSON."""
    assert parse_drafts(format_drafts({"den": text})) == {"den": text}
