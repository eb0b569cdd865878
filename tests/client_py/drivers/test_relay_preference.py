from __future__ import annotations

import pytest

from client_py.core.peer.ice_servers import RelayChoice
from client_py.drivers.relay_preference import RELAY_ONLY_KEY, RelayPreference
from client_py.drivers.tasks import Tasks
from client_py.ports.server import Response
from protocol.http import ICE_SERVERS_PATH
from tests.fakes.ports import FakeHttp, FakeStore, settle

WITH_RELAY = '{"ice_servers":[{"urls":["turn:a"],"username":"1:ann","credential":"secret"}],"expires_at":1}'
WITHOUT = '{"ice_servers":[{"urls":["stun:a"]}],"expires_at":null}'


class Stage:
    """The wish among fakes, and what was shown of it."""

    def __init__(self, store: FakeStore | None = None) -> None:
        self.http, self.store = FakeHttp(), store or FakeStore()
        self.shown: list[RelayChoice] = []
        self.failures: list[BaseException] = []
        tasks = Tasks(self.failures.append)
        self.wish = RelayPreference(self.http, self.store, lambda: "jwt", tasks, self.shown.append)


def test_wish_outlives_the_page() -> None:
    """It stands in this browser, for everyone who signs in here."""
    stage = Stage()
    assert not stage.wish.only
    stage.wish.wish(only=True)
    assert stage.shown == [RelayChoice(only=True)]
    later = Stage(stage.store)
    assert later.wish.only
    later.wish.wish(only=False)
    assert later.store.get(RELAY_ONLY_KEY) is None
    assert not stage.wish.only


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        (Response(200, WITH_RELAY), [RelayChoice(only=False, offered=True)]),
        (Response(200, WITHOUT), [RelayChoice(only=False, offered=False)]),
        (Response(200, "<html>"), []),
        (Response(401, "{}"), []),
        (None, []),
    ],
)
async def test_server_is_asked_for_a_relay(answer: Response | None, shown: list[RelayChoice]) -> None:
    """Where it does not say, that stays unknown, and nothing is shown again."""
    stage = Stage()
    stage.http.answers.extend([answer] if answer else [])
    stage.wish.look()
    await settle()
    assert stage.http.requests == [(ICE_SERVERS_PATH, "", "jwt")]
    assert stage.shown == shown
    assert stage.failures == []
    stage.wish.wish(only=True)
    assert stage.wish.choice.offered == (shown[0].offered if shown else None)
