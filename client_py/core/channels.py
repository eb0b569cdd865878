"""Declares the data channels of a connection: what each carries, and how much of it is received.

All of them are negotiated beforehand (RFC 8832 is not used), so they open with the transport, without a word between
the pages. A page of a release before has fewer of them, and what comes over one that it does not have is dropped by
Chromium, and kept in memory by Firefox: so a channel that not every page has is used only where both sides have named
its feature. To add one: write its spec, and add it to CHANNELS.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol

from client_py.core.frame_budgets import BUDGETS, Budget
from client_py.core.frames import MAX_FRAME_BYTES

BINARY = "binary"
"""The one kind of what a binary channel receives, as `budgets.UNKNOWN` is one of text."""

BINARY_WINDOW_BYTES = 2_097_152
"""How much may be on its way over a binary channel before the other side says that it has taken it up: with a round
trip of 200 ms that is 10 MB a second, more than SCTP itself achieves there. All of it may be queued before a message in
the other page, so a larger window would be felt in the conversation."""


class ChannelKind(Enum):
    """What a channel carries."""

    TEXT = auto()
    BINARY = auto()


class BinaryData(Protocol):
    """What came over a binary channel, or is to go over one; its bytes stay outside Python (`ports.BinaryData`)."""

    @property
    def size(self) -> int:
        """How many bytes it has."""
        ...

    def to_bytes(self) -> bytes:
        """Copy the bytes into Python."""
        ...

    def release(self) -> None:
        """Let go of it."""
        ...


Data = str | BinaryData
"""What came over a channel, by its kind."""


@dataclass(frozen=True, slots=True, eq=False)
class ChannelSpec:
    """One row of the table: how a channel is created, who may use it, and what is received over it.

    A row is equal to itself alone, so that to look up a channel costs a message nothing.
    """

    label: str
    id: int
    kind: ChannelKind
    budgets: Mapping[str, Budget]
    """By the kind of frame; of a binary channel there is one kind, whose `characters` are bytes."""
    ordered: bool = True
    feature: str | None = None
    """What both sides have to have named before either sends; None for what every page has."""
    max_frame_length: int = MAX_FRAME_BYTES
    """In characters, or in bytes where it is binary: RFC 8831 §6.6 for them all, since one long message blocks every
    channel of the connection."""

    def receives(self, kind: str) -> bool:
        """Tell whether there is a budget for a kind of frame."""
        return any(kind in kinds.split(" ") for kinds in self.budgets)


CHAT = ChannelSpec("chat", 0, ChannelKind.TEXT, BUDGETS)
"""The conversation, and what keeps the link. A link lives and dies by this channel."""

CHANNELS: tuple[ChannelSpec, ...] = (CHAT,)
"""The channels of every connection, in the order in which they are created; the first is CHAT."""

BINARY_BUDGETS: Mapping[str, Budget] = {BINARY: Budget(4_096, 2 * BINARY_WINDOW_BYTES)}
"""For a binary channel whose sender keeps to the window; bytes are taken up when they are released."""


def features_of(channels: Iterable[ChannelSpec]) -> frozenset[str]:
    """Return the features that a page names which has these channels."""
    return frozenset(channel.feature for channel in channels if channel.feature is not None)
