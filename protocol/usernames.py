"""Decides which names an account or a guest may have, and which are the same: UsernameCaseMapped of RFC 8265 §3.3.

A name is one of these, and never what somebody typed: *form* is how it is stored and shown, *key* how it is compared.
The profile is narrowed by what UTS 39 asks of identifiers that people tell apart by looking: letters of one script
(§5.2, Highly Restrictive), digits of one kind (§5.3), and no heaps of marks (§5.4). All of it comes from the standard
library, since the page checks by the same rule. A character that only one side's Unicode knows is refused by the other.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import Enum, auto
from itertools import pairwise
from unicodedata import bidirectional, category, decimal, decomposition, name, normalize

from protocol.fields import ACCOUNT_USERNAME, GUEST_MARK, GUEST_SUFFIX_LENGTH

MIN_USERNAME_CHARACTERS = 2
"""A whole name in Chinese or Korean."""
MAX_USERNAME_CHARACTERS = 32
"""Of the form, and of the key, which is longer where a capital has no small letter of its own, as İ; the database has
so much room for each."""
MAX_TYPED_CHARACTERS = 512
"""Of a name in any form: composing makes one of a few characters, and the time that it takes may grow with the square
of their number."""
MAX_GUEST_NAME_CHARACTERS = MAX_USERNAME_CHARACTERS - len(GUEST_MARK) - GUEST_SUFFIX_LENGTH
"""Of what a guest has typed: with the suffix, it takes as much room as an account's name."""
MAX_MARKS = 4
"""Marks without width on one letter (UTS 39 §5.4); no more are written in any language."""

_WIDTHS = ("<wide>", "<narrow>")
_LETTERS = frozenset({"Lu", "Ll", "Lm", "Lo"})
_MARKS = frozenset({"Mn", "Mc"})
_SEPARATORS = "_-."
"""Of ASCII's punctuation, what can do no harm in an address, a file name or a sentence."""
_ALSO_LETTERS = "\u06fd\u06fe\u0f0b\u3007"
"""RFC 8264 §9.6: needed in Sindhi, between the syllables of Tibetan, and as the zero of Chinese."""
_APOSTROPHES = "\u02bb\u02bc"
"""Letters without a script; other modifier letters are signs of phoneticians (UTS 39 §3.1)."""
_NO_LETTERS = re.compile(
    "[\u0640\u07fa\u302e\u302f\u3031-\u3035\u303b"  # RFC 8264 §9.6
    "\u034f\u17b4\u17b5\u180b-\u180d\u180f"  # §9.13: nothing of them is to be seen
    "\u1100-\u11ff\ua960-\ua97f\ud7b0-\ud7ff"  # §9.9: what is left of Hangul after NFC
    "\u1d00-\u1dbf\uab30-\uab6f]"  # letters of phoneticians (UTS 39 §3.1), many of which are others in another type
)
_SMALL_CAPITAL = "LETTER SMALL CAPITAL"
"""In the name of a letter that only phoneticians write. In capitals, it is one of those that everyone writes."""
_IN_CONTEXT = re.compile("(?<=l)\u00b7(?=l)|(?<=[\u05d0-\u05ea])[\u05f3\u05f4]|(?<=[\u3041-\u30ff\u4e00-\u9fff])\u30fb")
"""Punctuation within names of Catalan, Hebrew and Japanese (RFC 5892 appendix A.3, A.5 to A.7)."""
_DOTTED = frozenset("ijl\u0131\u0237")
_DOT_ABOVE = "\u0307"
"""Not to be seen on a letter that has a dot, or looks as if it had none (UTS 39 §5.4)."""

_SCRIPT_OF_WORD = {
    "IDEOGRAPHIC": "CJK",
    "HENTAIGANA": "HIRAGANA",
    "EXTENDED": "ARABIC",
    "COMBINING": "",
}
"""A character's name begins with its script, except for these. The library knows scripts in no other way."""
_WRITTEN_TOGETHER = (
    frozenset({"LATIN", "CJK", "HIRAGANA", "KATAKANA"}),
    frozenset({"LATIN", "CJK", "BOPOMOFO"}),
    frozenset({"LATIN", "CJK", "HANGUL"}),
)
_RIGHT_TO_LEFT = frozenset({"R", "AL", "AN"})
_FIRST_STRONG_ISOLATE, _POP_DIRECTIONAL_ISOLATE = "\u2068", "\u2069"


class UsernameFault(Enum):
    """What can be wrong with a new username."""

    TOO_SHORT = auto()
    """It has fewer than `MIN_USERNAME_CHARACTERS`."""
    TOO_LONG = auto()
    """It has more than `MAX_USERNAME_CHARACTERS`, or a guest's name more than `MAX_GUEST_NAME_CHARACTERS`."""
    CHARACTER = auto()
    """It has a character that is no letter, mark or digit and none of `_`, `-` and `.`, or a mark without a letter."""
    MIXED = auto()
    """Its letters are of several scripts that nobody writes together, or its digits of several kinds."""
    DIRECTION = auto()
    """It is written from right to left, and would be shown in another order (RFC 5893 §2)."""


