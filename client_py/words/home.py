"""Words the list of conversations."""

from __future__ import annotations

from client_py.words.phrases import Counted, Phrase

CHATS = Phrase("Chats")
CONVERSATIONS = Phrase("Conversations")
NEW_CONVERSATION = Phrase("New conversation")
UNREAD = Counted("{count} unread message", "{count} unread messages")
# For translators: stands before the beginning of a message that is written and not sent.
DRAFT = Phrase("Draft:")
# For translators: who said something among several people, and what they said.
SAID = Phrase("{username}: {text}")
NOTHING_SAID = Phrase("Nothing said yet")
OTHER_THAN_TEXT = Phrase("A message that this page cannot show here")

TALK = Phrase("Talk with somebody")
TALK_HOW = Phrase("Make a room and send its link. The person who opens it talks with you, browser to browser.")

# For translators: above the list of conversations, when another application has shared a text with this one.
SHARED = Phrase("Choose a conversation for “{text}”")
LEAVE = Phrase("Leave room")
ARCHIVE = Phrase("Archive")
# For translators: with how many there are.
ARCHIVED = Counted("{count} archived conversation", "{count} archived conversations")
LEFT = Phrase("You have left {room}. Its messages stay in this browser.")
PUT_AWAY = Phrase("{room} is archived, and stays connected no longer.")
MUTE = Phrase("Mute")
UNMUTE = Phrase("Unmute")
# For translators: said of a conversation that makes no sound and shows no notifications.
IS_MUTED = Phrase("Muted")
MUTED = Phrase("{room} is muted: no sound, no notifications, and not counted in the title.")
FORGET = Phrase("Forget room…")
FORGET_QUESTION = Phrase(
    "Leave this room, and delete all of it from this browser? Messages that have not been delivered yet are lost. "
    "Others keep what they have."
)
FORGET_NOW = Phrase("Forget")
FORGOTTEN = Phrase("You have left {room}. Its messages are being deleted from this browser.")
UNDO = Phrase("Undo")
