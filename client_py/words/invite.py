"""Words how to bring someone else in."""

from __future__ import annotations

from client_py.words.phrases import Phrase

INVITE = Phrase("Invite")
INVITE_SOMEONE = Phrase("Invite someone")
SEND_LINK = Phrase("Send this link, or let a phone read the code.")
CODE = Phrase("QR code of the room’s link")
COPY = Phrase("Copy link")
COPIED = Phrase("Copied")
NOT_COPIED = Phrase("Select the link to copy it")
