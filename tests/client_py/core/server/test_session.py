from __future__ import annotations

from dataclasses import replace

import pytest

from client_py.core.server.session import (
    BACKOFF_CAP_SECONDS,
    EAGER_CAP_SECONDS,
    EAGER_DELAYS,
    FIRST_PROBE_SECONDS,
    FULL_RETRY_SECONDS,
    LATER_PROBE_SECONDS,
    MAX_REPLACED_IN_A_ROW,
    MAX_UNANSWERED_PROBES,
    OPENING_SECONDS,
    PING_SECONDS,
    PROBE_SECONDS,
    SHORT_PROBES,
    CloseSocket,
    KeepResumeToken,
    LoginRefused,
    OpenSocket,
    ProbeServer,
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

AWAIT_ANSWER = StartSessionTimer(SessionTimer.OPENING, OPENING_SECONDS[0])
STOP_ALL: list[SessionEffect] = [StopSessionTimer(timer) for timer in SessionTimer]


def send(request: Request) -> SendText:
    """Return the effect that sends a request."""
    return SendText(REQUESTS.encode(request))


PING: list[SessionEffect] = [send(requests.Ping()), StartSessionTimer(SessionTimer.PING, PING_SECONDS)]


def probe_after(seconds: float) -> StartSessionTimer:
    """Return the effect that lets it probe (again) after a pause."""
    return StartSessionTimer(SessionTimer.PROBE, seconds)


def come_back(session: Session) -> None:
    """Let a session that waits have its server again, and a WebSocket."""
    session.timer_fired(SessionTimer.PROBE)
    session.probe_ended(answered=True)
    session.socket_opened()


def state_of(session: Session) -> SessionState:
    """Return the state, which for mypy would else be what the last assertion said."""
    return session.state


def new_session() -> Session:
    """Return a session without jitter."""
    return Session("den", lambda: 1.0)


def joined() -> Session:
    """Return a session that is in the room."""
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
    assert session.event_received(JOINED) == [StopSessionTimer(SessionTimer.OPENING), KeepResumeToken("joined")]
    assert state_of(session) is SessionState.JOINED


def test_session_sends_only_in_the_room() -> None:
    """What is said before and after would be refused."""
    signal = requests.Leave()
    assert new_session().send(signal) == []
    assert joined().send(signal) == [send(signal)]


def test_session_comes_back_while_nobody_is_let_in() -> None:
    """A server whose database is away closes what it has accepted: that is tried again, later and later."""
    session = joined()
    session.socket_closed(1006)
    for pause in (1, 2):
        session.timer_fired(SessionTimer.PROBE)
        session.probe_ended(answered=True)
        session.socket_opened()
        assert session.socket_closed(CloseCode.TRY_AGAIN_LATER) == [*STOP_ALL, probe_after(pause)]
    assert state_of(session) is SessionState.WAITING


def test_session_resumes_what_it_was() -> None:
    """After a loss, the same peer comes back, after a pause that doubles until it is in again."""
    session = joined()
    assert session.socket_closed(1006) == [*STOP_ALL, probe_after(0.5)]
    assert state_of(session) is SessionState.WAITING
    assert session.timer_fired(SessionTimer.PROBE) == [ProbeServer(), probe_after(FIRST_PROBE_SECONDS)]
    assert session.probe_ended(answered=True) == [StopSessionTimer(SessionTimer.PROBE), OpenSocket(), AWAIT_ANSWER]
    assert state_of(session) is SessionState.OPENING
    assert session.socket_closed(CloseCode.SERVICE_RESTART) == [*STOP_ALL, probe_after(1)]
    session.timer_fired(SessionTimer.PROBE)
    session.probe_ended(answered=True)
    assert session.socket_opened() == [send(requests.Join("den", "joined"))]
    session.event_received(WELCOME)
    session.event_received(JOINED)
    assert session.socket_closed(1006) == [*STOP_ALL, probe_after(0.5)]
    assert session.timer_fired(SessionTimer.PROBE) == [ProbeServer(), probe_after(FIRST_PROBE_SECONDS)]


def test_session_hears_an_answer_only_while_it_waits() -> None:
    """Several probes may be answered, the later ones when all is well again, or when nobody wants to come in."""
    session = new_session()
    assert session.probe_ended(answered=True) == []
    session.start()
    assert session.probe_ended(answered=True) == []
    session.socket_opened()
    session.event_received(JOINED)
    assert session.probe_ended(answered=True) == []
    session.stop()
    assert session.probe_ended(answered=True) == []


def test_session_grows_patient_with_a_server_that_takes_no_socket() -> None:
    """It answers probes, and so they do not make the pauses grow; each WebSocket that it refuses does."""
    session = joined()
    pauses = []
    for _ in range(7):
        pauses.append(session.socket_closed(1006)[-1])
        session.timer_fired(SessionTimer.PROBE)
        session.probe_ended(answered=True)
    assert pauses == [probe_after(seconds) for seconds in (0.5, 1, 2, 4, 8, BACKOFF_CAP_SECONDS, BACKOFF_CAP_SECONDS)]


def test_session_resumes_a_peer_that_never_heard_it_was_in() -> None:
    """Where `joined` was lost on its way, the welcome's token names the peer that holds our place."""
    session = new_session()
    session.start()
    session.socket_opened()
    session.event_received(WELCOME)
    session.socket_closed(1006)
    session.probe_ended(answered=True)
    assert session.socket_opened() == [send(requests.Join("den", "welcomed"))]


def test_session_resumes_what_it_was_before_a_reload() -> None:
    """A token that was kept names the peer from the first moment, whatever this connection's welcome offers."""
    session = Session("den", lambda: 1.0, "kept")
    session.start()
    assert session.socket_opened() == [send(requests.Join("den", "kept"))]
    session.event_received(WELCOME)
    session.socket_closed(1006)
    session.probe_ended(answered=True)
    assert session.socket_opened() == [send(requests.Join("den", "kept"))]


def test_session_takes_a_final_no() -> None:
    """Where coming back can only end in the same way, it does not come back, and says why."""
    session = joined()
    assert session.socket_closed(CloseCode.PROTOCOL_VIOLATION) == STOP_ALL
    assert state_of(session) is SessionState.REFUSED
    assert session.close_code == CloseCode.PROTOCOL_VIOLATION
    assert session.checked() == []


def test_session_comes_back_where_it_took_its_own_place() -> None:
    """A `join` of ours may have been long on its way; but two that take each other's place do not go on for ever."""
    session = joined()
    for _ in range(MAX_REPLACED_IN_A_ROW - 1):
        session.socket_closed(CloseCode.REPLACED)
        assert state_of(session) is SessionState.WAITING
        come_back(session)
        session.event_received(JOINED)
    assert session.socket_closed(CloseCode.REPLACED) == STOP_ALL
    assert state_of(session) is SessionState.REFUSED


def test_session_counts_replacements_in_a_row() -> None:
    """A loss of another kind in between begins a new row."""
    session = joined()
    for _ in range(MAX_REPLACED_IN_A_ROW):
        session.socket_closed(CloseCode.REPLACED)
        session.probe_ended(answered=True)
        session.socket_closed(1006)
        session.probe_ended(answered=True)
    session.socket_closed(CloseCode.REPLACED)
    assert state_of(session) is SessionState.WAITING


def test_session_tells_that_the_login_is_over() -> None:
    """A token that is not taken is no matter of trying again."""
    session = joined()
    assert session.socket_closed(CloseCode.UNAUTHENTICATED) == [*STOP_ALL, LoginRefused()]
    assert state_of(session) is SessionState.REFUSED
    assert session.login_renewed() == [OpenSocket(), StartSessionTimer(SessionTimer.OPENING, OPENING_SECONDS[0])]
    assert (state_of(session), session.close_code) == (SessionState.OPENING, None)


def test_session_minds_no_login_where_it_was_not_refused() -> None:
    """What another tab has renewed is of use to the next WebSocket; and a page that was replaced stays so."""
    session = joined()
    assert session.login_renewed() == []
    session.socket_closed(CloseCode.PROTOCOL_VIOLATION)
    assert session.login_renewed() == []


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


def test_session_in_the_room_does_not_enter_again() -> None:
    """What was refused before was a fresh token, and nobody answers to a second `join`."""
    session = new_session()
    session.start()
    session.socket_opened()
    session.event_received(events.Error(ErrorCode.UNAUTHENTICATED, "No."))
    session.event_received(JOINED)
    assert session.timer_fired(SessionTimer.REJOIN) == []


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


def test_session_goes_by_what_a_newer_server_says_beside_a_code() -> None:
    """A code that is not known yet is asked again after the time that is named, or after a pause."""
    session = new_session()
    session.start()
    session.socket_opened()
    later = events.Error("room_on_fire", "Wait.", 7)
    assert session.event_received(later)[-1] == StartSessionTimer(SessionTimer.REJOIN, 7)
    assert session.event_received(events.Error("room_on_fire", "Oh."))[-1] == StartSessionTimer(
        SessionTimer.REJOIN, 0.5
    )
    assert state_of(session) is SessionState.ENTERING


def test_session_tells_a_full_room_from_too_many_devices() -> None:
    """Both are asked again, since a place may become free; whose it would be is another matter."""
    session = new_session()
    session.start()
    session.socket_opened()
    too_many = events.Error(ErrorCode.TOO_MANY_DEVICES, "Close one.")
    assert session.event_received(too_many)[-1] == StartSessionTimer(SessionTimer.REJOIN, FULL_RETRY_SECONDS)
    assert (state_of(session), session.is_full_of_own_devices) == (SessionState.FULL, True)
    session.timer_fired(SessionTimer.REJOIN)
    session.event_received(FULL)
    assert (state_of(session), session.is_full_of_own_devices) == (SessionState.FULL, False)


@pytest.mark.parametrize(("code", "state"), [(4499, SessionState.REFUSED), (4599, SessionState.WAITING)])
def test_session_judges_a_close_code_of_a_later_release_by_its_class(code: int, state: SessionState) -> None:
    """From 4400 to 4499, coming back would end in the same way; after any other, it may not."""
    session = joined()
    session.socket_closed(code)
    assert state_of(session) is state


def test_session_leaves_errors_in_the_room_to_the_room() -> None:
    """Once inside, a refused request does not cost the place."""
    session = joined()
    assert session.event_received(events.Error(ErrorCode.UNKNOWN_PEER, "Who?")) == []
    assert state_of(session) is SessionState.JOINED


def test_session_gives_up_a_handshake_that_hangs() -> None:
    """A socket that does not come up, or a server that does not answer, is started over."""
    session = new_session()
    session.start()
    assert session.timer_fired(SessionTimer.OPENING) == [CloseSocket(), *STOP_ALL, probe_after(0.5)]
    assert state_of(session) is SessionState.WAITING


def test_session_is_patient_now_and_then() -> None:
    """What hangs is soon started over, but a slow line gets its time too, and a success begins the row again."""
    session = new_session()
    patience = []
    for _ in range(4):
        patience.append(session.start()[-1])
        session.timer_fired(SessionTimer.OPENING)
    assert patience == [StartSessionTimer(SessionTimer.OPENING, seconds) for seconds in (4, 4, 12, 4)]
    session.start()
    session.event_received(JOINED)
    session.socket_closed(1006)
    assert session.start()[-1] == AWAIT_ANSWER


def test_session_probes_often_at_a_server_that_refuses() -> None:
    """A refusal comes at once: there are pauses, which are short for the first minute, and then grow."""
    session = joined()
    session.socket_closed(1006)
    pauses = []
    for _ in range(EAGER_DELAYS + 5):
        if session.timer_fired(SessionTimer.PROBE)[0] == OpenSocket():
            session.socket_closed(1006)
            session.timer_fired(SessionTimer.PROBE)
        pauses += session.probe_ended(answered=False)
        assert state_of(session) is SessionState.WAITING
    assert pauses[:4] == [probe_after(seconds) for seconds in (0.5, 1, EAGER_CAP_SECONDS, EAGER_CAP_SECONDS)]
    assert pauses[EAGER_DELAYS - 1 :] == [
        probe_after(seconds)
        for seconds in (
            EAGER_CAP_SECONDS,
            EAGER_CAP_SECONDS,
            2 * EAGER_CAP_SECONDS,
            4 * EAGER_CAP_SECONDS,
            BACKOFF_CAP_SECONDS,
            BACKOFF_CAP_SECONDS,
        )
    ]


def test_session_probes_on_where_its_origin_is_refused() -> None:
    """The server may be set to take it, which has to be noticed; until then a person reads what is the matter."""
    session = joined()
    assert session.origin_refused("https://pages.example") == []
    assert session.refused_origin == ""
    session.socket_closed(1006)
    session.timer_fired(SessionTimer.PROBE)
    assert session.origin_refused("https://pages.example") == [probe_after(0.5)]
    assert (session.state, session.refused_origin) == (SessionState.WAITING, "https://pages.example")
    session.timer_fired(SessionTimer.PROBE)
    assert session.probe_ended(answered=False) == [probe_after(1)]
    assert session.refused_origin == ""


def test_session_that_gets_in_is_refused_no_more() -> None:
    """An open WebSocket shows that the server takes the page."""
    session = joined()
    session.socket_closed(1006)
    for _ in range(MAX_UNANSWERED_PROBES):
        session.timer_fired(SessionTimer.PROBE)
        session.origin_refused("https://pages.example")
    assert session.timer_fired(SessionTimer.PROBE)[0] == OpenSocket()
    assert session.refused_origin == "https://pages.example"
    session.socket_opened()
    assert session.refused_origin == ""


def test_session_probes_on_a_silent_line_without_a_pause() -> None:
    """Each probe lasts until the next; the later ones longer, until something came back."""
    session = joined()
    session.socket_closed(1006)
    probes = [session.timer_fired(SessionTimer.PROBE) for _ in range(SHORT_PROBES + 2)]
    seconds = [FIRST_PROBE_SECONDS, *[PROBE_SECONDS] * (SHORT_PROBES - 1), *[LATER_PROBE_SECONDS] * 2]
    assert probes == [[ProbeServer(), probe_after(length)] for length in seconds]
    session.probe_ended(answered=False)
    assert session.timer_fired(SessionTimer.PROBE)[-1] == probe_after(FIRST_PROBE_SECONDS)


def test_session_does_not_depend_on_its_probes() -> None:
    """Where they are kept from the server, a WebSocket is tried all the same, now and then."""
    session = joined()
    session.socket_closed(1006)
    for _ in range(2):
        for _ in range(MAX_UNANSWERED_PROBES):
            assert session.timer_fired(SessionTimer.PROBE)[0] == ProbeServer()
            session.probe_ended(answered=False)
        assert session.timer_fired(SessionTimer.PROBE)[0] == OpenSocket()
        session.socket_closed(1006)
    come_back(session)
    session.event_received(JOINED)
    session.socket_closed(1006)
    assert [session.timer_fired(SessionTimer.PROBE)[0] for _ in range(MAX_UNANSWERED_PROBES)] == [
        ProbeServer()
    ] * MAX_UNANSWERED_PROBES


def test_session_begins_again_with_a_server_that_talks_nonsense() -> None:
    """What cannot be read may be a fault of this connection alone."""
    session = joined()
    assert session.protocol_violated() == [CloseSocket(), *STOP_ALL, probe_after(0.5)]


def test_session_leaves() -> None:
    """Who leaves says so, if there is anyone to say it to."""
    session = joined()
    assert session.stop() == [*STOP_ALL, send(requests.Leave()), CloseSocket()]
    assert state_of(session) is SessionState.IDLE
    assert new_session().stop() == [*STOP_ALL, CloseSocket()]


# The token of the WebSocket


TAKES_TOKENS = replace(WELCOME, token_expires_at=1_000_000)
RENEW: list[SessionEffect] = [send(requests.Renew("fresh"))]


def test_session_shows_a_fresh_token_over_its_socket() -> None:
    """A server that says when the token expires is shown the next one, in the room and on the way into it."""
    session = new_session()
    session.start()
    session.socket_opened()
    session.event_received(TAKES_TOKENS)
    assert session.token_changed("fresh") == RENEW
    session.event_received(FULL)
    assert session.token_changed("fresh") == RENEW
    session.event_received(JOINED)
    assert session.token_changed("fresh") == RENEW


def test_session_shows_no_token_to_a_server_that_knows_no_renewal() -> None:
    """An earlier release of the server would refuse what it does not know."""
    assert joined().token_changed("fresh") == []


def test_session_shows_a_token_that_came_before_the_welcome() -> None:
    """The socket was being opened with the token of before; whether the server takes another is not known yet."""
    session = new_session()
    session.start()
    assert session.token_changed("fresh") == []
    session.socket_opened()
    assert session.event_received(TAKES_TOKENS) == RENEW
    assert session.event_received(TAKES_TOKENS) == []


def test_session_opens_its_next_socket_with_the_fresh_token() -> None:
    """What came while there was no socket need not be shown over the next, and another server may know no renewal."""
    session = joined()
    session.event_received(TAKES_TOKENS)
    session.socket_closed(CloseCode.TOKEN_EXPIRED)
    assert session.token_changed("fresh") == []
    come_back(session)
    assert session.event_received(WELCOME) == []
    assert session.token_changed("fresh") == []


def test_session_comes_back_when_its_token_has_expired() -> None:
    """A login that was renewed in a way that the server has not seen lets it in again; if there is none, it is told."""
    session = joined()
    assert session.socket_closed(CloseCode.TOKEN_EXPIRED) == [*STOP_ALL, probe_after(0.5)]
    come_back(session)
    assert session.socket_closed(CloseCode.UNAUTHENTICATED) == [*STOP_ALL, LoginRefused()]
