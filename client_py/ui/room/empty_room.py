"""Shows what stands in a room while nobody has written: how to bring someone in, or whom to greet."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from client_py.core.status_line import Status
from client_py.ui.room.invite import InviteCard
from client_py.words.room import ALONE, SHARE_LINK, SHOW_CODE, greeting

if TYPE_CHECKING:
    from collections.abc import Sequence

    from client_py.core.notices import Member
    from client_py.ui.view_context import ViewContext


class Placeholder:
    """An invitation while the person is alone, a greeting once somebody is connected, and nothing otherwise.

    The transcript, whose place it takes, hides it when there are messages.
    """

    def __init__(self, context: ViewContext, link: str, own_name: str) -> None:
        create, self._words = context.document.create, context.words
        say = self._words.say
        self._own_name = own_name
        self._status = Status.CONNECTING
        self._usernames: tuple[str, ...] = ()
        self._card = InviteCard(context, link)
        self._show_code = create("button", {"type": "button", "class": "quiet"}, say(SHOW_CODE))
        self._alone = create(
            "div",
            {"class": "alone"},
            create("p", {"class": "alone-title"}, say(ALONE)),
            create("p", {}, say(SHARE_LINK)),
            self._card.element,
            self._show_code,
        )
        self._greeting = create("p", {"class": "greeting"})
        self.element = create("div", {"class": "placeholder"}, self._alone, self._greeting)
        self._listeners = ExitStack()
        self._listeners.callback(self._card.dispose)
        self._listeners.callback(self._show_code.on("click", lambda _event: self._open_code()))
        self._settle()

    def show_status(self, status: Status) -> None:
        """Follow the connection."""
        self._status = status
        self._settle()

    def show_members(self, members: Sequence[Member]) -> None:
        """Follow who is here; one's own other devices are nobody to greet."""
        names = dict.fromkeys(member.username for member in members)
        self._usernames = tuple(name for name in names if name != self._own_name)
        self._settle()

    def dispose(self) -> None:
        """Stop listening."""
        self._listeners.close()

    def _settle(self) -> None:
        greets = self._status is Status.CONNECTED and bool(self._usernames)
        self._greeting.text = greeting(self._words, self._usernames) if greets else ""
        self._greeting.hidden = not greets
        # Connected with nobody to greet means connected to one's own other device.
        self._alone.hidden = greets or self._status not in (Status.WAITING, Status.CONNECTED)

    def _open_code(self) -> None:
        self._card.show_code()
        self._show_code.hidden = True
