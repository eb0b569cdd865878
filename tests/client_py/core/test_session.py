from __future__ import annotations

import pytest

from client_py.core.session import (
    FULL_RETRY_SECONDS,
    OPENING_SECONDS,
    CloseSocket,
    LoginRefused,
    OpenSocket,
    SendText,
    Session,
    SessionEffect,
    SessionState,
    SessionTimer,
    StartSessionTimer,
    StopSessionTimer,
)
from protocol import events, requests
from protocol.codes import CloseCode, ErrorCode
from protocol.events import Limits
from protocol.requests import REQUESTS, Request

ME = "me-0000000000000000"
WELCOME = events.Welcome(ME, "welcomed", (), Limits(1, 1))
JOINED = events.Joined("den", ME, "joined", resumed=False, peers=(), capacity=2)
FULL = events.Error(ErrorCode.ROOM_FULL, "Full.")

AWAIT_ANSWER = StartSessionTimer(SessionTimer.OPENING, OPENING_SECONDS)
STOP_ALL: list[SessionEffect] = [StopSessionTimer(timer) for timer in SessionTimer]


def send(request: Request) -> SendText:
    """Give the effect that sends a request."""
    return SendText(REQUESTS.encode(request))


def retry_after(seconds: float) -> StartSessionTimer:
    """Give the effect that opens the socket again."""
    return StartSessionTimer(SessionTimer.RETRY, seconds)


def state_of(session: Session) -> SessionState:
    """Give the state, which for mypy would else be what the last assertion said."""
    return session.state


def new_session() -> Session:
    """Give a session without jitter."""
    return Session("den", lambda: 1.0)


def joined() -> Session:
    """Give a session that is in the room."""
    session = new_session()
    session.start()
    session.socket_opened()
    session.event_received(WELCOME)
    session.event_received(JOINED)
    return session


def test_session_opens_joins_and_is_in() -> None:
    """The socket is opened, the room asked for, and the answer is waited for, not for ever."""
    session = new_session()
    assert session.start() == [OpenSocket(), AWAIT_ANSWER]
    assert state_of(session) is SessionState.OPENING
    assert session.socket_opened() == [send(requests.Join("den"))]
    assert state_of(session) is SessionState.ENTERING
    assert session.event_received(WELCOME) == []
    assert session.event_received(JOINED) == [StopSessionTimer(SessionTimer.OPENING)]
    assert state_of(session) is SessionState.JOINED


def test_session_sends_only_in_the_room() -> None:
    """What is said before and after would be refused."""
    signal = requests.Leave()
    assert new_session().send(signal) == []
    assert joined().send(signal) == [send(signal)]


def test_session_resumes_what_it_was() -> None:
    """After a loss, the same peer comes back, after a pause that doubles until it is in again."""
    session = joined()
    assert session.socket_closed(1006) == [*STOP_ALL, retry_after(0.5)]
    assert state_of(session) is SessionState.WAITING
    assert session.timer_fired(SessionTimer.RETRY) == [OpenSocket(), AWAIT_ANSWER]
    assert session.socket_closed(CloseCode.SERVICE_RESTART) == [*STOP_ALL, retry_after(1)]
    session.timer_fired(SessionTimer.RETRY)
    assert session.socket_opened() == [send(requests.Join("den", "joined"))]
    session.event_received(WELCOME)
    session.event_received(JOINED)
    assert session.socket_closed(1006) == [*STOP_ALL, retry_after(0.5)]


def test_session_resumes_a_peer_that_never_heard_it_was_in() -> None:
    """Where `joined` was lost on its way, the welcome's token names the peer that holds our place."""
    session = new_session()
    session.start()
    session.socket_opened()
    session.event_received(WELCOME)
    session.socket_closed(1006)
    session.timer_fired(SessionTimer.RETRY)
    assert session.socket_opened() == [send(requests.Join("den", "welcomed"))]


@pytest.mark.parametrize("code", [CloseCode.REPLACED, CloseCode.PROTOCOL_VIOLATION])
def test_session_takes_a_final_no(code: CloseCode) -> None:
    """Where coming back can only end in the same way, it does not come back, and says why."""
    session = joined()
    assert session.socket_closed(code) == STOP_ALL
    assert state_of(session) is SessionState.REFUSED
    assert session.close_code == code
    assert session.network_returned() == []


def test_session_tells_that_the_login_is_over() -> None:
    """A token that is not taken is no matter of trying again."""
    session = joined()
    assert session.socket_closed(CloseCode.UNAUTHENTICATED) == [*STOP_ALL, LoginRefused()]
    assert state_of(session) is SessionState.REFUSED


def test_session_asks_a_full_room_again() -> None:
    """A full room is asked every few seconds, until there is a place."""
    session = new_session()
    session.start()
    session.socket_opened()
    again = [StopSessionTimer(SessionTimer.OPENING), StartSessionTimer(SessionTimer.REJOIN, FULL_RETRY_SECONDS)]
    assert session.event_received(FULL) == again
    assert state_of(session) is SessionState.FULL
    assert session.timer_fired(SessionTimer.REJOIN) == [send(requests.Join("den")), AWAIT_ANSWER]
    assert session.event_received(FULL) == again
    session.timer_fired(SessionTimer.REJOIN)
    session.event_received(JOINED)
    assert state_of(session) is SessionState.JOINED


def test_session_waits_as_long_as_the_server_says() -> None:
    """A refusal that names a time is asked again after that, and another one after a pause."""
    session = new_session()
    session.start()
    session.socket_opened()
    limited = events.Error(ErrorCode.RATE_LIMITED, "Slower.", 7)
    assert session.event_received(limited)[-1] == StartSessionTimer(SessionTimer.REJOIN, 7)
    assert state_of(session) is SessionState.ENTERING
    assert session.event_received(events.Error(ErrorCode.INTERNAL, "Oh."))[-1] == StartSessionTimer(
        SessionTimer.REJOIN, 0.5
    )


def test_session_leaves_errors_in_the_room_to_the_room() -> None:
    """Once inside, a refused request does not cost the place."""
    session = joined()
    assert session.event_received(events.Error(ErrorCode.UNKNOWN_PEER, "Who?")) == []
    assert state_of(session) is SessionState.JOINED


def test_session_gives_up_a_handshake_that_hangs() -> None:
    """A socket that does not come up, or a server that does not answer, is begun anew."""
    session = new_session()
    session.start()
    assert session.timer_fired(SessionTimer.OPENING) == [CloseSocket(), *STOP_ALL, retry_after(0.5)]
    assert state_of(session) is SessionState.WAITING


def test_session_begins_anew_with_a_server_that_talks_nonsense() -> None:
    """What cannot be read may be a fault of this connection alone."""
    session = joined()
    assert session.protocol_violated() == [CloseSocket(), *STOP_ALL, retry_after(0.5)]


def test_session_comes_back_at_once_with_the_network() -> None:
    """When the browser is online again, what waits does not wait longer; what is well is left alone."""
    session = joined()
    assert session.network_returned() == []
    session.socket_closed(1006)
    assert session.network_returned() == [StopSessionTimer(SessionTimer.RETRY), OpenSocket(), AWAIT_ANSWER]


def test_session_leaves() -> None:
    """Who leaves says so, if there is anyone to say it to."""
    session = joined()
    assert session.stop() == [*STOP_ALL, send(requests.Leave()), CloseSocket()]
    assert state_of(session) is SessionState.IDLE
    assert new_session().stop() == [*STOP_ALL, CloseSocket()]
