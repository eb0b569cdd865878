"""Words where a room is chosen."""

from __future__ import annotations

from client_py.words.phrases import Phrase

HELLO = Phrase("Hello, {username}")
LOG_OUT = Phrase("Log out")
NAME_OF_ROOM = Phrase("Name of the room")
ROOM_NAME_RULE = Phrase("The name of a room has 1 to 64 characters: letters, digits, “_” and “-”.")
OTHER_SERVER = Phrase("That is an address of another server ({host}). Open it in the browser’s address bar.")
LINK_BROKEN = Phrase("This link is not complete. Please copy it again, or ask for it again where you got it.")
JOIN = Phrase("Join room")
# For translators: a button; makes up a name for a room.
MAKE_UP = Phrase("Make one up")
ANYONE_CAN_JOIN = Phrase("Anyone with this name can join.")
RECENT_ROOMS = Phrase("Recent rooms")
FORGET_ROOM = Phrase("Remove {room} from this list")

NO_SUCH_ROOM = Phrase("There is no such room")
NO_SUCH_PAGE = Phrase("There is nothing here")
CHECK_ADDRESS = Phrase("This address leads nowhere. Go to a room by its name.")
CHOOSE_ROOM = Phrase("Choose a room")
