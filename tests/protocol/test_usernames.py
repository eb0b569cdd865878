"""The rule for usernames, held to another implementation of RFC 8265 beside examples."""

from __future__ import annotations

from unicodedata import category, normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st
from precis_i18n import get_profile

from protocol.fields import USERNAME
from protocol.usernames import (
    MAX_GUEST_NAME_CHARACTERS,
    MAX_USERNAME_CHARACTERS,
    UsernameFault,
    guest_name,
    guest_username,
    isolated,
    username_fault,
    username_form,
    username_key,
)

PROFILE = get_profile("UsernameCaseMapped")
SCRIPTS = (
    "AZaz09_-.",
    "ÀÿĀſḀỿ",
    "ΑωἈῼ",
    "АяЁӿ",
    "א״٠۹آۓ",
    "अॿ०९ཀྵ་",
    "ぁヿ・ー一龥",
    "가힣ᄀᇿ",
    "ａｚＡＺｱﾝﾞ",
    "\u0300\u0307ıİßςΣ·l",
)
"""Where characters are taken from that names are made of: those between two that stand side by side, and these."""
CHARACTERS = st.one_of(
    *(st.sampled_from(script) for script in SCRIPTS),
    *(
        st.characters(min_codepoint=min(ord(pair[0]), ord(pair[1])), max_codepoint=max(ord(pair[0]), ord(pair[1])))
        for script in SCRIPTS
        for pair in zip(script[::2], script[1::2], strict=False)
    ),
    st.characters(),
)
NAMES = st.text(CHARACTERS, max_size=12)
NAMES_OF_A_SCRIPT = st.sampled_from(SCRIPTS).flatmap(
    lambda script: st.text(
        st.characters(
            min_codepoint=min(map(ord, script)), max_codepoint=max(map(ord, script)), exclude_categories=["Cs"]
        ),
        max_size=6,
    )
)


@pytest.mark.parametrize(
    "name",
    [
        "abc",
        "A.b-c_9",
        "..",
        "x" * MAX_USERNAME_CHARACTERS,
        "Zoë",
        "Nguyễn",
        "ʻokina",
        "gal·la",
        "GAL·LA",
        "M\u0300ba",
        "ΟΔΥΣΣΕΥΣ",
        "Иван",
        "Հայկ",
        "გიორგი",
        "עמר",
        "צ׳רלי",
        "צה״ל",
        "שָׁלוֹם",
        "محمد",
        "محمد2",
        "محمد٢",
        "محمد۲",
        "محمدٌ",
        "नरेन्द्र",
        "நடராஜன்",
        "สมชาย",
        "བསོད་ནམས",
        "ကြွှေံ့",
        "李明",
        "王〇",
        "李ㄅㄆ",
        "김민수",
        "김金",
        "らーめん",
        "𛀂の",
        "ジョン・スミス",
        "Tanaka田中",
        "𠮷野",
    ],
)
def test_name_of_any_script_is_accepted(name: str) -> None:
    """Names as people have them are usernames, and stay as they were typed."""
    assert username_form(name) == name
    assert username_fault(name) is None


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("", UsernameFault.TOO_SHORT),
        ("李", UsernameFault.TOO_SHORT),
        ("x" * 33, UsernameFault.TOO_LONG),
        ("İ" * 17, UsernameFault.TOO_LONG),  # in small letters, each is two characters
        ("a b", UsernameFault.CHARACTER),
        ("a:b", UsernameFault.CHARACTER),
        ("👍👍", UsernameFault.CHARACTER),
        ("ﬁn", UsernameFault.CHARACTER),
        ("Ⅷth", UsernameFault.CHARACTER),
        ("𝒶𝒹𝒶", UsernameFault.CHARACTER),
        ("ad\u200ba", UsernameFault.CHARACTER),
        ("ad\u202ea", UsernameFault.CHARACTER),
        ("ad\u034fa", UsernameFault.CHARACTER),
        ("مـحمد", UsernameFault.CHARACTER),
        ("a·b", UsernameFault.CHARACTER),
        ("a׳", UsernameFault.CHARACTER),
        ("ˈada", UsernameFault.CHARACTER),
        ("ᴀᴅᴀ", UsernameFault.CHARACTER),
        ("ʙᴏʙ", UsernameFault.CHARACTER),
        ("ɴɪɴ", UsernameFault.CHARACTER),
        ("ꬲva", UsernameFault.CHARACTER),
        ("\u0301da", UsernameFault.CHARACTER),
        ("9\u0301a", UsernameFault.CHARACTER),
        ("q\u0301\u0301", UsernameFault.CHARACTER),
        ("q\u0301\u0302\u0303\u0304\u0306", UsernameFault.CHARACTER),
        ("i\u0307da", UsernameFault.CHARACTER),
        ("i\u0323\u0307da", UsernameFault.CHARACTER),
        ("l\u0307a", UsernameFault.CHARACTER),
        ("\u0131\u0307a", UsernameFault.CHARACTER),
        ("\u0237\u0307a", UsernameFault.CHARACTER),
        ("\u0378\u0378", UsernameFault.CHARACTER),
        ("Ivаn", UsernameFault.MIXED),
        ("αdam", UsernameFault.MIXED),
        ("ИванΩ", UsernameFault.MIXED),
        ("عمرעמר", UsernameFault.MIXED),
        ("김ひら", UsernameFault.MIXED),
        ("a1٢", UsernameFault.MIXED),
        ("علي1٢", UsernameFault.MIXED),
        ("李\u2e2f", UsernameFault.MIXED),
        ("עמר_", UsernameFault.DIRECTION),
        ("1עמר", UsernameFault.DIRECTION),
        ("٢٢", UsernameFault.DIRECTION),
    ],
)
def test_name_is_refused_for_what_is_wrong(name: str, fault: UsernameFault) -> None:
    """What could not be read out, told from others, or shown in its order is no username."""
    assert username_fault(username_form(name)) is fault


