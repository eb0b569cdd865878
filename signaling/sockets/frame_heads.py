"""Decides where the frames in a client's bytes begin, and whether a message is at its end (RFC 6455 §5.2)."""

from __future__ import annotations

FIN, OPCODE, MASKED, LENGTH = 0x80, 0x0F, 0x80, 0x7F
FIRST_CONTROL = 8
TWO_BYTES, EIGHT_BYTES = 126, 127


class FrameHeads:
    """The heads of a client's frames, found in what comes."""

    def __init__(self) -> None:
        self._head = bytearray()
        self._payload_left = 0
        self._is_whole = True
        self.message_bytes = 0
        """What has come of a message that is not at its end."""
        self.ended = 0
        """How many messages have come to their end."""

    @property
    def is_unfinished(self) -> bool:
        """Whether a frame or a message has begun."""
        return bool(self._head or self._payload_left or not self._is_whole)

    def next(self, data: memoryview) -> tuple[memoryview, bool]:
        """Pass over the rest of a payload, or over a head; return what follows, and whether a frame has begun."""
        if self._payload_left:
            size = min(self._payload_left, len(data))
            self._payload_left -= size
            self.message_bytes += size
            self._look_whether_it_ended()
            return data[size:], False
        size = self._head_size - len(self._head)
        self._head += data[:size]
        has_begun = len(self._head) == self._head_size
        if has_begun:
            self._begin()
        return data[size:], has_begun

    @property
    def _head_size(self) -> int:
        if len(self._head) < 2:  # noqa: PLR2004 - the bytes that every head has
            return 2
        longer = {TWO_BYTES: 2, EIGHT_BYTES: 8}.get(self._head[1] & LENGTH, 0)
        return 2 + longer + (4 if self._head[1] & MASKED else 0)

    def _begin(self) -> None:
        first, length = self._head[0], self._head[1] & LENGTH
        if length >= TWO_BYTES:
            length = int.from_bytes(self._head[2 : 4 if length == TWO_BYTES else 10], "big")
        self._head.clear()
        self._payload_left = length
        if first & OPCODE < FIRST_CONTROL:
            self._is_whole = bool(first & FIN)
        self._look_whether_it_ended()

    def _look_whether_it_ended(self) -> None:
        if not self._payload_left and self._is_whole:
            self.message_bytes = 0
            self.ended += 1
