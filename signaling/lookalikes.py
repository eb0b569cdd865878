"""Decides which names look alike, by the skeletons of UTS 39 §4."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from unicodedata import normalize

from protocol.usernames import MAX_USERNAME_CHARACTERS, username_form

CONFUSABLES = "confusables.txt"
MAX_SKELETON_CHARACTERS = 8 * MAX_USERNAME_CHARACTERS
"""No character becomes more than seven (꽦, whose three parts are each drawn like others)."""


def skeleton(username: str) -> str:
    """Return what the names have in common that cannot be told apart by looking, in whatever case they are typed.

    It is taken of the name as it is shown, since a capital may look like another small letter than its own: `Ian` like
    `lan`. Small letters are looked at after that, so that `rnax` is also too much like `Max`.
    """
    return _drawn_alike(_drawn_alike(username_form(username)).lower())


def _drawn_alike(text: str) -> str:
    return normalize("NFD", normalize("NFD", text).translate(_prototypes()))


@cache
def _prototypes() -> dict[int, str]:
    """Return by character what stands for all that are drawn like it.

    The table is ours, and no library's: a release of one that draws the line elsewhere would make other skeletons than
    those in the database.
    """
    lines = files("signaling").joinpath(CONFUSABLES).read_text(encoding="utf-8").splitlines()
    pairs = (line.split(" ; ") for line in lines if line and not line.startswith("#"))
    return {int(drawn, 16): "".join(chr(int(code, 16)) for code in alike.split()) for drawn, alike in pairs}
