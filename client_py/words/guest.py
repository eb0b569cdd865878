"""Words for those who come by a link, and for guests who stay."""

from __future__ import annotations

from client_py.core.server.access_faults import AccessFault, ServerRefused
from client_py.words.phrases import Phrase, Words
from client_py.words.sign_in import USERNAME_FAULTS, access_fault
from protocol.codes import ErrorCode
from protocol.usernames import MAX_GUEST_NAME_CHARACTERS, MIN_USERNAME_CHARACTERS, UsernameFault

INVITES = Phrase("{username} invites you to {room}")
INVITED = Phrase("You are invited to {room}")
STRAIGHT_TO = Phrase("Your messages go straight from your browser to {username}’s. You need no account.")
STRAIGHT = Phrase("Your messages go straight from browser to browser. You need no account.")
YOUR_NAME = Phrase("Your name")
NAME_HINT = Phrase("What others call you")
JOIN = Phrase("Join")
ENCRYPTED = Phrase("Messages are encrypted on their way, and kept in your browsers only.")
HAVE_ACCOUNT = Phrase("Do you have an account?")
LOG_IN_AND_JOIN = Phrase("Log in and join")
NAME_MISSING = Phrase("Please enter a name.")
NAME_RULE = Phrase("A name has {least} to {most} characters: letters and digits of one script, “_”, “-” and “.”.")
RESERVED = Phrase("This name is reserved. Please choose another.")

LINK_ENDED = Phrase("This link has ended")
LINK_ENDED_WHY = Phrase(
    "It was ended, has expired, or has let in as many people as it may. Please ask for a new one where you got it."
)
NO_GUESTS = Phrase("This link needs an account")
NO_GUESTS_WHY = Phrase("This server takes nobody without one. Log in or create an account to join {room}.")
LOG_IN = Phrase("Log in")

KEEP_NAME = Phrase("Keep your name")
KEEP_NAME_HOW = Phrase(
    "With a password, your name is yours: you can come back from any browser, and go to other rooms. What was said "
    "stays with you."
)
PASSWORD_RULE = Phrase("8 characters or more. Nobody can reset it for you.")
LOGGING_OUT = Phrase("Logging out ends your visit. Who comes back by the link is another guest.")
CREATE_ACCOUNT = Phrase("Create account")
GUEST_OF = Phrase("You are a guest in {room}")
GUEST_OF_WHY = Phrase("A guest is in one room. To go to others, create an account there: “Keep your name”.")
GO_THERE = Phrase("Go to {room}")
GUEST_ENDED_HERE = Phrase(
    "Your visit as a guest has ended. Please ask for a new link, or log in if you have an account by now."
)
TO_LOG_IN = Phrase("Go to the login")
LINK_BROKEN_HERE = Phrase(
    "The link that you opened is not complete. If you are not in the right room, ask for it again."
)

ABOUT_NAME = frozenset({ErrorCode.INVALID_USERNAME, ErrorCode.RESERVED_USERNAME})


def guest_name_rule(words: Words, fault: UsernameFault) -> str:
    """Say which rule a guest's name breaks."""
    return words.say(
        NAME_RULE if fault in _PLAIN else USERNAME_FAULTS[fault],
        least=MIN_USERNAME_CHARACTERS,
        most=MAX_GUEST_NAME_CHARACTERS,
    )


_PLAIN = frozenset({UsernameFault.TOO_SHORT, UsernameFault.TOO_LONG, UsernameFault.CHARACTER})


def guest_fault(words: Words, fault: AccessFault) -> str:
    """Say why somebody cannot come as a guest just now, where another name or another try may help."""
    match fault:
        case ServerRefused(ErrorCode.INVALID_USERNAME):
            return guest_name_rule(words, UsernameFault.CHARACTER)
        case ServerRefused(ErrorCode.RESERVED_USERNAME):
            return words.say(RESERVED)
        case _:
            return access_fault(words, fault)
