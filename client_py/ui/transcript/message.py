"""Shows one message: its text exactly as it was typed, who wrote it when, and how far it has come."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from client_py.core.conversation.delivery import Direction
from client_py.core.conversation.items import Unknown
from client_py.ui.transcript.hyperlinks import split_links
from client_py.ui.transcript.message_text import LongText, elements_of, is_long
from client_py.ui.widgets.avatar import hue_of
from client_py.ui.widgets.icons import PATHS, drawing, icon
from client_py.words.room import name_of
from client_py.words.transcript import DAY_AND_TIME, DELIVERIES, OTHER_DEVICE, YOU, text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from client_py.core.conversation.delivery import Delivery
    from client_py.core.conversation.items import Item
    from client_py.core.shown_names import ShownNames
    from client_py.ports.page import DateFormats, Document, Element
    from client_py.words.phrases import Words


class Blanks:
    """What all messages have alike, built once: to copy it costs a fraction of building it."""

    def __init__(self, document: Document) -> None:
        create = document.create
        self.articles = {
            direction: create("article", {"class": "message", "data-testid": "message", "data-direction": direction})
            for direction in Direction
        }
        self.bubble = create("div", {"class": "bubble"})
        # The direction of the text decides on which side of its last line the time stands.
        self.body = create("div", {"class": "body", "dir": "auto"})
        self.text = create("span", {"class": "text", "data-testid": "message-text", "dir": "auto"})
        self.foot = create("footer", {"class": "meta"})
        self.time = create("time")
        self.ticks = _ticks(document)
        self.other_device = create("span", {"class": "device", "role": "img"}, icon(document, "devices"))


def _ticks(document: Document) -> Element:
    """Build every sign at once; app.css shows the one that `data-delivery` asks for."""
    signs = {
        "clock": PATHS["clock"],
        "tick": "M1.500 12.500L6 17l8.500-9.500",
        "tick second": "M11.500 16l1 1L21.500 7.500",
        "disc": "M12 2.500a9.500 9.500 0 1 0 0 19 9.500 9.500 0 0 0 0-19z",
        "disc-tick": "M7.500 12.300l3.200 3.200 5.800-6.500",
    }
    paths = [document.create("path", {"class": name, "d": path}) for name, path in signs.items()]
    return document.create("span", {"class": "ticks", "role": "img"}, drawing(document, "0 0 24 24", *paths))


@dataclass(frozen=True, slots=True)
class MessageParts:
    """What messages are made of."""

    document: Document
    formats: DateFormats
    words: Words
    blanks: Blanks
    resized: Callable[[], None]
    """Called when a person unfolds or folds a message."""
    names: ShownNames
    """What the people of the room are called."""


class MessageView:
    """A message in the transcript."""

    def __init__(self, parts: MessageParts, message: Item) -> None:
        self._document = parts.document
        self._words = parts.words
        self._message = message
        self._resized = parts.resized
        self._names = parts.names
        self._author: Element | None = None
        self._long_text: LongText | None = None
        formats, blanks = parts.formats, parts.blanks
        self._ticks = blanks.ticks.copy() if message.delivery is not None else None
        self._when, foot = blanks.time.copy(), blanks.foot.copy()
        self._time = formats.time(message.sent_at)
        self._day = ""
        self._when.set("title", formats.full(message.sent_at))
        self._when.append(self._time)
        foot.append(self._when, *([self._ticks] if self._ticks else []))
        if message.from_other_device:
            foot.append(self._labelled(blanks.other_device.copy(), parts.words.say(OTHER_DEVICE)))
        self._bubble, body = blanks.bubble.copy(), blanks.body.copy()
        body.append(*self._body(blanks.text.copy(), text_of(parts.words, message)), foot)
        self._bubble.append(body)
        self.element = blanks.articles[message.direction].copy()
        self.element.set("data-unreadable", None if message.is_readable else "")
        self.element.set("data-unknown", "" if isinstance(message.body, Unknown) else None)
        self.element.set("data-device", "other" if message.from_other_device else None)
        self.element.append(self._bubble)
        self.close_group(closes=True)
        if message.delivery is not None:
            self.show_delivery(message.delivery)

    def show_author(self, *, shown: bool) -> None:
        """Tell above the message who wrote it, or leave that to the message before it."""
        if self._author and not shown:
            self._author.remove()
            self._author = None
        elif shown and not self._author and self._message.is_readable:
            self._author = self._build_author()
            self.element.insert_before(self._author, self._bubble)
        self.element.set("data-opens-group", "" if shown else None)

    def name_author(self) -> None:
        """Call who wrote it as they are called now, where that stands here."""
        if self._author and self._message.direction is Direction.INCOMING:
            self._write_author(self._author)

    def close_group(self, *, closes: bool) -> None:
        """Tell whether this is the last of what its author says in one go: the time of all stands there."""
        self.element.set("data-closes-group", "" if closes else None)

    def show_day(self, day: str) -> None:
        """Show beside its time on which day it was written, or only the time where that is the day it stands under."""
        if day != self._day:
            self._day = day
            self.element.set("data-other-day", "" if day else None)
            self._when.text = self._words.say(DAY_AND_TIME, day=day, time=self._time) if day else self._time

    def show_delivery(self, delivery: Delivery) -> None:
        """Show how far the message has come."""
        self.element.set("data-delivery", delivery.label)
        if self._ticks:
            self._labelled(self._ticks, self._words.say(DELIVERIES[delivery]))

    def dispose(self) -> None:
        """Stop listening."""
        if self._long_text:
            self._long_text.dispose()

    @staticmethod
    def _labelled(sign: Element, label: str) -> Element:
        """Say what a sign means, to the ear and under the pointer."""
        sign.set("aria-label", label)
        sign.set("title", label)
        return sign

    def _build_author(self) -> Element:
        if self._message.direction is Direction.INCOMING:
            author = self._document.create("p", {"class": "author", "dir": "auto"})
            self._write_author(author)
            return author
        # The side and the colour tell it to the eye.
        return self._document.create("p", {"class": "author unseen"}, self._words.say(YOU))

    def _write_author(self, element: Element) -> None:
        account = self._message.author
        hue = self._names.hue_of(account)
        element.set("data-hue", str(hue) if hue else hue_of(account))
        element.set("title", self._words.person(account))
        element.text = name_of(self._words, self._names.of(account))

    def _body(self, shown: Element, text: str) -> Iterator[Element]:
        yield shown
        if is_long(text):
            self._bubble.set("data-long", "")
            self._long_text = LongText(self._document, self._words, shown, text, self._resized)
            yield from self._long_text.buttons
        else:
            shown.append(*elements_of(self._document, split_links(text)))
