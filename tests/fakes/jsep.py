"""The half of a fake RTCPeerConnection that negotiates: descriptions, rollback, candidates, and the operations chain.

It keeps the rules of WebRTC 1.0 (§4.4.1 on the chain, §4.7.3 on `negotiationneeded`) and of JSEP (RFC 8829) as far as a
page can notice them.
"""

from __future__ import annotations

import itertools
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from client_py.core.peer.sdp import OTHER_ROLE, dtls_role, fingerprints, username_fragments
from client_py.ports.webrtc import OperationFailed, PeerConnectionCallbacks
from protocol.webrtc import Candidate, Description
from tests.fakes.agenda import Action, Agenda

OPERATION = (0.0, 0.03)
EVENT = (0.0, 0.01)
HEARING = (0.0, 0.01)
"""Python hears of an operation's end after the events that the operation caused."""
GATHERING = (0.0, 0.3)

Generation = tuple[str, str]
"""The ICE username fragments of a path: ours and theirs."""


class Browser(Protocol):
    """What an RTCPeerConnection runs in."""

    agenda: Agenda
    slowness: float
    """How much longer than usual everything takes."""

    def refuse_sometimes(self) -> None:
        """Raise OperationFailed now and then."""
        ...


@dataclass(frozen=True, slots=True)
class _Operation:
    work: Callable[[], Action]
    failed: Callable[[str], None]


