"""Decides what the browser's gathering of candidates says about the relay, for when a connection cannot be made.

A refusal comes within moments, as `icecandidateerror` with the TURN server's error code. That a TURN server is away may
be told by the code 701, after ten seconds or, over UDP in Chromium, not at all; so silence over two attempts says it
too.
"""

from __future__ import annotations

from enum import IntEnum

from client_py.core.peer.ice_servers import TURN_SCHEMES
from client_py.core.peer.sdp import is_relay
from protocol.webrtc import Candidate

CREDENTIALS_REFUSED = frozenset({401, 403, 431, 438, 441})
"""RFC 8656 §19 and RFC 8489 §14.8: what a TURN server says to credentials that it does not take."""
NO_STUN_CODE = 700
"""W3C puts its own code, 701, where no STUN error can be (RTCPeerConnectionIceErrorEvent)."""


class RelayFault(IntEnum):
    """Why there is no relay; the higher one says more, where the TURN server's addresses differ."""

    UNREACHABLE = 1
    """It does not answer."""
    OVERLOADED = 2
    """It answers, but makes no allocation: its quota is used up (486), it is full (508), or it is in trouble."""
    REFUSED = 3
    """It does not take the credentials."""


class RelayGathering:
    """What came of TURN servers in the attempts to connect to one peer."""

    def __init__(self) -> None:
        self._outcome: RelayFault | None = None
        self._succeeded = False
        self._before: tuple[RelayFault | None, bool] = (None, False)
        """The outcome of the attempt before this one."""

    @property
    def fault(self) -> RelayFault | None:
        """Why there is no relay; None where there is one."""
        for outcome, succeeded in ((self._outcome, self._succeeded), self._before):
            if succeeded or outcome is not None:
                return None if succeeded else outcome
        return RelayFault.UNREACHABLE

    def began(self) -> None:
        """Candidates are gathered again."""
        self._before = (self._outcome, self._succeeded)
        self._outcome, self._succeeded = None, False

    def candidate_gathered(self, candidate: Candidate) -> None:
        """The `icecandidate` event."""
        self._succeeded = self._succeeded or is_relay(candidate)

    def candidate_failed(self, url: str, code: int) -> bool:
        """The `icecandidateerror` event; tells whether it is about a TURN server."""
        if not url.startswith(TURN_SCHEMES):
            return False
        self._outcome = max(_fault_of(code), self._outcome or RelayFault.UNREACHABLE)
        return True


def _fault_of(code: int) -> RelayFault:
    if code in CREDENTIALS_REFUSED:
        return RelayFault.REFUSED
    return RelayFault.UNREACHABLE if code >= NO_STUN_CODE else RelayFault.OVERLOADED
