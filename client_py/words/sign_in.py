"""Words what can go wrong where someone signs in."""

from __future__ import annotations

from typing import assert_never

from client_py.core.server.access_faults import (
    AccessFault,
    InvitedTo,
    LoginFault,
    PageOriginRefused,
    ServerRefused,
    SignedInElsewhere,
    SomeoneElseSignedIn,
)
from client_py.words.phrases import Counted, Phrase, Words
from client_py.words.status import origin_refusal
from protocol.codes import ErrorCode
from protocol.passwords import MAX_PASSWORD_BYTES, MIN_PASSWORD_CHARACTERS, PasswordFault
from protocol.usernames import MAX_USERNAME_CHARACTERS, MIN_USERNAME_CHARACTERS, UsernameFault

LOG_IN = Phrase("Log in")
USERNAME = Phrase("Username")
PASSWORD = Phrase("Password")
LOGIN_EXPIRED_HERE = Phrase(
    "Your login has expired. Enter {username}’s password to stay reachable; what you are saying goes on meanwhile."
)
USERNAME_MISSING = Phrase("Please enter your username.")
PASSWORD_MISSING = Phrase("Please enter your password.")
USERNAME_RULE = Phrase(
    "A username has {least} to {most} characters: letters and digits of one script, “_”, “-” and “.”."
)

USERNAME_FAULTS = {
    UsernameFault.TOO_SHORT: USERNAME_RULE,
    UsernameFault.TOO_LONG: USERNAME_RULE,
    UsernameFault.CHARACTER: USERNAME_RULE,
    UsernameFault.MIXED: Phrase(
        "This username mixes letters or digits of several scripts, which may look alike. Please use those of one."
    ),
    UsernameFault.DIRECTION: Phrase(
        "A username that is written from right to left has to begin with a letter, and to end with a letter or a digit."
    ),
}

PASSWORD_FAULTS = {
    PasswordFault.TOO_SHORT: Phrase("The password needs at least {least} characters."),
    PasswordFault.TOO_LONG: Phrase("The password is too long: it may have at most {most} bytes."),
    PasswordFault.UNUSABLE: Phrase("The password has a character in it that no password can have."),
}

LOGIN_FAULTS = {
    LoginFault.EXPIRED: Phrase("Your login has expired. Please sign in again."),
    LoginFault.LOGGED_OUT_ELSEWHERE: Phrase("You have logged out in another tab."),
    LoginFault.GUEST_ENDED: Phrase(
        "Your visit as a guest has ended. Log in if you have an account by now, or ask for a new link."
    ),
    LoginFault.LINK_BROKEN: Phrase(
        "The link that you opened is not complete. Please ask for it again where you got it, or log in."
    ),
    LoginFault.UNREACHABLE: Phrase("The server cannot be reached. Please check your connection and try again."),
    LoginFault.UNREADABLE: Phrase("The server’s answer could not be read. Please try again, or reload the page."),
}

INVITED_TO = Phrase("You are invited to {room}. Log in or create an account to join.")
SIGNED_IN_ELSEWHERE = Phrase(
    "{username} has signed in in another tab. Reload this page to go on as {username}, or sign in here."
)
SOMEONE_ELSE = Phrase(
    "{username} has signed in in this browser. Sign in as {person} again, or open a new tab to go on as {username}."
)

REFUSALS: dict[str, Phrase] = {
    ErrorCode.ACCOUNT_EXISTS: Phrase("This username is taken. Choose another, or log in."),
    ErrorCode.DATABASE_UNAVAILABLE: Phrase(
        "The server’s accounts are unavailable at the moment. Please try again in a few seconds."
    ),
    ErrorCode.FORBIDDEN_HOST: Phrase(
        "The server does not answer under the name in this page’s address. Please tell the people who run it."
    ),
    ErrorCode.INTERNAL: Phrase("The server failed. Please try again later, or tell the people who run it."),
    ErrorCode.INVALID_CREDENTIALS: Phrase("The username or the password is wrong."),
    ErrorCode.INVALID_PASSWORD: Phrase("The server takes no password like this. Please choose another."),
    ErrorCode.INVALID_USERNAME: USERNAME_RULE,
    ErrorCode.RATE_LIMITED: Phrase("Too many attempts. Please wait a while, and try again."),
    ErrorCode.RESERVED_USERNAME: Phrase("This username is reserved. Please choose another."),
    ErrorCode.SIMILAR_ACCOUNT_EXISTS: Phrase(
        "Someone has a username that looks like this one. Please choose one that cannot be mistaken for it."
    ),
}
SERVER_FAILED = Phrase(
    "The server failed. Please try again later, or tell the people who run it this number: {request_id}"
)
OTHER_REFUSAL = Phrase("The server refuses this ({code}). Please reload the page and try again.")
WAIT_SECONDS = Counted(
    "Too many attempts. Please try again in {count} second.", "Too many attempts. Please try again in {count} seconds."
)
WAIT_MINUTES = Counted(
    "Too many attempts. Please try again in {count} minute.", "Too many attempts. Please try again in {count} minutes."
)
MINUTE = 60


def access_fault(words: Words, fault: AccessFault) -> str:
    """Say why nobody is signed in, and what to do."""
    match fault:
        case LoginFault():
            return words.say(LOGIN_FAULTS[fault])
        case PageOriginRefused():
            return origin_refusal(words, fault)
        case InvitedTo(room):
            return words.say(INVITED_TO, room=room)
        case SignedInElsewhere(username):
            return words.say(SIGNED_IN_ELSEWHERE, username=username)
        case SomeoneElseSignedIn(username, person):
            return words.say(SOMEONE_ELSE, username=username, person=person)
        case ServerRefused(ErrorCode.RATE_LIMITED, retry_after) if retry_after is not None:
            return _wait(words, retry_after)
        case ServerRefused(ErrorCode.INTERNAL, request_id=request_id) if request_id:
            return words.say(SERVER_FAILED, request_id=request_id)
        case ServerRefused(code):
            bounds = {"least": MIN_USERNAME_CHARACTERS, "most": MAX_USERNAME_CHARACTERS}
            return words.say(REFUSALS.get(code, OTHER_REFUSAL), code=code, **bounds)
        case _:
            assert_never(fault)


def _wait(words: Words, seconds: int) -> str:
    if seconds <= MINUTE:
        return words.count(WAIT_SECONDS, seconds)
    return words.count(WAIT_MINUTES, -(-seconds // MINUTE))


def username_rule(words: Words, fault: UsernameFault) -> str:
    """Say which rule a new username breaks."""
    return words.say(USERNAME_FAULTS[fault], least=MIN_USERNAME_CHARACTERS, most=MAX_USERNAME_CHARACTERS)


def password_rule(words: Words, fault: PasswordFault) -> str:
    """Say which rule a new password breaks."""
    return words.say(PASSWORD_FAULTS[fault], least=MIN_PASSWORD_CHARACTERS, most=MAX_PASSWORD_BYTES)
