"""Words how to bring someone else in."""

from __future__ import annotations

from client_py.core.room_links import GuestAccess
from client_py.words.phrases import Counted, Phrase

INVITE = Phrase("Invite")
INVITE_SOMEONE = Phrase("Invite someone")
SEND_LINK = Phrase("Send this link, or let a phone read the code.")
CODE = Phrase("QR code of the room’s link")
COPY = Phrase("Copy link")
COPIED = Phrase("Copied")
NOT_COPIED = Phrase("Select the link to copy it")
MAKING = Phrase("Making the link…")
SHARE = Phrase("Share…")
# For translators: what the system’s dialog for sharing a link is told that it is.
SHARED_TITLE = Phrase("Talk with me in {room}")
RENEW = Phrase("Make a new link")
RENEW_NOTE = Phrase("The old one stops working.")
# For translators: stands before a day.
GOOD_UNTIL = Phrase("Good until:")
# For translators: how many guests have come by a link, of so many who may.
COME = Counted("{count} of {places} guests has come.", "{count} of {places} guests have come.")
LOOPBACK = Phrase(
    "Only this computer can open this link, since it names {host}. For a phone, open this page by the computer’s name "
    "or address in your network, and invite from there."
)

ACCESS = {
    GuestAccess.UNASKED: SEND_LINK,
    GuestAccess.ASKING: SEND_LINK,
    GuestAccess.READY: Phrase("Whoever opens this link can join after typing a name."),
    GuestAccess.OFF: Phrase("This server takes no guests: whoever opens this link needs an account on it."),
    GuestAccess.FOR_ACCOUNTS: Phrase(
        "You are a guest yourself, and cannot bring others: whoever opens this link needs an account on this server."
    ),
    GuestAccess.LIMITED: Phrase(
        "You have made many links: until some have ended, whoever opens this one needs an account on this server."
    ),
    GuestAccess.FAILED: Phrase(
        "The server could not be asked to let guests in. Until it can, whoever opens this link needs an account on it."
    ),
}
"""Who can come by a link."""
