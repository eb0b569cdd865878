from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.usernames import MAX_USERNAME_CHARACTERS, username_fault, username_form
from signaling.lookalikes import MAX_SKELETON_CHARACTERS, skeleton


@pytest.mark.parametrize(
    ("name", "lookalike"),
    [
        ("paul", "pau1"),
        ("paul", "PauI"),
        ("lan", "Ian"),
        ("\u013aan", "\u00cdan"),
        ("\u1e0d\u0304a", "\u018b\u0323a"),
        ("Max", "rnax"),
        ("bob", "b0b"),
        ("BOB", "b0b"),
        ("coco", "сосо"),
        ("Coco", "СОСО"),
        ("ада", "ада"),
        ("kadir", "kadır"),
        ("rose", "ros℮"),
        ("Ωmega", "Ωmega"),
        ("oo", "οο"),
        ("ʻokina", "ʼokina"),
    ],
)
def test_names_that_look_alike_have_one_skeleton(name: str, lookalike: str) -> None:
    """What cannot be told apart by looking is the same, across scripts and whichever of them is large."""
    assert skeleton(name) == skeleton(lookalike)


@pytest.mark.parametrize(
    ("name", "other"),
    [
        ("ivan", "lvan"),
        ("ann", "anna"),
        ("ann", "an.n"),
        ("zoe", "zoë"),
        ("李明", "李朋"),
        ("mary", "marv"),
        ("a-b", "a_b"),
    ],
)
def test_names_that_differ_have_their_own(name: str, other: str) -> None:
    """What a careful reader tells apart is not held back."""
    assert skeleton(name) != skeleton(other)


@given(st.text(max_size=12))
def test_skeleton_is_settled_at_once(name: str) -> None:
    """A skeleton is its own: what it was made of does not matter any more."""
    assert skeleton(skeleton(name)) == skeleton(name)


@given(st.text("abcdefghijklmnopqrstuvwxyz0123456789АБВабвΑΒΓαβγ_-.", min_size=1, max_size=12))
def test_skeleton_does_not_depend_on_width_and_composition(name: str) -> None:
    """A name has one skeleton however it is typed."""
    assert skeleton(username_form(name)) == skeleton(name)


def test_skeleton_of_the_longest_name_has_room_in_the_database() -> None:
    """No character that a name may have becomes more than the column allows for."""
    most = MAX_SKELETON_CHARACTERS // MAX_USERNAME_CHARACTERS
    letters = (chr(code) for code in range(sys.maxunicode + 1) if not 0xD800 <= code < 0xE000)
    assert max(len(skeleton(letter)) for letter in letters if username_fault(letter * 2) is None) < most
