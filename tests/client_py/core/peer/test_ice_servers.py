from __future__ import annotations

import json

import pytest

from client_py.core.peer.ice_servers import (
    MAX_RENEWAL_SECONDS,
    RETRY_CAP_SECONDS,
    RETRY_SECONDS,
    ConfigureConnections,
    FetchIceServers,
    IceServerSource,
    RelayChoice,
    RenewAllocations,
    ice_servers_of,
)
from protocol.http import ICE_SERVERS, IceServers
from protocol.webrtc import IceServer

NOW = 1_700_000_000.0
HOUR = 3_600
STUN = IceServer(("stun:stun.example.org",))
RENEW = RenewAllocations(had_ended=False)


def turn(ends_at: float) -> IceServers:
    """Return servers with credentials that end at a time."""
    ends_at = int(ends_at)
    return IceServers((STUN, IceServer(("turn:turn.example.org",), f"{ends_at}:ada", "secret")), ends_at)


def body(servers: IceServers) -> str:
    """Write what the server answers."""
    return json.dumps(ICE_SERVERS.to_json(servers))


def welcomed(life: float = 24 * HOUR) -> IceServerSource:
    """Return what was told the servers just now."""
    relaying = IceServerSource(only=False, random=lambda: 1.0)
    assert relaying.welcomed(turn(NOW + life), NOW) == [ConfigureConnections()]
    return relaying


def test_credentials_are_renewed_half_way() -> None:
    """They are asked for once, reach every connection, and have relayed paths allocate again an eighth later."""
    relaying = welcomed()
    half = NOW + 12 * HOUR
    assert relaying.ticked(half - 1) == []
    assert relaying.ticked(half) == [FetchIceServers()]
    assert relaying.ticked(half + 20) == []
    fresh = turn(half + 24 * HOUR)
    assert relaying.answered(200, body(fresh), None, half) == [ConfigureConnections()]
    assert relaying.servers == fresh.ice_servers
    assert relaying.ticked(half + 3 * HOUR - 1) == []
    assert relaying.ticked(half + 3 * HOUR) == [RENEW]
    assert relaying.ticked(half + 3 * HOUR + 20) == []
    assert relaying.ticked(half + 12 * HOUR) == [FetchIceServers()]


def test_page_open_for_days_never_has_credentials_that_ended() -> None:
    """Whatever the life, an hour or a month: every answer, and every restart, comes before what it replaces ends."""
    for life in (60, HOUR, 30 * 24 * HOUR):
        relaying, now, ends_at, stands_until = welcomed(life), NOW, NOW + life, NOW + life
        while now < NOW + 3 * life:
            now += 20
            for effect in relaying.ticked(now):
                assert now <= stands_until
                if effect == RENEW:
                    stands_until = ends_at
                else:
                    ends_at = now + life
                    relaying.answered(200, body(turn(ends_at)), None, now)
            assert not relaying.ended


def test_restart_is_not_put_off_beyond_the_end() -> None:
    """Credentials that were long in coming are used at the latest when those before them end."""
    relaying = welcomed()
    assert relaying.welcomed(turn(NOW + 47 * HOUR), NOW + 23 * HOUR) == [ConfigureConnections()]
    assert relaying.ticked(NOW + 24 * HOUR - 1) == []
    assert relaying.ticked(NOW + 24 * HOUR) == [RENEW]


def test_renewal_in_vain_is_tried_again_later_and_later() -> None:
    """Nothing of the connections changes meanwhile."""
    relaying = welcomed()
    now, pause = NOW + 12 * HOUR, RETRY_SECONDS
    for _ in range(12):
        assert relaying.ticked(now) == [FetchIceServers()]
        relaying.unreachable(now)
        assert relaying.ticked(now + pause - 1) == []
        now, pause = now + pause, min(2 * pause, RETRY_CAP_SECONDS)
    assert relaying.ticked(now) == [FetchIceServers()]
    assert relaying.answered(200, body(turn(now + HOUR)), None, now) == [ConfigureConnections()]
    assert relaying.ticked(now + HOUR / 2) == [RENEW, FetchIceServers()]
    relaying.unreachable(now + HOUR / 2)
    assert relaying.ticked(now + HOUR / 2 + RETRY_SECONDS) == [FetchIceServers()]


@pytest.mark.parametrize(
    ("status", "text"), [(401, "{}"), (500, body(turn(NOW))), (200, "<html>"), (200, "{}"), (404, "")]
)
def test_answer_that_is_no_list_of_servers_changes_nothing(status: int, text: str) -> None:
    """It is asked for again; who has to sign in again hears of that from the account."""
    relaying = welcomed()
    relaying.ticked(NOW + 12 * HOUR)
    before = relaying.servers
    assert relaying.answered(status, text, None, NOW + 12 * HOUR) == []
    assert relaying.servers == before
    assert relaying.ticked(NOW + 12 * HOUR + RETRY_SECONDS) == [FetchIceServers()]
    assert ice_servers_of(status, text) is None


