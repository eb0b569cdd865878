"""What a person can ask for on the page; the application implements it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from client_py.core.conversation.history_export import ExportFormat, ExportWords
    from client_py.core.invitation_links import Invitation


class PageActions(Protocol):
    """What can be asked for outside a room."""

    def sign_in(self, username: str, password: str) -> None:
        """Sign in with an account that exists."""
        ...

    def register(self, username: str, password: str) -> None:
        """Make a new account, and sign in with it."""
        ...

    def come(self, name: str) -> None:
        """Talk as a guest of this name, by the link that was opened."""
        ...

    def log_in_instead(self) -> None:
        """See the form for logging in, in place of the one for guests."""
        ...

    def keep_name(self, username: str, password: str) -> None:
        """Become an account, as a guest."""
        ...

    def open_link(self, room: str, invitation: Invitation) -> None:
        """Go to a room by a link that carries an invitation."""
        ...

    def ask_link(self, room: str) -> None:
        """See to it that guests can come by a room's link; what comes of it is shown with the link."""
        ...

    def count_link(self, room: str) -> None:
        """Do that, and find out how many have come by it."""
        ...

    def renew_link(self, room: str) -> None:
        """Make another link, in the place of the one of before."""
        ...

    def sign_out(self) -> None:
        """End the login on this browser."""
        ...

    def open_room(self, room: str) -> None:
        """Go to a room, whose name is already checked."""
        ...

    def open_home(self) -> None:
        """Go to the list of conversations; the room stays open."""
        ...

    def open_settings(self) -> None:
        """Go to the settings; the rooms stay open."""
        ...

    def leave_room(self, room: str) -> None:
        """Leave a room, and take it off the list; what was said in it stays in this browser."""
        ...

    def set_archived(self, room: str, archived: bool) -> None:  # noqa: FBT001 - a state, called by name nowhere else
        """Put a conversation away, or take it out again."""
        ...

    def forget_room(self, room: str) -> None:
        """Leave a room, and delete all that this browser has of it, once that cannot be taken back any more."""
        ...

    def set_muted(self, room: str, muted: bool) -> None:  # noqa: FBT001 - a state, called by name nowhere else
        """Have what is said in a room make itself noticed no more, or again."""
        ...

    def turn_on_notifications(self) -> None:
        """Have the browser ask whether this page may show notifications; only within a click."""
        ...

    def drop_shared(self) -> None:
        """Let go of a text that another application has shared."""
        ...

    def reload(self) -> None:
        """Load the page again, which brings the newest version."""
        ...

    def set_relay_only(self, only: bool) -> None:  # noqa: FBT001 - a state, called by name nowhere else
        """Connect through a relay only from now on, or also directly; in every room, and on this device."""
        ...


class RoomActions(Protocol):
    """What can be asked for inside a room."""

    def send(self, text: str) -> None:
        """Write a message, exactly as it was typed."""
        ...

    def typed(self) -> None:
        """Tell that a key was pressed in the composer."""
        ...

    def draft_changed(self, text: str) -> None:
        """Tell what stands in the composer and is not sent."""
        ...

    def reading_changed(self, reading: bool) -> None:  # noqa: FBT001 - a state, called by name nowhere else
        """Tell whether the newest message is before the person's eyes: page visible and transcript at its end."""
        ...

    def load_earlier(self, oldest: str) -> None:
        """Ask for messages from before the one with this id; they come by `HistoryLoaded`."""
        ...

    def load_later(self, newest: str) -> None:
        """Ask for the messages after the one with this id; they come by `LaterLoaded`."""
        ...

    def load_newest(self) -> None:
        """Ask for the end of the conversation; it comes by `NewestLoaded`."""
        ...

    def search(self, query: str) -> None:
        """Look for messages of this room's history; what is found comes by `MessagesFound`."""
        ...

    def end_search(self) -> None:
        """Look no longer for what was asked for last."""
        ...

    def export(self, form: ExportFormat, words: ExportWords) -> None:
        """Save the whole history of this room as a file."""
        ...

    def clear_history(self) -> None:
        """Forget what was said in this room, but for what has yet to be delivered; then comes `HistoryCleared`."""
        ...

    def set_keeping(self, kept: bool) -> None:  # noqa: FBT001 - a state, called by name nowhere else
        """Keep what is said in this browser from now on, or keep nothing and forget all of it, in every room."""
        ...
