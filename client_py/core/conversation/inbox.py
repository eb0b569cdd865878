"""Decides what of one device's frames is a new item: once each, in order, and within the window."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from client_py.core.conversation.fragmentation import Reassembly
from client_py.core.frames import WINDOW_BYTES, ItemPart
from protocol.errors import UnexpectedMessage

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
    """By the sender's clock."""

    def written_at(self, now: float) -> float:
        """Return when it was written, which is not after it came: a clock that says so is ahead of ours."""
        return min(self.sent_at, now)


class Inbox:
    """What one device has sent us: all up to `received` has come, and all up to `stored` is safe and acknowledged."""

    def __init__(self, received: int = 0, read: int = 0) -> None:
        self.received = received
        self.stored = received
        self.read = read
        self._reassembly = Reassembly()
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
        if frame.seq != self.received + 1 or frame.part != self._reassembly.next_part:
            raise UnexpectedMessage("item", f"number {frame.seq} part {frame.part} after number {self.received}")
        if self._unstored_bytes >= WINDOW_BYTES or len(self._unstored) >= MAX_UNSTORED:
            raise WindowExceeded("item", "too much is on its way without acknowledgement")
        whole = self._reassembly.add(frame)
        return None if whole is None else self._complete(whole)

    def mark_stored(self, seq: int) -> None:
        """All messages up to this one are safe, and may be acknowledged."""
        while self._unstored and self._unstored[0][0] <= seq:
            self._unstored_bytes -= self._unstored.popleft()[1]
        self.stored = seq

    def channel_lost(self) -> None:
        """Forget the parts of an item that is not whole: it comes again from its beginning."""
        self._reassembly = Reassembly()

    def check_invariants(self) -> None:
        """Assert what always holds; for tests."""
        assert [seq for seq, _ in self._unstored] == list(range(self.stored + 1, self.received + 1))
        assert self._unstored_bytes == sum(size for _, size in self._unstored)

    def _complete(self, whole: ItemPart) -> Incoming:
        self._unstored.append((whole.seq, self._reassembly.size))
        self._unstored_bytes += self._reassembly.size
        self.channel_lost()
        self.received = whole.seq
        return Incoming(whole.seq, whole.id, whole.kind, whole.content, whole.sent_at)
