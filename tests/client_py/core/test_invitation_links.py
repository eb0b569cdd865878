from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client_py.core.invitation_links import (
    MAX_FRAGMENT,
    BrokenInvitation,
    Invitation,
    fragment_of,
    read_fragment,
    without_fragment,
)

SECRET, TOKEN = "kX4v9TqLm2_-8yZbC1dE3A", "AAAAAAAAAAAAAAAAAAAAAg"
FOR_GUESTS = f"{SECRET}.g{TOKEN}"


@pytest.mark.parametrize("invitation", [Invitation(SECRET), Invitation(SECRET, TOKEN)])
def test_fragment_is_read_as_it_was_written(invitation: Invitation) -> None:
    """With a part for guests or without; and nothing of it is told by what it is shown as in a log."""
    assert read_fragment(fragment_of(invitation)) == invitation
    assert SECRET not in repr(invitation)
    assert TOKEN not in repr(invitation)


def test_link_without_a_fragment_invites_nobody() -> None:
    """Links of earlier releases have none."""
    assert read_fragment("") is None
    assert read_fragment(".") is None


def test_parts_of_later_releases_are_passed_over() -> None:
    """Whatever their order."""
    assert read_fragment(f"{SECRET}.x1.g{TOKEN}.zz..") == Invitation(SECRET, TOKEN)
    assert read_fragment(f"{SECRET}.x1") == Invitation(SECRET)


@pytest.mark.parametrize("behind", [".", ")", "\u201d.", ",", "!\u2026"])
def test_what_a_sentence_wrote_behind_a_link_is_none_of_it(behind: str) -> None:
    """People write links into sentences, and programs take the full stop along."""
    assert read_fragment(FOR_GUESTS + behind) == Invitation(SECRET, TOKEN)


@pytest.mark.parametrize(
    "fragment",
    [
        "top",
        SECRET[:-1],
        f"{SECRET}A",
        f"{SECRET}.g",
        f"{SECRET}.g{TOKEN[:-1]}",
        f"{SECRET}.g{TOKEN[:-1]}%",
        f".g{TOKEN}",
        f"{SECRET[:-1]}\u00e9",
        SECRET + ".x" * MAX_FRAGMENT,
    ],
)
def test_broken_link_is_told_from_one_without_invitation(fragment: str) -> None:
    """A part that was lost on the way is said to be, where a guess would lead to the wrong room."""
    assert read_fragment(fragment) == BrokenInvitation()


@given(st.text())
def test_any_fragment_is_read_to_its_end(fragment: str) -> None:
    """Whatever comes out keeps the bounds."""
    match read_fragment(fragment):
        case Invitation() as invitation:
            assert read_fragment(fragment_of(invitation)) == invitation


@pytest.mark.parametrize(
    ("typed", "address", "invitation"),
    [
        (f"https://chat.example/chat/den#{FOR_GUESTS}", "https://chat.example/chat/den", Invitation(SECRET, TOKEN)),
        (f"  den#{SECRET} ", "den", Invitation(SECRET)),
        ("den", "den", None),
        ("den#top", "den", BrokenInvitation()),
        ("den#" + "x" * 600, "den", BrokenInvitation()),
    ],
)
def test_link_that_is_pasted_is_taken_apart(
    typed: str, address: str, invitation: Invitation | BrokenInvitation | None
) -> None:
    """What leads to the room is one thing, and what invites there another."""
    assert without_fragment(typed) == (address, invitation)
