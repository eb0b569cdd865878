"""Words a room: its header, what stands in it while nobody has written, and the composer."""

from __future__ import annotations

from typing import TYPE_CHECKING

from client_py.core.conversation.faults import ItemFault
from client_py.core.frames import MAX_ITEM_BYTES
from client_py.words.phrases import Counted, Phrase, Words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from client_py.core.shown_names import ShownName

ROOM = Phrase("Room {room}")
ROOMS = Phrase("Rooms")
ROOM_MENU = Phrase("More about this room")
ROOM_SETTINGS = Phrase("This room")
OTHERS = Phrase("Also in this room")
# For translators: follows one’s own name, where one is in the room twice.
ALSO_YOU = Phrase("(also you)")

ALONE = Phrase("You are the first one here")
SHARE_LINK = Phrase("Send somebody this link. What you write until then is delivered when they come.")
SHOW_CODE = Phrase("Show a QR code")
OTHER_ROOMS = Phrase("Other rooms")
GREETING = Phrase("Say hello to {usernames}.")

# For translators: a list of people, one more in its middle.
NAMES = Phrase("{usernames}, {username}")
# For translators: a list of people, its last one.
LAST_NAMES = Phrase("{usernames} and {username}")
TYPING = Counted("{usernames} is typing…", "{usernames} are typing…")

# For translators: what the box to write in is called.
MESSAGE = Phrase("Message")
WRITE = Phrase("Write a message")
SEND = Phrase("Send")
ITEM_FAULTS = {
    ItemFault.TOO_LONG: Phrase("This message is longer than {most} KiB. Please send it in several parts."),
    ItemFault.TOO_MANY_WAITING: Phrase(
        "Too many messages are waiting to be delivered. Please wait until some have arrived."
    ),
}
# For translators: a text is too much for the box to write in.
TOO_MANY_LINES = Phrase("This text has more than {most} lines. Please send it in several parts.")


# For translators: what somebody calls themselves, and the name of their account, where the first alone could mislead.
NAME_AND_ACCOUNT = Phrase("{name} ({username})")


def name_of(words: Words, shown: ShownName) -> str:
    """Name somebody."""
    return (
        words.say(NAME_AND_ACCOUNT, name=shown.name, username=shown.account)
        if shown.account
        else words.person(shown.name)
    )


def list_of(words: Words, usernames: Sequence[str]) -> str:
    """Name one or more people: "Ada, Ben and Cleo"."""
    *others, last = usernames
    if not others:
        return last
    listed, *more = others
    for username in more:
        listed = words.say(NAMES, usernames=listed, username=username)
    return words.say(LAST_NAMES, usernames=listed, username=last)


def greeting(words: Words, usernames: Sequence[str]) -> str:
    """Say whom to greet."""
    return words.say(GREETING, usernames=list_of(words, usernames))


def typing(words: Words, usernames: Sequence[str]) -> str:
    """Say who is writing; nothing if nobody is."""
    return words.count(TYPING, len(usernames), usernames=list_of(words, usernames)) if usernames else ""


def item_fault(words: Words, fault: ItemFault) -> str:
    """Say why a message could not be taken, and what to do."""
    return words.say(ITEM_FAULTS[fault], most=MAX_ITEM_BYTES // 1024)
