from __future__ import annotations

import pytest

from client_py.core.server.access_faults import (
    AccessFault,
    LoginFault,
    PageOriginRefused,
    ServerRefused,
    SignedInElsewhere,
    SomeoneElseSignedIn,
)
from client_py.words.phrases import Words
from client_py.words.sign_in import access_fault, password_rule, username_rule
from protocol.codes import ErrorCode
from protocol.passwords import PasswordFault
from protocol.usernames import UsernameFault


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (LoginFault.EXPIRED, "sign in again"),
        (LoginFault.LOGGED_OUT_ELSEWHERE, "in another tab"),
        (LoginFault.UNREACHABLE, "check your connection"),
        (LoginFault.UNREADABLE, "could not be read"),
        (PageOriginRefused("https://pages.example"), "https://pages.example"),
        (
            PageOriginRefused("https://chat.example", "app:3000"),
            "from https://chat.example, but its server was asked as app:",
        ),
        (PageOriginRefused("https://chat.example", ""), "without a name"),
        (SignedInElsewhere("ben"), "Reload this page to go on as ben,"),
        (SomeoneElseSignedIn("ben", "ada"), "Sign in as ada again, or open a new tab to go on as ben."),
        (ServerRefused(ErrorCode.ACCOUNT_EXISTS), "taken"),
        (ServerRefused(ErrorCode.INVALID_CREDENTIALS), "wrong"),
        (ServerRefused(ErrorCode.INVALID_USERNAME), "2 to 32 characters"),
        (ServerRefused(ErrorCode.RESERVED_USERNAME), "is reserved"),
        (ServerRefused(ErrorCode.SIMILAR_ACCOUNT_EXISTS), "looks like this one"),
        (ServerRefused(ErrorCode.INVALID_PASSWORD), "choose another"),
        (ServerRefused(ErrorCode.DATABASE_UNAVAILABLE, 5), "in a few seconds"),
        (ServerRefused(ErrorCode.INTERNAL), "failed"),
        (ServerRefused(ErrorCode.INTERNAL, request_id="8a6f"), "this number: 8a6f"),
        (ServerRefused(ErrorCode.RATE_LIMITED), "wait a while"),
        (ServerRefused(ErrorCode.RATE_LIMITED, 1), "in 1 second."),
        (ServerRefused(ErrorCode.RATE_LIMITED, 60), "in 60 seconds."),
        (ServerRefused(ErrorCode.RATE_LIMITED, 61), "in 2 minutes."),
        (ServerRefused("of_a_newer_server"), "(of_a_newer_server)"),
    ],
)
def test_fault_is_told_in_words(fault: AccessFault, words: str) -> None:
    """A person reads why, and what to do."""
    assert words in access_fault(Words(), fault)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (UsernameFault.TOO_SHORT, "2 to 32 characters"),
        (UsernameFault.TOO_LONG, "2 to 32 characters"),
        (UsernameFault.CHARACTER, "letters and digits of one script"),
        (UsernameFault.MIXED, "mixes"),
        (UsernameFault.DIRECTION, "from right to left"),
    ],
)
def test_username_rule_is_told_in_words(fault: UsernameFault, words: str) -> None:
    """What a name may be, or what is wrong with this one."""
    assert words in username_rule(Words(), fault)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (PasswordFault.TOO_SHORT, "at least 8 characters"),
        (PasswordFault.TOO_LONG, "72 bytes"),
        (PasswordFault.UNUSABLE, "character"),
    ],
)
def test_password_rule_is_told_in_words(fault: PasswordFault, words: str) -> None:
    """With its numbers."""
    assert words in password_rule(Words(), fault)
