"""Decides what a person may call themselves beside the name of their account, and which of those names look alike.

An account's name is the server's to give, and a display name its owner's: nobody but them answers for it. So it is cut
and cleaned wherever it comes from, and where it looks like the name of somebody else, the account's stands beside it.
"""

from __future__ import annotations

import re
from unicodedata import category, normalize

from protocol.usernames import MAX_MARKS, MAX_TYPED_CHARACTERS

MAX_DISPLAY_NAME_CHARACTERS = 40
"""Two given names and two family names; a line of the list has room for it."""

_JOINERS = "\u200c\u200d"
"""Of what is not to be seen, what Persian, the scripts of India and emoji of several parts need within a name."""
_BLANKS = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\uffa0]")
"""Letters, marks and symbols of which nothing is to be seen; a name of them would be none."""
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
"""What turns a line around, ends one, or is drawn differently everywhere."""

_DRAWN_ALIKE = str.maketrans(
    {
        **dict(zip("авеѕіјкмнорстухьԁԛԝһӏ", "abesijkmhopctyxbdqwhl", strict=True)),
        **dict(zip("αβεηικνορτυχω", "abenikvoptuxw", strict=True)),
        **dict(zip("013568", "oiesbb", strict=True)),
        "l": "i",
        "ı": "i",  # noqa: RUF001
        "ł": "i",
        "ø": "o",
        "đ": "d",
        "ð": "d",
    }
)
"""The letters that stand in for others most often, in small letters. The server's table of all of them would be too
much for a page, so this one draws no fine line: `i`, `l` and `1` are one."""
_PAIRS = (("rn", "m"), ("vv", "w"), ("ci", "d"))


def display_name_of(typed: str) -> str:
    """Return what is shown of a name that somebody chose for themselves, or nothing where nothing of it can be."""
    text = normalize("NFC", typed[:MAX_TYPED_CHARACTERS])
    seen = "".join(character for character in text if _is_seen(character))
    words = " ".join(_without_heaps(_BLANKS.sub("", seen)).split())
    name = words[:MAX_DISPLAY_NAME_CHARACTERS].strip(_JOINERS + " ")
    return name if any(category(character)[0] in "LNS" for character in name) else ""


def look_alike(name: str, other: str) -> bool:
    """Tell whether somebody could take one name for the other at a glance."""
    return _at_a_glance(name) == _at_a_glance(other)


def _is_seen(character: str) -> bool:
    return category(character) not in _UNSEEN or character in _JOINERS or character.isspace()


def _without_heaps(text: str) -> str:
    """Leave out the marks that pile up on one letter, over and under the lines around it."""
    kept: list[str] = []
    marks = 0
    for character in text:
        marks = marks + 1 if category(character) in {"Mn", "Me"} else 0
        if marks <= MAX_MARKS:
            kept.append(character)
    return "".join(kept)


def _at_a_glance(name: str) -> str:
    bare = "".join(character for character in normalize("NFKD", name.casefold()) if character.isalnum())
    drawn = normalize("NFKD", bare.translate(_DRAWN_ALIKE))
    for pair, letter in _PAIRS:
        drawn = drawn.replace(pair, letter)
    return drawn
