"""Decides what of one device's frames is a new item: joins long ones, and lets each through once and in order."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from client_py.core.frames import MAX_ITEM_BYTES, WINDOW_BYTES, ItemPart
from protocol.errors import MalformedMessage, UnexpectedMessage

MAX_UNSTORED = 4_096
"""How many messages may wait here to be stored; a sender that keeps to its window never comes near it."""


class WindowExceeded(UnexpectedMessage):
    """Raised when a device sends on, though more is without acknowledgement than may be."""


@dataclass(frozen=True, slots=True)
class Incoming:
    """A whole item of another device, with its number there."""

    seq: int
    id: str
    kind: str
    content: str
    sent_at: float


class Inbox:
    """What one device has sent us: all up to `received` has come, and all up to `stored` is safe and acknowledged."""

    def __init__(self, received: int = 0, read: int = 0) -> None:
        self.received = received
        self.stored = received
        self.read = read
        self._parts: list[ItemPart] = []
        self._part_bytes = 0
        self._unstored: deque[tuple[int, int]] = deque()
        """Number and bytes of each item after `stored`."""
        self._unstored_bytes = 0

    def receive(self, frame: ItemPart) -> Incoming | None:
        """Take a frame; return the item that it completes, or None for a part or a duplicate.

        Raises UnexpectedMessage where numbers or parts are missing (an ordered channel loses none, so the other side
        erred), WindowExceeded where more comes than may be under way without acknowledgement, and MalformedMessage
        where the parts do not fit each other.
        """
        if frame.seq <= self.received:
            return None
        if frame.seq != self.received + 1 or frame.part != len(self._parts) + 1:
            raise UnexpectedMessage("item", f"number {frame.seq} part {frame.part} after number {self.received}")
        if self._parts and _identity(frame) != _identity(self._parts[0]):
            raise MalformedMessage("the parts belong to different items")
        if self._unstored_bytes >= WINDOW_BYTES or len(self._unstored) >= MAX_UNSTORED:
            raise WindowExceeded("item", "too much is on its way without acknowledgement")
        self._part_bytes += len(frame.content.encode())
        if self._part_bytes > MAX_ITEM_BYTES:
            raise MalformedMessage(f"an item may have {MAX_ITEM_BYTES} bytes")
        self._parts.append(frame)
        return self._complete() if frame.part == frame.parts else None

    def mark_stored(self, seq: int) -> None:
        """All messages up to this one are safe, and may be acknowledged."""
        while self._unstored and self._unstored[0][0] <= seq:
            self._unstored_bytes -= self._unstored.popleft()[1]
        self.stored = seq

    def channel_lost(self) -> None:
        """Forget the parts of an item that is not whole: it comes again from its beginning."""
        self._parts.clear()
        self._part_bytes = 0

    def check_invariants(self) -> None:
        """Assert what always holds; for tests."""
        assert [seq for seq, _ in self._unstored] == list(range(self.stored + 1, self.received + 1))
        assert self._unstored_bytes == sum(size for _, size in self._unstored)

    def _complete(self) -> Incoming:
        first, content = self._parts[0], "".join(part.content for part in self._parts)
        self._unstored.append((first.seq, self._part_bytes))
        self._unstored_bytes += self._part_bytes
        self.channel_lost()
        self.received = first.seq
        return Incoming(first.seq, first.id, first.kind, content, first.sent_at)


def _identity(frame: ItemPart) -> tuple[str, str, int]:
    """Return what all parts of an item have in common."""
    return frame.id, frame.kind, frame.parts
