import pytest

from protocol.passwords import MAX_PASSWORD_BYTES, PasswordFault, opaque_string, password_fault


@pytest.mark.parametrize(
    ("typed", "form"),
    [
        ("cafe\u0301", "café"),
        ("café", "café"),
        ("a\u00a0b\u2003c\u3000d", "a b c d"),
        ("ﬁｘ", "ﬁｘ"),
        ("Großes É", "Großes É"),
        ("\u1112\u1161\u11ab", "\ud55c"),
        ("👩\u200d👩\u200d👧", "👩\u200d👩\u200d👧"),
        ("\ud800\u00a0", "\ud800 "),
        ("tab\t", "tab\t"),
        ("", ""),
    ],
)
def test_password_has_one_form(typed: str, form: str) -> None:
    """Letters are composed and spaces are one; width, case and what cannot be seen stay."""
    assert opaque_string(typed) == form
    assert opaque_string(form) == form


@pytest.mark.parametrize(
    "password",
    ["x" * 8, "x" * MAX_PASSWORD_BYTES, "pässwörd", "🔑" * 18, "e\u0301" * 36, "\u2003" * MAX_PASSWORD_BYTES],
)
def test_password_is_accepted(password: str) -> None:
    """Eight characters are enough for a password, and 72 bytes not too much."""
    assert password_fault(password) is None


@pytest.mark.parametrize(
    ("password", "fault"),
    [
        ("e\u0301" * 7, PasswordFault.TOO_SHORT),
        ("\u0958" * 13, PasswordFault.TOO_LONG),
        ("x" * 7, PasswordFault.TOO_SHORT),
        ("x" * 73, PasswordFault.TOO_LONG),
        ("🔑" * 19, PasswordFault.TOO_LONG),
        ("x" * 513 + "\0", PasswordFault.TOO_LONG),
        ("12345678\0", PasswordFault.UNUSABLE),
        ("12345678\ud800", PasswordFault.UNUSABLE),
    ],
)
def test_password_is_refused(password: str, fault: PasswordFault) -> None:
    """A password that is too short, that bcrypt would cut, or that it cannot take, is refused."""
    assert password_fault(password) is fault
