"""Shows how to bring someone else in: the room's link, a button that copies it, and its QR code."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack
from typing import TYPE_CHECKING

from client_py.ui.widgets.header_button import build_tool
from client_py.ui.widgets.popover import Popover
from client_py.words.invite import CODE, COPIED, COPY, INVITE, INVITE_SOMEONE, NOT_COPIED, SEND_LINK

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from client_py.ports.disposal import Dispose
    from client_py.ports.page import Document, DomEvent, Element
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
    """The link with its button, and a place for the code."""

    def __init__(self, context: ViewContext, link: str) -> None:
        self._document = context.document
        self._clock = context.clock
        self._clipboard = context.clipboard
        self._words = context.words
        self._link = link
        self._copying: asyncio.Future[bool] | None = None
        """Held, because the event loop does not hold it."""
        self._forget: Dispose = lambda: None
        self._shows_code = False
        self._left = False
        create = self._document.create
        self._copy = create(
            "button", {"type": "button", "class": "copy soft", "aria-live": "polite"}, self._words.say(COPY)
        )
        self._place = create("div", {"class": "code-place"})
        row = create("div", {"class": "link-row"}, create("code", {"class": "link"}, link), self._copy)
        self.element = create("div", {"class": "invite-card"}, row, self._place)
        self._listeners = ExitStack()
        self._listeners.callback(self._copy.on("click", self._copy_clicked))

    def show_code(self) -> None:
        """Draw the code, once."""
        if not self._shows_code:
            self._shows_code = True
            self._place.replace_children(draw_code(self._document, self._link, self._words.say(CODE)))

    def dispose(self) -> None:
        """Stop listening, and let a copying that is under way end unseen."""
        self._listeners.close()
        self._forget()
        self._left = True

    def _copy_clicked(self, _event: DomEvent) -> None:
        # Asked for within the click itself: browsers allow copying only as an answer to one.
        self._copying = asyncio.ensure_future(self._clipboard.copy(self._link))
        self._copying.add_done_callback(self._copied)

    def _copied(self, copying: asyncio.Future[bool]) -> None:
        if self._left:
            return
        self._copy.text = self._words.say(COPIED if copying.result() else NOT_COPIED)
        self._forget()
        self._forget = self._clock.call_later(FEEDBACK_SECONDS, self._rest)

    def _rest(self) -> None:
        self._copy.text = self._words.say(COPY)


class InviteButton:
    """A button in the room's header that opens the card over the page."""

    def __init__(self, context: ViewContext, link: str) -> None:
        document, words = context.document, context.words
        self._card = InviteCard(context, link)
        opener = build_tool(document, "invite", words.say(INVITE), {"class": "third"})
        popover = Popover(
            document,
            words,
            "invite",
            INVITE_SOMEONE,
            opener,
            document.create("p", {"class": "note"}, words.say(SEND_LINK)),
            self._card.element,
        )
        self.element = document.create("div", {}, opener, popover.panel)
        self.element.set("data-testid", "invite")
        self._listeners = ExitStack()
        self._listeners.callback(self._card.dispose)
        self._listeners.callback(popover.panel.on("beforetoggle", lambda _event: self._card.show_code()))

    def dispose(self) -> None:
        """Stop listening."""
        self._listeners.close()
