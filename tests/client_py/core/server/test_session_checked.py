from __future__ import annotations

import pytest

from client_py.core.server.session import (
    FIRST_PROBE_SECONDS,
    CloseSocket,
    OpenSocket,
    ProbeServer,
    Session,
    SessionEffect,
    SessionState,
    SessionTimer,
    StartSessionTimer,
    StopSessionTimer,
)
from protocol import events, requests
from protocol.codes import CloseCode, ErrorCode
from protocol.events import Event
from tests.client_py.core.server.test_session import (
    AWAIT_ANSWER,
    FULL,
    JOINED,
    PING,
    STOP_ALL,
    WELCOME,
    come_back,
    joined,
    new_session,
    probe_after,
    send,
    state_of,
)

END_OF_PING: list[SessionEffect] = [StopSessionTimer(SessionTimer.PING)]


PROBE_AT_ONCE: list[SessionEffect] = [ProbeServer(), probe_after(FIRST_PROBE_SECONDS)]


def hears_us(session: Session) -> bool:
    """Tell whether the server hears us, which for mypy would else be what the last assertion said."""
    return session.hears_us


def test_session_that_waits_is_checked_by_probing() -> None:
    """No pause runs on when the network may be back."""
    session = joined()
    session.socket_closed(1006)
    assert session.checked() == PROBE_AT_ONCE
    assert state_of(session) is SessionState.WAITING


def test_session_that_opens_is_checked_by_opening_again() -> None:
    """The handshake was begun from an address that may be gone."""
    session = new_session()
    session.start()
    assert session.checked() == [CloseSocket(), OpenSocket(), AWAIT_ANSWER]


def test_session_in_the_room_is_checked_by_a_question() -> None:
    """Whether the server hears us is not known before it answers; one question at a time is enough."""
    session = joined()
    assert session.checked() == PING
    assert session.checked() == []
    assert session.event_received(events.Pong()) == END_OF_PING
    assert session.event_received(events.Pong()) == []
    assert session.asked() == PING


@pytest.mark.parametrize("event", [events.PeerLeft(JOINED.peer_id, "lost"), WELCOME])
def test_session_takes_any_event_for_an_answer(event: Event) -> None:
    """Whatever the server says, it is there."""
    session = joined()
    session.asked()
    assert session.event_received(event) == END_OF_PING


def test_session_takes_an_unknown_event_for_an_answer() -> None:
    """A newer server that says something else than we know hears us all the same."""
    session = joined()
    session.checked()
    assert session.unknown_event_received() == END_OF_PING
    assert hears_us(session)


def test_session_that_gets_no_answer_probes() -> None:
    """A WebSocket that nobody hears is given up, and the server counts as away until the next one is open."""
    session = joined()
    session.asked()
    assert not hears_us(session)
    assert session.timer_fired(SessionTimer.PING) == [*STOP_ALL, CloseSocket(), *PROBE_AT_ONCE]
    assert state_of(session) is SessionState.WAITING
    assert session.close_code == CloseCode.NORMAL
    session.probe_ended(answered=True)
    assert session.socket_opened() == [send(requests.Join("den", "joined"))]
    assert session.event_received(WELCOME) == []
    session.event_received(JOINED)
    assert hears_us(session)
    assert session.asked() == PING


def test_session_asks_before_a_full_room_too() -> None:
    """Somebody who waits for a place wants to know of a dead WebSocket as well."""
    session = new_session()
    session.start()
    session.socket_opened()
    session.event_received(FULL)
    assert session.checked() == PING
    refused = session.event_received(FULL)
    assert refused[:2] == [*END_OF_PING, StopSessionTimer(SessionTimer.OPENING)]


def test_session_on_its_way_in_is_not_asked() -> None:
    """An answer is awaited already, or a pause was asked for."""
    session = new_session()
    assert session.checked() == []
    assert session.asked() == []
    session.start()
    assert session.asked() == []
    session.socket_opened()
    assert session.asked() == []
    assert session.checked() == []


def test_session_forgets_its_question_with_the_socket() -> None:
    """What was asked over a WebSocket that is gone is asked again over the next one."""
    session = joined()
    session.asked()
    assert session.socket_closed(1006) == [*STOP_ALL, probe_after(0.5)]
    come_back(session)
    assert session.event_received(WELCOME) == []
    session.event_received(JOINED)
    assert session.asked() == PING


def test_session_ends_its_question_by_an_error() -> None:
    """A server that refuses the question, since it came too often, has heard it."""
    session = joined()
    session.asked()
    limited = events.Error(ErrorCode.RATE_LIMITED, "Slower.", 7)
    assert session.event_received(limited) == END_OF_PING
    assert StartSessionTimer(SessionTimer.REJOIN, 7) not in session.event_received(limited)
