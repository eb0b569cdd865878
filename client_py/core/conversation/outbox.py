"""Decides which items to one device are sent when.

It numbers them, keeps them until they are acknowledged, and sends again what a new channel has not brought over.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from client_py.core.conversation.features import Abilities
from client_py.core.conversation.fragmentation import split_content
from client_py.core.frames import WINDOW_BYTES, WINDOW_MESSAGES, ItemPart, MessagePart

MAX_UNREAD = 2_000
"""How many items that have arrived are followed until they are read; of older ones we do not learn it any more."""

TEXT_ALONE = Abilities()


@dataclass(frozen=True, slots=True)
class Outgoing:
    """An item of ours, before it has a number."""

    id: str
    kind: str
    content: str
    sent_at: float
    position: int
    """Its place among all that we have written."""
    size: int
    """The bytes that it counts for in the window and in the limits."""


class Outbox:
    """What one device has yet to acknowledge, in order; the numbers follow the device's high-water mark."""

    def __init__(self, acknowledged: int = 0, unread: Sequence[str] = ()) -> None:
        self._abilities = TEXT_ALONE
        self._pending: deque[Outgoing] = deque()
        self._held_back: list[Outgoing] = []
        """What the device cannot take, as far as it has said; it may come back with a newer page."""
        self._acknowledged = acknowledged
        """The number of the last item that the device has; the first pending one is its successor."""
        self._numbered = 0
        """How many of the pending ones the device may have, since they were sent over some channel."""
        self._sent = 0
        """How many of the pending ones are on their way over the channel in use."""
        self._bytes_on_their_way = 0
        # Reading is told by a mark, so what is not read yet is what was acknowledged last.
        numbered = zip(range(acknowledged - len(unread) + 1, acknowledged + 1), unread, strict=True)
        self._unread: deque[tuple[int, str]] = deque((item for item in numbered if item[0] > 0), MAX_UNREAD)
        """Number and id of what was acknowledged and not yet read."""

    @property
    def acknowledged(self) -> int:
        """The number of the last item that the device has."""
        return self._acknowledged

    @property
    def has_sent(self) -> bool:
        """Whether something is on its way over the channel in use."""
        return self._sent > 0

    @property
    def pending(self) -> tuple[Outgoing, ...]:
        """What is not acknowledged, the oldest first."""
        return tuple(sorted([*self._pending, *self._held_back], key=_position))

    def add(self, item: Outgoing) -> None:
        """Put an item at the end."""
        if self._abilities.takes(item.kind):
            self._pending.append(item)
        else:
            self._held_back.append(item)

    def give_up(self) -> list[str]:
        """Let go of all that is not acknowledged, and give its ids; some of it the device may have all the same."""
        ids = [item.id for item in self.pending]
        self._pending.clear()
        self._held_back.clear()
        self._numbered = 0
        self.channel_lost()
        return ids

    def channel_lost(self) -> list[str]:
        """Forget what was on its way, and give its ids: it will be sent again."""
        ids = [item.id for item, _ in zip(self._pending, range(self._sent), strict=False)]
        self._sent = 0
        self._bytes_on_their_way = 0
        return ids

    def resume(self, received: int, abilities: Abilities = TEXT_ALONE) -> list[str]:
        """Go on after the device's high-water mark, on a new channel; return the ids that the mark acknowledges.

        The numbers of what is left follow the mark. That changes them only where one side has forgotten or given up
        items, or can do something else than before, and there it puts both in step again; that nothing is shown twice
        then is seen to by the ids.
        """
        self.channel_lost()
        ids = self._drop_through(received)
        # The mark says all that the device has, so nothing of the rest is under way.
        self._numbered = 0
        self._abilities = abilities
        left = self.pending
        self._pending = deque(item for item in left if abilities.takes(item.kind))
        self._held_back = [item for item in left if not abilities.takes(item.kind)]
        if received < self._acknowledged:
            # The device has forgotten what it had, and what it reads from now on has numbers of another count.
            self._unread.clear()
        self._acknowledged = received
        return ids

    def acknowledge(self, received: int) -> list[str] | None:
        """Let go of everything up to a number, and give the ids; None if that number was never sent."""
        if received > self._acknowledged + self._sent:
            return None
        return self._drop_through(received)

    def mark_read(self, read: int) -> list[str]:
        """Return the ids of what was read up to a number, once each."""
        ids = []
        while self._unread and self._unread[0][0] <= read:
            ids.append(self._unread.popleft()[1])
        return ids

    def send_more(self, kept: int) -> Iterator[tuple[Outgoing, Sequence[ItemPart | MessagePart]]]:
        """Yield the items that may be sent now with their frames, as far as the window is open; one always may.

        Those after position `kept` are still being stored here, and wait for that.
        """
        while self._sent < min(len(self._pending), WINDOW_MESSAGES) and self._bytes_on_their_way < WINDOW_BYTES:
            item = self._pending[self._sent]
            if item.position > kept:
                return
            self._sent += 1
            self._numbered = max(self._numbered, self._sent)
            self._bytes_on_their_way += item.size
            yield item, _frames(item, self._acknowledged + self._sent, self._abilities)

    def check_invariants(self) -> None:
        """Assert what always holds; for tests."""
        assert 0 <= self._sent <= self._numbered <= len(self._pending)
        assert self._bytes_on_their_way == sum(item.size for item in list(self._pending)[: self._sent])
        assert all(number <= self._acknowledged for number, _ in self._unread)
        positions = [item.position for item in self._pending]
        assert len(positions) == len(set(positions))
        # What an heir takes over may be older; nothing is sent before the device has said where to go on.
        assert not self._sent or positions == sorted(positions)
        assert all(self._abilities.takes(item.kind) for item in self._pending)
        assert not any(self._abilities.takes(item.kind) for item in self._held_back)

    def _drop_through(self, received: int) -> list[str]:
        ids = []
        while self._numbered and self._acknowledged < received:
            item = self._pending.popleft()
            self._numbered -= 1
            self._acknowledged += 1
            self._unread.append((self._acknowledged, item.id))
            if self._sent:
                self._sent -= 1
                self._bytes_on_their_way -= item.size
            ids.append(item.id)
        return ids


def _frames(item: Outgoing, seq: int, abilities: Abilities) -> Sequence[ItemPart | MessagePart]:
    """Return the frames in which an item goes to a device, which takes its kind."""
    contents = split_content(item.content)
    parts = [
        ItemPart(seq, item.id, item.sent_at, item.kind, part, len(contents), content)
        for part, content in enumerate(contents, start=1)
    ]
    return parts if abilities.has_items else [part.as_message() for part in parts]


def _position(item: Outgoing) -> int:
    return item.position
