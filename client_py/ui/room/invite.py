"""Shows how to bring someone else in: the room's link, what to do with it, its QR code, and who can come by it."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from typing import TYPE_CHECKING

from client_py.core.navigation import loopback_host
from client_py.core.room_links import GuestAccess
from client_py.ui.widgets.header_button import build_tool
from client_py.ui.widgets.icons import icon
from client_py.ui.widgets.popover import Popover
from client_py.words.invite import (
    ACCESS,
    CODE,
    COME,
    COPIED,
    COPY,
    GOOD_UNTIL,
    INVITE,
    INVITE_SOMEONE,
    LOOPBACK,
    MAKING,
    NOT_COPIED,
    RENEW,
    RENEW_NOTE,
    SHARE,
    SHARED_TITLE,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from client_py.core.room_links import LinkState
    from client_py.ports.disposal import Dispose
    from client_py.ports.page import Document, DomEvent, Element
    from client_py.ui.actions import PageActions
    from client_py.ui.view_context import ViewContext

FEEDBACK_SECONDS = 2.5
QUIET_ZONE = 4
"""Modules of light around a QR code (ISO/IEC 18004 §9.1)."""


def path_of(matrix: Iterable[Sequence[int]]) -> str:
    """Draw the dark modules of a QR code, each run of a row in one stroke."""
    strokes = []
    for y, row in enumerate(matrix, QUIET_ZONE):
        start = 0
        for x in range(len(row) + 1):
            if x < len(row) and row[x]:
                continue
            if x > start:
                strokes.append(f"M{start + QUIET_ZONE} {y}h{x - start}v1h{start - x}z")
            start = x + 1
    return "".join(strokes)


def draw_code(document: Document, link: str, label: str) -> Element:
    """Draw a link as a QR code, which is called by the label."""
    # Imported late: few people need the code, and everybody would wait for it.
    from segno.encoder import encode  # noqa: PLC0415 - for the same reason

    matrix = encode(link, error="m", micro=False).matrix
    side = len(matrix) + 2 * QUIET_ZONE
    attributes = {
        "class": "code",
        "viewBox": f"0 0 {side} {side}",
        "role": "img",
        "aria-label": label,
        "shape-rendering": "crispEdges",
    }
    return document.create("svg", attributes, document.create("path", {"d": path_of(matrix)}))


class InviteCard:
    """The link with its buttons, a place for the code, and who can come by it.

    The part of a link that lets guests in is asked for when somebody does something with the link, and not before.
    """

    def __init__(self, context: ViewContext, room: str, link: str, actions: PageActions) -> None:
        self._document = context.document
        self._clock, self._formats = context.clock, context.formats
        self._clipboard = context.clipboard
        self._words = words = context.words
        self._room = room
        self._actions = actions
        self._link = link
        self._access: GuestAccess | None = None
        """None where nobody says how the link stands."""
        self._copies_when_made = False
        self._copying: asyncio.Future[bool] | None = None
        """Held, because the event loop does not hold it."""
        self._forget: Dispose = lambda: None
        self._shows_code = False
        self._left = False
        create, say = self._document.create, words.say
        self._copy = create(
            "button",
            {"type": "button", "class": "copy soft", "aria-live": "polite", "data-testid": "copy-link"},
            say(COPY),
        )
        share = create(
            "button", {"type": "button", "data-testid": "share-link"}, icon(self._document, "share"), say(SHARE)
        )
        share.hidden = not context.clipboard.can_share
        self._written = create("code", {"class": "link", "data-testid": "invite-link"}, link)
        self._place = create("div", {"class": "code-place"})
        self._who = create("p", {"class": "note", "role": "status", "data-testid": "invite-access"})
        # What the browser writes is in the language that it has.
        self._day = create("time", {"translate": "no"})
        self._until = create("p", {"class": "note", "data-testid": "invite-until"}, say(GOOD_UNTIL), " ", self._day)
        self._until.hidden = True
        host = loopback_host(link)
        self._loopback = create("p", {"class": "note", "data-testid": "loopback-hint"}, say(LOOPBACK, host=host))
        self._loopback.hidden = not host
        row = create("div", {"class": "link-row"}, self._written, self._copy)
        self.element = create(
            "div", {"class": "invite-card"}, row, share, self._place, self._who, self._until, self._loopback
        )
        self._listeners = ExitStack()
        self._listeners.callback(self._copy.on("click", self._copy_clicked))
        self._listeners.callback(share.on("click", self._share_clicked))

    def show(self, link: str, state: LinkState) -> None:
        """Show how the link stands."""
        was_made = self._access is GuestAccess.ASKING and state.access is not GuestAccess.ASKING
        self._access = state.access
        if link != self._link:
            self._link = self._written.text = link
            if self._shows_code:
                self._draw_code()
        self._written.set("data-access", state.access)
        self._who.text = " ".join(self._sentences(state))
        self._until.hidden = state.access is not GuestAccess.READY or state.expires_at is None
        self._day.text = "" if state.expires_at is None else self._formats.day(state.expires_at)
        if was_made and self._copies_when_made:
            self._copies_when_made = False
            self._begin_copying()

    def show_code(self) -> None:
        """Draw the code, once, of a link that guests can come by, where they can."""
        self._actions.count_link(self._room)
        if not self._shows_code:
            self._shows_code = True
            self._draw_code()

    def dispose(self) -> None:
        """Stop listening, and let a copying that is under way end unseen."""
        self._listeners.close()
        self._forget()
        self._left = True

    def _sentences(self, state: LinkState) -> Iterator[str]:
        yield self._words.say(ACCESS[state.access])
        if state.guests and state.places is not None:
            yield self._words.count(COME, state.guests, places=state.places)

    def _draw_code(self) -> None:
        self._place.replace_children(draw_code(self._document, self._link, self._words.say(CODE)))

    def _copy_clicked(self, _event: DomEvent) -> None:
        if self._access in _UNMADE:
            self._actions.ask_link(self._room)
        if self._access is GuestAccess.ASKING:
            # A browser lets a page copy for a few seconds after a click.
            self._copies_when_made = True
            self._copy.text = self._words.say(MAKING)
        else:
            self._begin_copying()

    def _begin_copying(self) -> None:
        # Asked for within the click itself: browsers allow copying only as an answer to one.
        self._copying = asyncio.ensure_future(self._clipboard.copy(self._link))
        self._copying.add_done_callback(self._copied)

    def _copied(self, copying: asyncio.Future[bool]) -> None:
        if self._left:
            return
        self._copy.text = self._words.say(COPIED if copying.result() else NOT_COPIED)
        self._forget()
        self._forget = self._clock.call_later(FEEDBACK_SECONDS, self._rest)

    def _share_clicked(self, _event: DomEvent) -> None:
        self._actions.ask_link(self._room)
        # The system shows what came of it.
        self._copying = asyncio.ensure_future(
            self._clipboard.share(self._words.say(SHARED_TITLE, room=self._room), self._link)
        )

    def _rest(self) -> None:
        self._copy.text = self._words.say(COPY)


_UNMADE = frozenset({GuestAccess.UNASKED, GuestAccess.FAILED, GuestAccess.LIMITED})


class InviteButton:
    """A button in the room's header that opens the card over the page."""

    def __init__(self, context: ViewContext, room: str, link: str, actions: PageActions) -> None:
        document, words = context.document, context.words
        create = document.create
        self.card = InviteCard(context, room, link, actions)
        opener = build_tool(document, "invite", words.say(INVITE), {"class": "third"})
        renew = create(
            "button",
            {"type": "button", "class": "item", "data-testid": "renew-link"},
            icon(document, "renew"),
            create(
                "span",
                {"class": "item-words"},
                words.say(RENEW),
                create("span", {"class": "note"}, words.say(RENEW_NOTE)),
            ),
        )
        popover = Popover(document, words, "invite", INVITE_SOMEONE, opener, self.card.element, renew)
        self.element = create("div", {}, opener, popover.panel)
        self.element.set("data-testid", "invite")
        self._listeners = ExitStack()
        self._listeners.callback(self.card.dispose)
        self._listeners.callback(popover.panel.on("beforetoggle", lambda _event: self.card.show_code()))
        self._listeners.callback(renew.on("click", lambda _event: actions.renew_link(room)))

    def dispose(self) -> None:
        """Stop listening."""
        self._listeners.close()
