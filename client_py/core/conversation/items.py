"""Declares what a conversation is made of: items, each with a body of one of several kinds.

An item is what is numbered, stored, acknowledged and sent again; its body is what it says. To add a kind: declare its
body here, and add a row to KINDS.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Annotated, Any

from client_py.core.conversation.delivery import Delivery, Direction
from client_py.core.frames import ItemId
from protocol.codec import Body as JsonBody
from protocol.errors import RemoteProtocolError
from protocol.fields import Text as TextBound
from protocol.fields import Username

Emoji = Annotated[str, TextBound(64)]
"""The longest in use, families of several people with skin tones, have some 40 bytes."""
MAX_REACTION_BYTES = 1_024


@dataclass(frozen=True, slots=True)
class Text:
    """What a person typed, exactly as it was typed."""

    text: str


@dataclass(frozen=True, slots=True)
class Reaction:
    """An emoji on another item, or its withdrawal."""

    author: Username
    """Who wrote the other item."""
    target: ItemId
    """Its id, as that person made it."""
    emoji: Emoji
    is_set: bool = True
    """Whether it is there from now on, or no longer."""


@dataclass(frozen=True, slots=True)
class Unknown:
    """What this version of the page cannot read; kept as it came, for a newer one to show."""

    kind: str
    content: str


@dataclass(frozen=True, slots=True)
class Unreadable:
    """What was kept here, and cannot be read any more; it is never sent."""


Body = Text | Reaction | Unknown | Unreadable


@dataclass(frozen=True, slots=True)
class Kind:
    """How bodies of one kind travel and are kept, and what becomes of them where they are not known."""

    body: type[Any]
    write: Callable[[Any], str]
    """Return the content that stands for a body."""
    read: Callable[[str], Any]
    """Return the body again, or raise a RemoteProtocolError."""
    feature: str | None = None
    """What a device has to have named before it is sent one; None where it may come as an unknown one."""
    is_shown: bool = True
    """Whether an item of this kind is a message of the transcript by itself."""


_REACTION: JsonBody[Reaction] = JsonBody(Reaction, MAX_REACTION_BYTES, lenient=True)

TEXT = "text"
KINDS: dict[str, Kind] = {
    TEXT: Kind(Text, lambda body: str(body.text), Text),
    "reaction": Kind(Reaction, _REACTION.encode, _REACTION.decode, feature="reaction", is_shown=False),
}
"""By name. The meaning of a kind's name never changes; another meaning has another name."""

_NAMES = {kind.body: name for name, kind in KINDS.items()}

FEATURES = tuple(sorted(kind.feature for kind in KINDS.values() if kind.feature is not None))
"""What this version of the page can do beyond what every page can, by its short names."""


@dataclass(frozen=True, slots=True)
class Item:
    """One item of the conversation, as this browser has it."""

    id: str
    """Identifies it in this browser (`item_ids`)."""
    direction: Direction
    author: str
    """The username of who wrote it."""
    body: Body
    sent_at: float
    """Seconds since the epoch, by the clock of who wrote it; when it came, where that clock is ahead of ours."""
    delivery: Delivery | None = None
    """How far it has come to others; None where that is not known here."""
    from_other_device: bool = False
    """Whether the same person wrote it on another device, which alone knows how far it has come."""
    position: int = field(default=0, compare=False)
    """Where it stands in the transcript of this browser, once it is kept; it says nothing of the item itself."""

    @property
    def is_written_here(self) -> bool:
        """Whether it was written on this device, which sends it to the others."""
        return self.direction is Direction.OUTGOING and not self.from_other_device

    @property
    def is_shown(self) -> bool:
        """Whether it is a message of the transcript."""
        return isinstance(self.body, Unknown | Unreadable) or KINDS[_NAMES[type(self.body)]].is_shown

    @property
    def is_readable(self) -> bool:
        """Whether what was kept of it can be read; where not, `sent_at` is when it came here."""
        return not isinstance(self.body, Unreadable)

    @property
    def text(self) -> str:
        """What a person reads in it; empty where it has no words."""
        return self.body.text if isinstance(self.body, Text) else ""

    def unreadable(self) -> Item:
        """Return what is shown in its place where it cannot be shown."""
        return replace(self, author="", body=Unreadable(), delivery=None)


def content_of(body: Body) -> tuple[str, str]:
    """Return the kind of a body and the content that stands for it, as they travel and are kept."""
    if isinstance(body, Unknown):
        return body.kind, body.content
    name = _NAMES[type(body)]
    return name, KINDS[name].write(body)


def body_of(kind: str, content: str) -> Body:
    """Return the body that a content stands for; Unknown where this version cannot read it.

    Also what is of a known kind and makes no sense is kept: to refuse it would have it sent again for ever.
    """
    known = KINDS.get(kind)
    if known is None:
        return Unknown(kind, content)
    try:
        body: Body = known.read(content)
    except RemoteProtocolError:
        return Unknown(kind, content)
    return body


def feature_of(kind: str) -> str | None:
    """Return what a device has to have named before it is sent an item of a kind; None where any takes it."""
    return KINDS[kind].feature if kind in KINDS else None
