"""Decides how our connection to the server is made, kept, and made again.

idle ──start──▶ opening ──socket opened──▶ entering ──joined──▶ joined
                  ▲                            └──room_full──▶ full ──joined──▶ joined
                  └──timer── waiting ◀──socket closed── (any of them) ──final close code──▶ refused
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto

from client_py.core.backoff import Backoff
from protocol import events, requests
from protocol.codes import CloseCode, ErrorCode
from protocol.events import Event
from protocol.requests import REQUESTS, Request

OPENING_SECONDS = 10.0
"""Until an answer to `join`: three or four round trips. What takes longer is better begun anew."""

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
    """The WebSocket was lost, and is opened again after a pause."""
    REFUSED = auto()
    """The server said a final no."""


class SessionTimer(Enum):
    """What a session waits for; starting a timer that runs starts it anew."""

    OPENING = auto()
    """The server has yet to answer us."""
    RETRY = auto()
    """The next WebSocket is opened after a pause."""
    REJOIN = auto()
    """The room is asked again after a pause."""


@dataclass(frozen=True, slots=True)
class OpenSocket:
    """Open a WebSocket to the server, with the token that is valid now."""


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
class LoginRefused:
    """The server does not take our token: the person has to sign in again."""


SessionEffect = OpenSocket | CloseSocket | SendText | StartSessionTimer | StopSessionTimer | LoginRefused


class Session:
    """Our connection to the server, over as many WebSockets as it takes."""

    def __init__(self, room: str, random: Callable[[], float]) -> None:
        self.room = room
        self.state = SessionState.IDLE
        self.close_code: int | None = None
        """Of the last WebSocket that was closed; a person is told of the final ones."""
        self._resume_token: str | None = None
        self._backoff = Backoff(0.5, 15, random)

    # Inputs of the room

    def start(self) -> list[SessionEffect]:
        """Begin to enter the room."""
        self.state = SessionState.OPENING
        return [OpenSocket(), _await_answer()]

    def stop(self) -> list[SessionEffect]:
        """Leave the room on purpose: the others are told at once."""
        effects: list[SessionEffect] = [StopSessionTimer(timer) for timer in SessionTimer]
        if self.state is SessionState.JOINED:
            effects.append(self._request(requests.Leave()))
        self.state = SessionState.IDLE
        return [*effects, CloseSocket()]

    def send(self, request: Request) -> list[SessionEffect]:
        """Send a request if we are in the room; what is lost here is made good by negotiating anew after joining."""
        return [self._request(request)] if self.state is SessionState.JOINED else []

    def network_returned(self) -> list[SessionEffect]:
        """The browser is online again: what waits need not wait longer."""
        if self.state is not SessionState.WAITING:
            return []
        return [StopSessionTimer(SessionTimer.RETRY), *self.start()]

    # Inputs of the WebSocket

    def socket_opened(self) -> list[SessionEffect]:
        """The handshake is done."""
        self.state = SessionState.ENTERING
        return [self._join()]

    def socket_closed(self, code: int) -> list[SessionEffect]:
        """The WebSocket is gone; the code says whether coming back can help."""
        self.close_code = code
        effects: list[SessionEffect] = [StopSessionTimer(timer) for timer in SessionTimer]
        if code == CloseCode.UNAUTHENTICATED:
            self.state = SessionState.REFUSED
            return [*effects, LoginRefused()]
        if _is_final(code):
            self.state = SessionState.REFUSED
            return effects
        self.state = SessionState.WAITING
        return [*effects, StartSessionTimer(SessionTimer.RETRY, self._backoff.next_delay())]

    def event_received(self, event: Event) -> list[SessionEffect]:
        """An event came in; what concerns peers is the room's."""
        match event:
            case events.Welcome():
                # If `joined` is lost on its way, this makes us the peer that is in the room already.
                self._resume_token = self._resume_token or event.resume_token
            case events.Joined():
                self.state = SessionState.JOINED
                self._resume_token = event.resume_token
                self._backoff.reset()
                return [StopSessionTimer(SessionTimer.OPENING)]
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
            case SessionTimer.RETRY:
                return self.start()
            case SessionTimer.REJOIN:
                return [self._join(), _await_answer()]

    # Transitions

    def _on_refusal(self, error: events.Error) -> list[SessionEffect]:
        if error.code is ErrorCode.ROOM_FULL:
            self.state = SessionState.FULL
            pause = error.retry_after or FULL_RETRY_SECONDS
        else:
            pause = error.retry_after or self._backoff.next_delay()
        return [StopSessionTimer(SessionTimer.OPENING), StartSessionTimer(SessionTimer.REJOIN, pause)]

    def _join(self) -> SessionEffect:
        return self._request(requests.Join(self.room, self._resume_token))

    def _request(self, request: Request) -> SendText:
        return SendText(REQUESTS.encode(request))


def _await_answer() -> SessionEffect:
    return StartSessionTimer(SessionTimer.OPENING, OPENING_SECONDS)


def _is_final(code: int) -> bool:
    try:
        return CloseCode(code).is_final
    except ValueError:
        return False