class Jsep(ABC):
    """What an RTCPeerConnection has agreed on; operations take time, and tell how they went by a callback."""

    def __init__(self, browser: Browser, fingerprint: str, callbacks: PeerConnectionCallbacks) -> None:
        self.fingerprint = fingerprint
        self.signaling_state = "stable"
        self.callbacks = callbacks
        self.candidates: set[str] = set()
        """The fragments of the other side's generations of which a candidate has come."""
        self._browser = browser
        self._numbers = itertools.count(1)
        self._local: Description | None = None
        self._remote: Description | None = None
        self._pending_local: Description | None = None
        self._pending_remote: Description | None = None
        self._operations: deque[_Operation] = deque()
        self._chain_busy = False
        self._update_when_idle = False
        self._negotiation_needed = False
        self._restart_wanted = False
        self._channel_wanted = False
        self._dtls_role: str | None = None

    @property
    def remote_description(self) -> Description | None:
        """What was agreed on of the other side."""
        return self._remote

    @property
    def generation(self) -> Generation:
        """The ICE generation that was agreed on."""
        return fragment_of(self._local), fragment_of(self._remote)

    @abstractmethod
    def on_agreed(self, *, again: bool) -> None:
        """Offer and answer are set; `again` tells whether they begin a new ICE generation."""

    @abstractmethod
    def on_candidate(self) -> None:
        """A candidate of the other side is set."""

    # What the page does

    def set_local_description(self, done: Callable[[Description], None], failed: Callable[[str], None]) -> None:
        """Make the description that the signaling state asks for."""

        def work() -> Action:
            description = self._answer() if self.signaling_state == "have-remote-offer" else self._offer()
            return lambda: done(description)

        self._enqueue(work, failed)

    def set_remote_description(self, description: Description, done: Action, failed: Callable[[str], None]) -> None:
        """Apply what the other side sent; an offer rolls back one of our own."""

        def work() -> Action:
            if self._remote is not None and fingerprints(self._remote.sdp) != fingerprints(description.sdp):
                raise OperationFailed("the certificate is another")
            self._take_offer(description) if description.type == "offer" else self._take_answer(description)
            return done

        self._enqueue(work, failed)

    def add_ice_candidate(self, candidate: Candidate, done: Action, failed: Callable[[str], None]) -> None:
        """Apply a candidate of the other side."""

        def work() -> Action:
            fragment = candidate.username_fragment or ""
            if fragment not in (fragment_of(self._remote), fragment_of(self._pending_remote)):
                raise OperationFailed("the candidate belongs to no description")
            self.candidates.add(fragment)
            self.on_candidate()
            return done

        self._enqueue(work, failed)

    def want_channel(self) -> None:
        """Ask for a data channel to be agreed on."""
        self._channel_wanted = True
        self._update_negotiation_needed()

    def restart_ice(self) -> None:
        """Ask for a new ICE generation."""
        self._restart_wanted = True
        self._update_negotiation_needed()

    # The signaling states

    def _enqueue(self, work: Callable[[], Action], failed: Callable[[str], None]) -> None:
        self._operations.append(_Operation(work, failed))
        if len(self._operations) == 1:
            self._begin_operation()

    def _begin_operation(self) -> None:
        self._chain_busy = True
        self.later(OPERATION, self._carry_out, self._browser.slowness)

    def _carry_out(self) -> None:
        operation = self._operations[0]
        try:
            self._browser.refuse_sometimes()
            heard = operation.work()
        except OperationFailed as error:
            reason = error.reason

            def heard() -> None:
                operation.failed(reason)

        self._chain_busy = False
        if self._update_when_idle:
            self._update_when_idle = False
            self._update_negotiation_needed()
        self.later(HEARING, lambda: self._go_on(heard), self._browser.slowness)

    def _go_on(self, heard: Action) -> None:
        heard()
        self._operations.popleft()
        if self._operations:
            self._begin_operation()

    def _offer(self) -> Description:
        fragment = fragment_of(self._pending_local) or fragment_of(self._local)
        if not fragment or self._restart_wanted:
            fragment = self._gather()
        self._pending_local = self._describe("offer", fragment, "actpass")
        self._set_signaling_state("have-local-offer")
        return self._pending_local

    def _answer(self) -> Description:
        fragment = fragment_of(self._local)
        if not fragment or fragment_of(self._remote) != fragment_of(self._pending_remote):
            fragment = self._gather()
        offered = dtls_role(self._pending_remote.sdp) if self._pending_remote else None
        # As Firefox does: whatever its role is already, it is active where the offer leaves the choice.
        self._dtls_role = OTHER_ROLE[offered] if offered else "active"
        answer = self._describe("answer", fragment, self._dtls_role)
        self._agree(answer, self._pending_remote)
        return answer

    def _take_offer(self, offer: Description) -> None:
        self._pending_local = None
        self._pending_remote = offer
        self._set_signaling_state("have-remote-offer")

    def _take_answer(self, answer: Description) -> None:
        if self.signaling_state != "have-local-offer":
            raise OperationFailed("no offer is open")
        role = OTHER_ROLE[dtls_role(answer.sdp) or ""]
        if self._dtls_role not in (None, role):
            raise OperationFailed("the role in DTLS is another")  # as Chromium does
        self._dtls_role = role
        self._agree(self._pending_local, answer)

    def _agree(self, local: Description | None, remote: Description | None) -> None:
        if fragment_of(local) != fragment_of(self._local):
            self._restart_wanted = False
        before = self.generation
        self._local, self._remote, self._pending_local, self._pending_remote = local, remote, None, None
        self._set_signaling_state("stable")
        self._negotiation_needed = False
        self._update_negotiation_needed()
        self.on_agreed(again=self.generation != before)

    def _describe(self, kind: str, fragment: str, setup: str) -> Description:
        sdp = f"a=fingerprint:sha-256 {self.fingerprint}\r\na=ice-ufrag:{fragment}\r\na=setup:{setup}\r\n"
        return Description("offer" if kind == "offer" else "answer", sdp)

    def _gather(self) -> str:
        """Begin a new ICE generation; gives its fragment."""
        fragment = f"{self.fingerprint}-{next(self._numbers)}"
        for number in range(2):
            candidate = Candidate(f"candidate:{number}", "0", 0, fragment)
            self.later(GATHERING, partial(self.callbacks.candidate_gathered, candidate))
        return fragment

    def _set_signaling_state(self, state: str) -> None:
        if state != self.signaling_state:
            self.signaling_state = state
            self.callbacks.signaling_state_changed(state)

    def _update_negotiation_needed(self) -> None:
        self.later(EVENT, self._fire_negotiation_needed)

    def _fire_negotiation_needed(self) -> None:
        if self._chain_busy:
            self._update_when_idle = True
            return
        needed = self._restart_wanted or (self._channel_wanted and self._local is None)
        if self.signaling_state != "stable" or self._negotiation_needed or not needed:
            return
        self._negotiation_needed = True
        self.callbacks.negotiation_needed()

    def later(self, within: tuple[float, float], action: Action, slowness: float = 1.0) -> Action:
        """Let something happen, unless the connection is closed by then."""
        least, most = within

        def act() -> None:
            if self.signaling_state != "closed":
                action()

        return self._browser.agenda.within(least * slowness, most * slowness, act)


def fragment_of(description: Description | None) -> str:
    """Return the ICE username fragment of a description, or nothing."""
    return min(username_fragments(description.sdp)) if description else ""
