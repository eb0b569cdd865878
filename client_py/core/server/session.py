"""Decides how our connection to the server is made, kept, and made again.

idle ──start──▶ opening ──socket opened──▶ entering ──joined──▶ joined
                  ▲                            └──room_full──▶ full ──joined──▶ joined
                  └──server answered── waiting ◀──socket closed── (any of them) ──final close code──▶ refused

While it waits it probes: a new WebSocket is opened when the server has answered something smaller. On a line that
is dead an attempt has to be short, since TCP repeats what was lost after ever longer pauses; but in some browsers a
WebSocket that is given up while it opens stands in the way of the next one, for ten seconds and more after the line is
back. How to probe without leaving anything behind is the browser's matter (see `ports.ReachabilityProbe`).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

from client_py.core.backoff import Backoff
from protocol import events, requests
from protocol.codes import CloseCode, ErrorCode, is_final_close
from protocol.events import Event
from protocol.requests import REQUESTS, Request

OPENING_SECONDS = (4.0, 4.0, 12.0)
"""How long an answer to `join` is waited for, attempt by attempt. What takes longer is better started over, since TCP
sends a lost opening again only after 1, 3 and 7 s; but every third attempt leaves time to a slow line."""

PING_SECONDS = 2.0
"""Until the answer to a `ping`; coming back costs no more than that, and nobody is told of it."""

MAX_REPLACED_IN_A_ROW = 4

BACKOFF_SECONDS = 0.5
BACKOFF_CAP_SECONDS = 15.0
"""A server that answers probes but takes no WebSocket is asked less and less often."""

EAGER_DELAYS = 40
EAGER_CAP_SECONDS = 2.0
"""While a server refuses, it is asked often for the first minute: most restarts are over by then."""

FIRST_PROBE_SECONDS = 1.5
"""The first probe may go out over a connection that the browser has kept from the network before: nothing comes of it
there, and the next one gets a connection of its own."""

PROBE_SECONDS = 6.0
LATER_PROBE_SECONDS = 12.0
SHORT_PROBES = 10
"""How long an answer to a probe is waited for on a line that brings nothing, before another one is begun: TCP repeats
itself after 1 and 3 s, or (Linux, macOS) every second for the first five, and a slow line needs some seconds for four
ways there and back. Chromium makes a page wait when some fifteen of its WebSockets have failed within two minutes."""

MAX_UNANSWERED_PROBES = 15
"""After this many a WebSocket is opened all the same, and again after as many: where only probes are kept from the
server (by a proxy that hides its health, or since it is older than the page), nobody should be locked out."""

FULL_RETRY_SECONDS = 3.0
"""How often a full room is asked again."""


class SessionState(Enum):
    """How our connection to the server stands."""

    IDLE = auto()
    """Not begun, or ended on purpose."""
    OPENING = auto()
    """The WebSocket is being opened."""
    ENTERING = auto()
    """The WebSocket is open, and we have asked to join."""
    JOINED = auto()
    """We are in the room."""
    FULL = auto()
    """The room had no place; we ask again and again."""
    WAITING = auto()
    """The WebSocket was lost, and is opened again when the server answers."""
    REFUSED = auto()
    """The server said a final no."""


_OPEN = (SessionState.ENTERING, SessionState.JOINED, SessionState.FULL)


class SessionTimer(Enum):
    """What a session waits for; starting a timer that runs restarts it."""

    OPENING = auto()
    """The server has yet to answer us."""
    PROBE = auto()
    """The server is asked (again) whether it is there, after a pause."""
    REJOIN = auto()
    """The room is asked again after a pause."""
    PING = auto()
    """The server has to show that it still hears us."""


@dataclass(frozen=True, slots=True)
class OpenSocket:
    """Open a WebSocket to the server, with the token that is valid now."""


@dataclass(frozen=True, slots=True)
class ProbeServer:
    """Find out whether the server is there, from the beginning: answers to earlier probes no longer count."""


@dataclass(frozen=True, slots=True)
class CloseSocket:
    """Close the WebSocket, and hear nothing more of it."""


@dataclass(frozen=True, slots=True)
class SendText:
    """Send text over the WebSocket."""

    text: str


@dataclass(frozen=True, slots=True)
class StartSessionTimer:
    """Call `timer_fired` after some seconds."""

    timer: SessionTimer
    seconds: float


@dataclass(frozen=True, slots=True)
class StopSessionTimer:
    """Do not call for this timer any more."""

    timer: SessionTimer


@dataclass(frozen=True, slots=True)
class KeepResumeToken:
    """Keep the token by which this device is the same peer again after a reload."""

    token: str


@dataclass(frozen=True, slots=True)
class LoginRefused:
    """The server does not take our token: the person has to sign in again."""


SessionEffect = (
    OpenSocket
    | ProbeServer
    | CloseSocket
    | SendText
    | StartSessionTimer
    | StopSessionTimer
    | KeepResumeToken
    | LoginRefused
)


class Session:
    """Our connection to the server, over as many WebSockets as it takes."""

    def __init__(self, room: str, random: Callable[[], float], resume_token: str | None = None) -> None:
        self.room = room
        self.state = SessionState.IDLE
        self.close_code: int | None = None
        """Of the last WebSocket that was closed; a person is told of the final ones."""
        self.refused_origin = ""
        """Ours, as long as the last that was heard of the server is that it takes no pages of it."""
        self.is_full_of_own_devices = False
        """Whether the room has a place for this person, and not for one device more of theirs."""
        self._resume_token = resume_token
        self._backoff = Backoff(BACKOFF_SECONDS, BACKOFF_CAP_SECONDS, random)
        self._refusals = Backoff(
            BACKOFF_SECONDS, BACKOFF_CAP_SECONDS, random, eager=EAGER_DELAYS, eager_cap=EAGER_CAP_SECONDS
        )
        self._silent_probes = 0
        """How many in a row have brought nothing back at all."""
        self._unanswered_probes = 0
        """How many have brought no answer since the last WebSocket was opened."""
        self._patience = itertools.cycle(OPENING_SECONDS)
        self._probing = False
        self._replaced_in_a_row = 0
        self._fresh_token = ""
        """One that came after the WebSocket was opened with the one before, and has not been shown to the server."""
        self._takes_tokens = False
        """Whether the server knows `renew`, as its welcome says."""

    # Inputs of the room

    def start(self) -> list[SessionEffect]:
        """Begin to enter the room."""
        self.state = SessionState.OPENING
        self._fresh_token, self._takes_tokens = "", False
        return [OpenSocket(), self._await_answer()]

    def stop(self) -> list[SessionEffect]:
        """Leave the room on purpose: the others are told at once."""
        effects: list[SessionEffect] = [StopSessionTimer(timer) for timer in SessionTimer]
        if self.state is SessionState.JOINED:
            effects.append(self._request(requests.Leave()))
        self.state = SessionState.IDLE
        return [*effects, CloseSocket()]

    def send(self, request: Request) -> list[SessionEffect]:
        """Send a request if we are in the room; what is lost here is made good by negotiating again after joining."""
        return [self._request(request)] if self.state is SessionState.JOINED else []

    def token_changed(self, token: str) -> list[SessionEffect]:
        """The token that is valid now is another than before: an open WebSocket is to stand for as long as it."""
        self._fresh_token = token
        return self._show_token()

    def checked(self) -> list[SessionEffect]:
        """The network may be another, or the page has slept: let no pause run on, and see if the server hears us."""
        match self.state:
            case SessionState.WAITING:
                return self._probe()
            case SessionState.OPENING:
                # It was begun from an address that may be gone.
                return [CloseSocket(), *self.start()]
            case SessionState.JOINED | SessionState.FULL:
                return self.asked()
        return []

    def login_renewed(self) -> list[SessionEffect]:
        """The person has a login again: enter the room, if the one before is what stood in the way."""
        if self.state is not SessionState.REFUSED or self.close_code != CloseCode.UNAUTHENTICATED:
            return []
        self.close_code = None
        return self.start()

    @property
    def hears_us(self) -> bool:
        """Whether we are in the room, and no question is open to which the server has not answered yet."""
        return self.state is SessionState.JOINED and not self._probing

    def asked(self) -> list[SessionEffect]:
        """Something else has failed that may have failed for the same reason: see whether the server hears us."""
        if self._probing or self.state not in (SessionState.JOINED, SessionState.FULL):
            return []
        self._probing = True
        return [self._request(requests.Ping()), StartSessionTimer(SessionTimer.PING, PING_SECONDS)]

    # Inputs of the WebSocket

    def socket_opened(self) -> list[SessionEffect]:
        """The handshake is done."""
        self.state = SessionState.ENTERING
        self.refused_origin = ""
        return [self._join()]

    def socket_closed(self, code: int) -> list[SessionEffect]:
        """The WebSocket is gone; the code says whether coming back can help."""
        self.close_code = code
        self._probing = False
        self._replaced_in_a_row = self._replaced_in_a_row + 1 if code == CloseCode.REPLACED else 0
        effects: list[SessionEffect] = [StopSessionTimer(timer) for timer in SessionTimer]
        if code == CloseCode.UNAUTHENTICATED:
            self.state = SessionState.REFUSED
            return [*effects, LoginRefused()]
        if is_final_close(code) and not self._was_replaced_by_ourselves:
            self.state = SessionState.REFUSED
            return effects
        self.state = SessionState.WAITING
        return [*effects, StartSessionTimer(SessionTimer.PROBE, self._backoff.next_delay())]

    def probe_ended(self, *, answered: bool) -> list[SessionEffect]:
        """The last probe was answered, or found nobody."""
        if self.state is not SessionState.WAITING:
            return []
        self.refused_origin = ""
        return [StopSessionTimer(SessionTimer.PROBE), *self.start()] if answered else self._probe_again()

    def origin_refused(self, origin: str) -> list[SessionEffect]:
        """The last probe was answered by a server that takes no pages of our origin; it may have learnt to by then."""
        if self.state is not SessionState.WAITING:
            return []
        self.refused_origin = origin
        return self._probe_again()

    def event_received(self, event: Event) -> list[SessionEffect]:
        """An event came in; what concerns peers is the room's."""
        return [*self._end_probe(), *self._on_event(event)]

    def unknown_event_received(self) -> list[SessionEffect]:
        """An event came in of a type that this release does not know: the server is newer, and hears us."""
        return self._end_probe()

    def _on_event(self, event: Event) -> list[SessionEffect]:
        match event:
            case events.Welcome():
                # If `joined` is lost on its way, this makes us the peer that is in the room already.
                self._resume_token = self._resume_token or event.resume_token
                self._takes_tokens = event.token_expires_at is not None
                return self._show_token()
            case events.Joined():
                self.state = SessionState.JOINED
                self._resume_token = event.resume_token
                self._backoff.reset()
                self._refusals.reset()
                self._silent_probes = self._unanswered_probes = 0
                self._patience = itertools.cycle(OPENING_SECONDS)
                return [StopSessionTimer(SessionTimer.OPENING), KeepResumeToken(event.resume_token)]
            case events.Error() if self.state in (SessionState.ENTERING, SessionState.FULL):
                return self._on_refusal(event)
        return []

    def protocol_violated(self) -> list[SessionEffect]:
        """The server sent what we cannot read: a new WebSocket may do better, or the page is older than the server."""
        return [CloseSocket(), *self.socket_closed(CloseCode.NORMAL)]

    # Time

    def timer_fired(self, timer: SessionTimer) -> list[SessionEffect]:
        """A timer ran out."""
        match timer:
            case SessionTimer.OPENING:
                return [CloseSocket(), *self.socket_closed(CloseCode.NORMAL)]
            case SessionTimer.PROBE:
                return self._probe()
            case SessionTimer.REJOIN if self.state is SessionState.JOINED:
                return []  # what was refused was something else, such as a token
            case SessionTimer.REJOIN:
                return [self._join(), self._await_answer()]
            case SessionTimer.PING:
                # The browser may take minutes to see that this WebSocket is dead; on a phone it may never do.
                self._probing = False
                self.close_code = CloseCode.NORMAL
                self.state = SessionState.WAITING
                return [*(StopSessionTimer(each) for each in SessionTimer), CloseSocket(), *self._probe()]

    # Transitions

    def _on_refusal(self, error: events.Error) -> list[SessionEffect]:
        if error.code in (ErrorCode.ROOM_FULL, ErrorCode.TOO_MANY_DEVICES):
            self.state = SessionState.FULL
            self.is_full_of_own_devices = error.code == ErrorCode.TOO_MANY_DEVICES
            pause = error.retry_after or FULL_RETRY_SECONDS
        else:
            # Among them are codes of a newer server: `retry_after` says all that has to be known.
            pause = error.retry_after or self._backoff.next_delay()
        return [StopSessionTimer(SessionTimer.OPENING), StartSessionTimer(SessionTimer.REJOIN, pause)]

    @property
    def _was_replaced_by_ourselves(self) -> bool:
        """Tell whether a WebSocket that we had given up has taken our place, by a `join` that was long on its way.

        No other page can have our token, but if it ever had, the two would take each other's place for ever.
        """
        return 0 < self._replaced_in_a_row < MAX_REPLACED_IN_A_ROW

    def _end_probe(self) -> list[SessionEffect]:
        if not self._probing:
            return []
        self._probing = False
        return [StopSessionTimer(SessionTimer.PING)]

    def _probe(self) -> list[SessionEffect]:
        self._unanswered_probes += 1
        if self._unanswered_probes > MAX_UNANSWERED_PROBES:
            self._unanswered_probes = 0
            return self.start()
        self._silent_probes += 1
        if self._silent_probes == 1:
            seconds = FIRST_PROBE_SECONDS
        else:
            seconds = PROBE_SECONDS if self._silent_probes <= SHORT_PROBES else LATER_PROBE_SECONDS
        return [ProbeServer(), StartSessionTimer(SessionTimer.PROBE, seconds)]

    def _probe_again(self) -> list[SessionEffect]:
        """The line brings answers, so that there is something to pause for."""
        self._silent_probes = 0
        return [StartSessionTimer(SessionTimer.PROBE, self._refusals.next_delay())]

    def _show_token(self) -> list[SessionEffect]:
        token = self._fresh_token
        if not (token and self._takes_tokens and self.state in _OPEN):
            return []
        self._fresh_token = ""
        return [self._request(requests.Renew(token))]

    def _await_answer(self) -> SessionEffect:
        return StartSessionTimer(SessionTimer.OPENING, next(self._patience))

    def _join(self) -> SessionEffect:
        return self._request(requests.Join(self.room, self._resume_token))

    def _request(self, request: Request) -> SendText:
        return SendText(REQUESTS.encode(request))
