from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from protocol.http import DEVICE_MARK, MAX_BODY_BYTES, MAX_DEVICE_MARKS
from signaling.accounts.device_marks import DAY_SECONDS, LIFE_DAYS, DeviceMark, DeviceMarks

SECRET = b"a secret of the tests, 32 bytes or more"
MARKS = DeviceMarks(SECRET)
ID, HASH = "0123456789abcdef0123456789abcdef", "$2b$12$hash"
NOW = 20_000.25 * DAY_SECONDS
DEVICE = "00112233445566ff"
MARK = MARKS.issue("ann", ID, HASH, DEVICE, NOW)


def read(text: str, now: float = NOW) -> DeviceMark | None:
    """Read a mark as one of Ann's."""
    return DeviceMarks(SECRET).read(text, "ann", now)


def test_mark_says_which_device() -> None:
    """A mark is recognised by another server with the same secret, and by the account that it was made for."""
    mark = read(MARK)
    assert mark is not None
    assert (mark.device_id, mark.issued_on) == (DEVICE, 20_000)
    assert MARKS.is_for(mark, ID, HASH)


def test_mark_ends_with_password_and_account() -> None:
    """A new password, and a new account of the same name, put an end to every mark there was."""
    mark = read(MARK)
    assert mark is not None
    assert not MARKS.is_for(mark, ID, "$2b$12$another")
    assert not MARKS.is_for(mark, "f" * 32, HASH)


def test_mark_is_of_one_name() -> None:
    """A mark of one's own account is none for another."""
    assert MARKS.read(MARK, "ben", NOW) is None
    assert MARKS.read(MARK, "", NOW) is None


def test_mark_of_other_secret_is_none() -> None:
    """A mark that someone else has made says nothing."""
    assert DeviceMarks(SECRET + b"!").read(MARK, "ann", NOW) is None


def test_mark_outlives_change_of_secret() -> None:
    """While the secret is changed, marks of both are taken, and made of the first one."""
    new = b"the secret that comes after the first one"
    both = DeviceMarks(new, SECRET)
    mark = both.read(MARK, "ann", NOW)
    assert mark is not None
    assert both.is_for(mark, ID, HASH)
    assert not both.is_for(mark, ID, "$2b$12$another")
    assert DeviceMarks(new).read(both.issue("ann", ID, HASH, DEVICE, NOW), "ann", NOW) is not None


@pytest.mark.parametrize(("days", "is_good"), [(-2, False), (-1, True), (LIFE_DAYS, True), (LIFE_DAYS + 1, False)])
def test_mark_ends(days: int, is_good: bool) -> None:  # noqa: FBT001 - a case
    """A mark is good for half a year, by a clock that may be a day slower than the one that dated it."""
    assert (read(MARK, NOW + days * DAY_SECONDS) is not None) is is_good


@pytest.mark.parametrize(
    "spelling",
    [
        MARK.upper(),
        MARK + "\n",
        " " + MARK,
        MARK + "=",
        MARK.replace(".20000.", ".020000."),
        MARK.replace(".20000.", ".٢0000."),
        MARK.replace(".20000.", ".20001."),
        MARK.replace(DEVICE, "f" * 16),
        MARK[:-1] + ("0" if MARK[-1] != "0" else "1"),
    ],
)
def test_mark_has_one_spelling(spelling: str) -> None:
    """What differs in anything is not the mark."""
    assert read(spelling) is None


@given(st.text(max_size=200))
@example("\ud800")
@example(".".join(("0" * 16, "9" * 6, "0" * 64, "0" * 64)))
def test_arbitrary_text_is_no_mark(text: str) -> None:
    """Whatever a browser shows that is not ours is as good as nothing, and nothing else happens."""
    assert read(text) is None


def test_mark_tells_no_name() -> None:
    """A computer that others use does not keep who has logged in there."""
    marks = DeviceMarks(SECRET)
    name = "a.name.that.is.32.characters.xyz"
    assert name not in marks.issue(name, ID, HASH, DEVICE, NOW)
    assert ID not in marks.issue(name, ID, HASH, DEVICE, NOW)


def test_mark_fits_into_login() -> None:
    """Pages take our marks, and as many as they keep leave room in a body for the longest name and password."""
    assert DEVICE_MARK.admits(MARK)
    assert MAX_DEVICE_MARKS * (DEVICE_MARK.max_bytes + 4) + 6 * (72 + 32) + 100 < MAX_BODY_BYTES