def username_form(typed: str) -> str:
    """Return the form of a name: in ordinary width (RFC 8265 §3.3.1), letters composed (NFC), case as it was typed.

    What is far too long for a name stays as it is.
    """
    if typed.isascii() or len(typed) > MAX_TYPED_CHARACTERS:
        return typed
    return normalize("NFC", "".join(map(_in_ordinary_width, typed)))


def username_key(username: str) -> str:
    """Return what makes two names the same: their form in small letters."""
    return normalize("NFC", username_form(username).lower())


def guest_username(form: str, suffix: str) -> str:
    """Return the name under which others see a guest who calls themselves `form`: no account can have it."""
    return f"{form}{GUEST_MARK}{suffix}"


def guest_name(username: str) -> str | None:
    """Return what a guest calls themselves, of the name under which others see them; None for an account's name."""
    form, mark, _suffix = username.partition(GUEST_MARK)
    return form if mark else None


def username_fault(form: str, most: int = MAX_USERNAME_CHARACTERS) -> UsernameFault | None:
    """Tell what is wrong with the form of a new name of at most so many characters, or None if nothing is."""
    if len(form) < MIN_USERNAME_CHARACTERS:
        return UsernameFault.TOO_SHORT
    if max(len(form), len(username_key(form))) > most:
        return UsernameFault.TOO_LONG
    if not ACCOUNT_USERNAME.admits(form):
        return UsernameFault.CHARACTER
    return None if form.isascii() else next((fault for rule, fault in _RULES if not rule(form)), None)


def isolated(username: str) -> str:
    """Return a name so that its direction moves nothing of the sentence around it (UAX 9 §2.4)."""
    if not any(bidirectional(character) in _RIGHT_TO_LEFT for character in username):
        return username
    return f"{_FIRST_STRONG_ISOLATE}{username}{_POP_DIRECTIONAL_ISOLATE}"


def _in_ordinary_width(character: str) -> str:
    width, *codes = decomposition(character).split() or [""]
    return "".join(chr(int(code, 16)) for code in codes) if width in _WIDTHS else character


def _has_letters_alone(form: str) -> bool:
    return all(map(_is_letter_or_digit, _IN_CONTEXT.sub("", form.lower()))) and _marks_are_in_order(form)


def _is_letter_or_digit(character: str) -> bool:
    if character.isascii() or character in _ALSO_LETTERS or character in _APOSTROPHES:
        return True
    kind = category(character)
    return (
        (kind in _LETTERS or kind in _MARKS or kind == "Nd")
        and normalize("NFKC", character) == character  # RFC 8264 §9.17: no ligatures, no letters of mathematics
        and not _NO_LETTERS.match(character)
        and not _word(character).startswith("MODIFIER")
        and _SMALL_CAPITAL not in name(character, "")
    )


def _marks_are_in_order(form: str) -> bool:
    """Tell whether every mark has its letter, no letter has a heap of them, and each of them is to be seen."""
    marks, base = 0, ""
    for before, character in pairwise(f"-{normalize('NFD', form)}"):
        if category(character) not in _MARKS:
            marks, base = 0, character
            continue
        marks = marks + 1 if category(character) == "Mn" else 0
        if marks > MAX_MARKS or character == before or category(base or "-") not in _LETTERS:
            return False
        if character == _DOT_ABOVE and base in _DOTTED:
            return False
    return True


def _is_of_one_script(form: str) -> bool:
    letters = [character for character in _IN_CONTEXT.sub("", form.lower()) if character not in _APOSTROPHES]
    scripts = {_script(character) for character in letters if not character.isascii() or character.isalpha()} - {""}
    zeros = {ord(character) - decimal(character) for character in letters if category(character) == "Nd"}
    return len(zeros) <= 1 and (len(scripts) <= 1 or any(scripts <= together for together in _WRITTEN_TOGETHER))


def _script(character: str) -> str:
    word = _word(character)
    return _SCRIPT_OF_WORD.get(word, word)


def _word(character: str) -> str:
    return re.split("[ -]", name(character, ""), maxsplit=1)[0]


def _is_in_order(form: str) -> bool:
    """Tell whether the Bidi Rule holds, where there is a character that it is about (RFC 8265 §3.3.2)."""
    kinds = [bidirectional(character) for character in form]
    if _RIGHT_TO_LEFT.isdisjoint(kinds):
        return True
    last = next((kind for kind in reversed(kinds) if kind != "NSM"), "")
    # With letters of one script and digits of one kind, what the rule asks of those in between is so.
    return kinds[0] in {"R", "AL"} and last in {"R", "AL", "EN", "AN"}


_RULES: tuple[tuple[Callable[[str], bool], UsernameFault], ...] = (
    (_has_letters_alone, UsernameFault.CHARACTER),
    (_is_of_one_script, UsernameFault.MIXED),
    (_is_in_order, UsernameFault.DIRECTION),
)
