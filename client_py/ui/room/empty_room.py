"""Shows what stands in a room while nobody has written: how to bring someone in, or whom to greet."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from client_py.core.status_line import Status, StatusLine
from client_py.ui.room.invite import InviteCard
from client_py.ui.widgets.drawings import draw_two_tins
from client_py.ui.widgets.icons import icon
from client_py.words.room import ALONE, OTHER_ROOMS, SHARE_LINK, SHOW_CODE, greeting
from client_py.words.status import status_detail, status_text

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from client_py.core.notices import Member
    from client_py.ui.actions import PageActions
    from client_py.ui.view_context import ViewContext


class Placeholder:
    """An invitation while the person is alone, a greeting once somebody is connected, and the way out of a full room.

    The transcript, whose place it takes, hides it when there are messages.
    """

    def __init__(self, context: ViewContext, room: str, link: str, own_name: str, actions: PageActions) -> None:
        create, self._words = context.document.create, context.words
        say = self._words.say
        self._own_name = own_name
        self._status = Status.CONNECTING
        self._usernames: tuple[str, ...] = ()
        self.card = InviteCard(context, room, link, actions)
        self._show_code = create("button", {"type": "button", "class": "bare"}, say(SHOW_CODE))
        self._alone = create(
            "section",
            {"class": "empty alone"},
            draw_two_tins(context.document),
            create("h2", {}, say(ALONE)),
            create("p", {}, say(SHARE_LINK)),
            self.card.element,
            self._show_code,
        )
        self._greeting = create("h2")
        greets = create("section", {"class": "empty greeting"}, draw_two_tins(context.document), self._greeting)
        self._greets = greets
        self._full_title, self._full_sentence = create("h2"), create("p")
        leave = create("button", {"type": "button", "class": "primary"}, say(OTHER_ROOMS))
        self._full = create(
            "section",
            {"class": "empty full"},
            create("span", {"class": "empty-sign", "aria-hidden": "true"}, icon(context.document, "people")),
            self._full_title,
            self._full_sentence,
            create("div", {"class": "buttons"}, leave),
        )
        self.element = create("div", {"class": "placeholder"}, self._alone, greets, self._full)
        self._listeners = ExitStack()
        self._listeners.callback(self.card.dispose)
        self._listeners.callback(leave.on("click", lambda _event: actions.open_home()))
        self._listeners.callback(self._show_code.on("click", lambda _event: self._open_code()))
        self._settle()

    def show_status(self, line: StatusLine) -> None:
        """Follow the connection."""
        self._status = line.status
        if line.status is Status.FULL:
            self._full_title.text = status_text(self._words, line)
            self._full_sentence.text = status_detail(self._words, line)
        self._settle()

    def show_members(self, members: Sequence[Member], name_of: Callable[[str], str]) -> None:
        """Follow who is here, and what they are called; one's own other devices are nobody to greet."""
        names = dict.fromkeys(member.username for member in members)
        self._usernames = tuple(name_of(name) for name in names if name != self._own_name)
        self._settle()

    def dispose(self) -> None:
        """Stop listening."""
        self._listeners.close()

    def _settle(self) -> None:
        greets = self._status is Status.CONNECTED and bool(self._usernames)
        self._greeting.text = greeting(self._words, self._usernames) if greets else ""
        self._greets.hidden = not greets
        # Connected with nobody to greet means connected to one's own other device.
        self._full.hidden = self._status is not Status.FULL
        self._alone.hidden = greets or self._status not in (Status.WAITING, Status.CONNECTED)

    def _open_code(self) -> None:
        self.card.show_code()
        self._show_code.hidden = True