def test_server_says_when_to_ask_again() -> None:
    """Where it limits the rate, its word counts for more than our pause."""
    relaying = welcomed()
    relaying.ticked(NOW + 12 * HOUR)
    relaying.answered(429, "{}", 60.0, NOW + 12 * HOUR)
    assert relaying.ticked(NOW + 12 * HOUR + 59) == []
    assert relaying.ticked(NOW + 12 * HOUR + 60) == [FetchIceServers()]


def test_check_ends_the_pause() -> None:
    """On another network, or after sleep, the server may be there again."""
    relaying = welcomed()
    relaying.ticked(NOW + 12 * HOUR)
    relaying.unreachable(NOW + 12 * HOUR)
    assert relaying.checked(NOW + 12 * HOUR + 1) == [FetchIceServers()]


def test_welcome_that_comes_early_gives_no_time_to_paths_that_stand() -> None:
    """An allocation of the first credentials is renewed at their half, however often the WebSocket came back."""
    relaying = welcomed()
    assert relaying.welcomed(turn(NOW + 35 * HOUR), NOW + 11 * HOUR) == [ConfigureConnections()]
    assert relaying.ticked(NOW + 12 * HOUR) == [FetchIceServers()]


def test_welcome_that_comes_when_renewal_is_due_renews() -> None:
    """After sleep the WebSocket is sooner there than any request."""
    relaying = welcomed()
    assert relaying.welcomed(turn(NOW + 37 * HOUR), NOW + 13 * HOUR) == [ConfigureConnections()]
    assert relaying.ticked(NOW + 13 * HOUR) == []
    assert relaying.ticked(NOW + 16 * HOUR) == [RENEW]


def test_welcome_with_the_same_servers_leaves_connections_alone() -> None:
    """STUN servers need no credentials."""
    relaying = IceServerSource(only=False, random=lambda: 1.0)
    assert relaying.welcomed(IceServers((STUN,)), NOW) == [ConfigureConnections()]
    assert relaying.welcomed(IceServers((STUN,)), NOW) == []
    assert relaying.ticked(NOW + 1_000 * HOUR) == []
    assert not relaying.ended


def test_end_of_credentials_is_noticed() -> None:
    """What is attempted with them is in vain, and is started over as soon as there are others."""
    relaying, ended = welcomed(HOUR), []
    for now in (NOW + HOUR / 2, NOW + HOUR - 1, NOW + HOUR):
        relaying.ticked(now)
        relaying.unreachable(now)
        ended.append(relaying.ended)
    effects = relaying.answered(200, body(turn(NOW + 3 * HOUR)), None, NOW + 2 * HOUR)
    assert effects == [ConfigureConnections(), RenewAllocations(had_ended=True)]
    assert [*ended, relaying.ended] == [False, False, True, False]


def test_clock_that_is_ahead_does_not_ask_all_the_time() -> None:
    """Credentials that are fresh and seem to have ended say that the clock is wrong: they are not called ended."""
    relaying = welcomed(-24 * HOUR)
    assert relaying.ticked(NOW + 20) == []
    assert not relaying.ended
    assert relaying.ticked(NOW + MAX_RENEWAL_SECONDS / 2) == [FetchIceServers()]


def test_clock_that_is_slow_does_not_put_renewal_off() -> None:
    """Credentials that seem good for a week are renewed within half a day all the same."""
    relaying = welcomed(7 * 24 * HOUR)
    assert relaying.ticked(NOW + MAX_RENEWAL_SECONDS) == [FetchIceServers()]


def test_choice_says_whether_there_is_a_relay() -> None:
    """That is not known before the welcome."""
    relaying = IceServerSource(only=True, random=lambda: 1.0)
    assert relaying.choice == RelayChoice(only=True, offered=None)
    relaying.welcomed(IceServers((STUN,)), NOW)
    assert relaying.choice == RelayChoice(only=True, offered=False)
    relaying.welcomed(IceServers((IceServer(("turns:turn.example.org",), "1:ada", "secret"),), int(NOW) + HOUR), NOW)
    assert relaying.choice == RelayChoice(only=True, offered=True)


def test_wish_reaches_every_connection() -> None:
    """New ones begin with it."""
    relaying = welcomed()
    assert relaying.only_wished(only=True) == [ConfigureConnections()]
    assert relaying.only


def test_clock_that_was_set_back_renews_at_once() -> None:
    """By it, what ends today would be good for days; the server is asked once, and by the new clock after that."""
    relaying = welcomed(2 * HOUR)
    assert relaying.ticked(NOW + 20) == []
    assert relaying.ticked(NOW - 48 * HOUR) == [FetchIceServers()]
    assert relaying.ticked(NOW - 48 * HOUR + 20) == []
    relaying.unreachable(NOW - 48 * HOUR + 20)
    assert relaying.ticked(NOW - 96 * HOUR) == [FetchIceServers()], "no pause of that clock counts"
    without = IceServerSource(only=False, random=lambda: 1.0)
    without.ticked(NOW)
    assert without.ticked(NOW - HOUR) == []
