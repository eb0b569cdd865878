import pytest

from protocol.fields import ACCOUNT_USERNAME, GUEST_SUFFIX_CHARACTERS, USERNAME, Items, Range, Text


def test_text_counts_bytes() -> None:
    """The length of a string is that of its UTF-8."""
    assert Text(4).admits("éé")
    assert not Text(3).admits("éé")


def test_text_matches_from_end_to_end() -> None:
    """A pattern has to fit the whole string, a final line break included."""
    assert Text(9, "[a-z]+").admits("abc")
    assert not Text(9, "[a-z]+").admits("abc1")
    assert not Text(9, "[a-z]+").admits("abc\n")


def test_text_refuses_lone_surrogate() -> None:
    """What has no UTF-8 is in no string that keeps a bound."""
    assert not Text(9).admits("\ud800")


def test_range_includes_both_ends() -> None:
    """Both bounds belong to a range."""
    assert [number for number in (0, 1, 2, 3, 4) if Range(1, 3).admits(number)] == [1, 2, 3]


@pytest.mark.parametrize("number", [float("nan"), float("inf"), float("-inf")])
def test_range_refuses_what_is_no_number(number: float) -> None:
    """NaN and the infinities are in no range."""
    assert not Range(-1e300, 1e300).admits(number)


def test_bounds_describe_themselves() -> None:
    """A bound reads as the end of a sentence."""
    assert str(Text(4)) == "at most 4 bytes"
    assert str(Text(4, "a*")) == "at most 4 bytes, matching `a*`"
    assert str(Range(0, 65_535)) == "0 to 65535"


@pytest.mark.parametrize("username", ["abc", "A.b-c_9", "x" * 32, "änn", "李明", "محمد", "\U00020bb7" * 32])
def test_username_is_accepted(username: str) -> None:
    """Characters of any script and three signs of ASCII make a username, 2 to 32 of them."""
    assert USERNAME.admits(username)


@pytest.mark.parametrize("username", ["a", "x" * 33, "a b", "abc\n", "", "a/b", "a:b", "a\x85b", "\ud800ab"])
def test_username_is_refused(username: str) -> None:
    """A username that is too short, too long or of other characters is refused."""
    assert not USERNAME.admits(username)
    assert not ACCOUNT_USERNAME.admits(username)


@pytest.mark.parametrize("username", ["Ada~k3fq7x", "李明~222222", "\U00020bb7" * 25 + "~zzzzzz"])
def test_guest_has_a_name_that_no_account_has(username: str) -> None:
    """A guest is told by the suffix, which is in no account's name."""
    assert USERNAME.admits(username)
    assert not ACCOUNT_USERNAME.admits(username)


@pytest.mark.parametrize("username", ["Ada~", "~k3fq7x", "Ada~k3fq7", "Ada~k3fq7x9", "Ada~K3FQ7X", "Ada~k3f17x"])
def test_suffix_of_a_guest_has_one_form(username: str) -> None:
    """A mark without a suffix as we make it makes no guest."""
    assert not USERNAME.admits(username)


def test_suffix_is_of_the_characters_that_it_is_made_of() -> None:
    """What the pattern admits is what suffixes are drawn from."""
    admitted = {character for character in map(chr, range(128)) if USERNAME.admits(f"Ada~{character * 6}")}
    assert admitted == set(GUEST_SUFFIX_CHARACTERS)


@pytest.mark.parametrize("control", "\u061c\u200b\u200e\u202a\u202e\u2066\u2069")
def test_username_leaves_direction_alone(control: str) -> None:
    """What changes the direction of text, or is not to be seen, is in no username."""
    assert not USERNAME.admits(f"a{control}b")


def test_items_count_both_ends() -> None:
    """A list has as many items as its bound says, both ends included."""
    assert [count for count in range(5) if Items(1, 3).admits(("x",) * count)] == [1, 2, 3]
    assert str(Items(1, 3)) == "a list of 1 to 3"
