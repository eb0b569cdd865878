"""Decides whether an open channel still carries anything: it asks, and looks whether a byte comes back.

idle ──expected──▶ waiting ──1 s without a frame──▶ asking ──a frame, or more bytes──▶ waiting
  └──────────────────── asked ─────────────────────────▲ └──2 s of nothing──▶ silent

No timer runs while nothing is expected. What is quiet for a reason (a slow line that brings a long frame) is told from
what is dead by the bytes that the RTCPeerConnection counts.
"""

from __future__ import annotations

from enum import Enum, auto

from client_py.core.peer.link_effects import AskPeer, CountBytes, LinkEffect, LinkTimer, StartTimer, StopTimer

EXPECTING_SECONDS = 1.0
"""How long something may be on its way without a frame from the other side, before we ask it."""

ASKING_SECONDS = 2.0
"""How long nothing at all may come back: SCTP sends again after 1 s (RFC 9260 §15), and the other side need not be
awake, since the transport acknowledges by itself."""


class _Watch(Enum):
    IDLE = auto()
    EXPECTING = auto()
    ASKING = auto()
    COUNTING = auto()


class Liveness:
    """Watches over one open channel; each input gives what to do, and `is_silent` whether it is dead."""

    def __init__(self) -> None:
        self.is_silent = False
        self._watch = _Watch.IDLE
        self._heard = False
        self._bytes: int | None = None
        self._counts = 0

    def expected(self) -> list[LinkEffect]:
        """Something was sent that the other side has to acknowledge."""
        if self._watch is not _Watch.IDLE:
            return []
        return self._expect()

    def heard(self) -> None:
        """A frame came in."""
        self._heard = True

    def asked(self, seconds: float = ASKING_SECONDS) -> list[LinkEffect]:
        """Somebody wants to know within `seconds` whether the channel is alive."""
        if self._watch in (_Watch.ASKING, _Watch.COUNTING):
            return []
        stopping: list[LinkEffect] = [StopTimer(LinkTimer.EXPECTING)] if self._watch is _Watch.EXPECTING else []
        self._watch = _Watch.ASKING
        self._heard = False
        self._bytes = None
        self._counts = 0
        return [*stopping, AskPeer(), CountBytes(), StartTimer(LinkTimer.ASKING, seconds)]

    def bytes_counted(self, count: int | None) -> list[LinkEffect]:
        """What the RTCPeerConnection has received so far; None where the browser does not tell."""
        self._counts += 1
        if self._counts == 1:
            self._bytes = count
        if self._counts == 1 or self._watch is not _Watch.COUNTING:
            return []  # the first count may come late, and says nothing alone
        # Where the path was changed meanwhile, its count may even be lower.
        if self._heard or (count is not None and self._bytes is not None and count != self._bytes):
            return self._expect()
        self._watch = _Watch.IDLE
        self.is_silent = True
        return []

    def timer_fired(self, timer: LinkTimer, *, awaited: bool) -> list[LinkEffect]:
        """One of its timers ran out; `awaited` tells whether something is still on its way."""
        if timer is LinkTimer.EXPECTING and self._watch is _Watch.EXPECTING:
            self._watch = _Watch.IDLE
            if not awaited:
                return []
            return self._expect() if self._heard else self.asked()
        if timer is LinkTimer.ASKING and self._watch is _Watch.ASKING:
            if self._heard:
                return self._expect()
            self._watch = _Watch.COUNTING
            return [CountBytes()]
        return []

    def end(self) -> list[LinkEffect]:
        """The channel is not in use any more."""
        timer = {_Watch.EXPECTING: LinkTimer.EXPECTING, _Watch.ASKING: LinkTimer.ASKING}.get(self._watch)
        self._watch = _Watch.IDLE
        self.is_silent = False
        return [] if timer is None else [StopTimer(timer)]

    def _expect(self) -> list[LinkEffect]:
        self._watch = _Watch.EXPECTING
        self._heard = False
        return [StartTimer(LinkTimer.EXPECTING, EXPECTING_SECONDS)]