@pytest.mark.parametrize(
    ("typed", "form", "key"),
    [
        ("Ann", "Ann", "ann"),
        ("Zoe\u0308", "Zoë", "zoë"),
        ("ＡＤＡ", "ADA", "ada"),
        ("ｼﾞﾛｳ", "ジロウ", "ジロウ"),
        ("ΟΔΥΣΣΕΥΣ", "ΟΔΥΣΣΕΥΣ", "οδυσσευς"),
        ("Straße", "Straße", "straße"),
        ("İzmir", "İzmir", "i̇zmir"),
        ("\u212bsa", "Åsa", "åsa"),
        ("J\u030cim", "J\u030cim", "\u01f0im"),
        ("ﬁn", "ﬁn", "ﬁn"),
        ("\ud800", "\ud800", "\ud800"),
        (513 * "Ａ", 513 * "Ａ", 513 * "ａ"),
    ],
)
def test_name_has_a_form_and_a_key(typed: str, form: str, key: str) -> None:
    """Width and composition are no part of a name, and case is one of its form; no ligature is taken apart."""
    assert (username_form(typed), username_key(typed)) == (form, key)


@given(st.text(max_size=12) | NAMES)
def test_form_and_key_are_settled_at_once(typed: str) -> None:
    """What has its form keeps it, and so does a key, whatever it was made of."""
    form, key = username_form(typed), username_key(typed)
    assert username_form(form) == form
    assert username_key(key) == key == username_key(form)


@given(NAMES | NAMES_OF_A_SCRIPT)
def test_what_is_accepted_is_a_username_by_the_profile(typed: str) -> None:
    """A name that is given out is one of UsernameCaseMapped, and its key is what the profile makes of it."""
    form = username_form(typed)
    if username_fault(form) is None:
        assert PROFILE.enforce(form) == username_key(form)


@given(NAMES | NAMES_OF_A_SCRIPT)
def test_what_is_accepted_fits(typed: str) -> None:
    """A name that is given out keeps the bound of every message, fits the database, and is found in any case."""
    form = username_form(typed)
    if username_fault(form) is None:
        assert USERNAME.admits(form)
        assert max(len(form), len(username_key(form))) <= MAX_USERNAME_CHARACTERS
        assert form == normalize("NFC", form)
        assert not {category(character) for character in form} & {"Cc", "Cf", "Cn", "Co", "Cs", "Zs", "Zl", "Zp"}


@given(NAMES)
def test_name_of_a_guest_is_no_accounts(typed: str) -> None:
    """With its suffix, a guest's name fits where an account's does, is found in any case, and cannot be registered."""
    form = username_form(typed)
    if username_fault(form, MAX_GUEST_NAME_CHARACTERS) is None:
        guest = guest_username(form, "k3fq7x")
        assert USERNAME.admits(guest)
        assert max(len(guest), len(username_key(guest))) <= MAX_USERNAME_CHARACTERS
        assert username_form(guest) == guest
        assert (guest_name(guest), guest_name(form)) == (form, None)
        assert username_fault(guest) in {UsernameFault.CHARACTER, UsernameFault.TOO_LONG}


@pytest.mark.parametrize("typed", ["Ada~k3fq7x", "Ada\uff5ek3fq7x", "Ada\u02dck3fq7x", "Ada\u223ck3fq7x", "~~"])
def test_account_cannot_look_like_a_guest(typed: str) -> None:
    """The mark of guests, and what looks like it, is in no name that is given out."""
    assert username_fault(username_form(typed)) is UsernameFault.CHARACTER


def test_guest_names_are_shorter() -> None:
    """There has to be room for the suffix."""
    assert username_fault("x" * 25, MAX_GUEST_NAME_CHARACTERS) is None
    assert username_fault("x" * 26, MAX_GUEST_NAME_CHARACTERS) is UsernameFault.TOO_LONG


def test_every_name_of_the_releases_before_is_one() -> None:
    """What was registered by the old rule is accepted, in the same form and with the same key."""
    name = "AZaz09_.-"
    assert username_fault(name) is None
    assert (username_form(name), username_key(name)) == (name, name.lower())


@pytest.mark.parametrize("name", ["ada", "Zoë", "Иван", "李明"])
def test_name_from_left_to_right_needs_no_isolation(name: str) -> None:
    """A name that changes no direction is left as it is."""
    assert isolated(name) == name


@pytest.mark.parametrize("name", ["עמר", "محمد2"])
def test_name_from_right_to_left_is_isolated(name: str) -> None:
    """A name from right to left is set apart from the text around it."""
    assert isolated(name) == f"\u2068{name}\u2069"
