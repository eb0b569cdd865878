"""Decides what of one device's frames is a new message: joins long ones, and lets each through once and in order."""

from __future__ import annotations

from dataclasses import dataclass

from client_py.core.frames import MAX_MESSAGE_BYTES, MessagePart
from protocol.errors import MalformedMessage, UnexpectedMessage


@dataclass(frozen=True, slots=True)
class Incoming:
    """A whole message of another device, with its number there."""

    seq: int
    id: str
    text: str
    sent_at: float


class Inbox:
    """What one device has sent us: all up to `received` has come, and all up to `stored` is safe and acknowledged."""

    def __init__(self, received: int = 0, read: int = 0) -> None:
        self.received = received
        self.stored = received
        self.read = read
        self._parts: list[MessagePart] = []

    def receive(self, frame: MessagePart) -> Incoming | None:
        """Take a frame; gives the message that it completes, or None for a part or a duplicate.

        Raises UnexpectedMessage where numbers or parts are missing (an ordered channel loses none, so the other side
        erred), and MalformedMessage where the parts do not fit each other.
        """
        if frame.seq <= self.received:
            return None
        if frame.seq != self.received + 1 or frame.part != len(self._parts) + 1:
            raise UnexpectedMessage("message", f"number {frame.seq} part {frame.part} after number {self.received}")
        if self._parts and (frame.id, frame.parts) != (self._parts[0].id, self._parts[0].parts):
            raise MalformedMessage("the parts belong to different messages")
        self._parts.append(frame)
        return self._complete() if frame.part == frame.parts else None

    def channel_lost(self) -> None:
        """Forget the parts of a message that is not whole: it comes again from its beginning."""
        self._parts.clear()

    def _complete(self) -> Incoming:
        first, text = self._parts[0], "".join(part.text for part in self._parts)
        self._parts.clear()
        if len(text.encode()) > MAX_MESSAGE_BYTES:
            raise MalformedMessage(f"a message may have {MAX_MESSAGE_BYTES} bytes")
        self.received = first.seq
        return Incoming(first.seq, first.id, text, first.sent_at)
