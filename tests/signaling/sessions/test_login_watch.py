from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import Mapping
from typing import Any, cast

import pytest

from protocol.codes import CloseCode, ErrorCode
from protocol.events import PeerJoined, PeerLeft, Pong
from protocol.requests import Ping, Renew
from signaling.accounts.logins import Logins, Standing
from signaling.configuration.settings import SQLITE_FILE
from signaling.errors import DatabaseUnavailable
from signaling.rooms.effects import ConnectionId
from signaling.rooms.effects_driver import EffectsDriver
from signaling.rooms.registry import Rooms
from signaling.rooms.signal_codec import Told
from signaling.sessions.login_watch import LoginWatch
from signaling.sessions.open_logins import OpenedBy
from tests.signaling.conftest import over_both_paths
from tests.signaling.running import PASSWORD, PATIENCE, RunningServer, bearer, drop, error_of, in_room

NEVER = 1e9


class FakeLogins:
    """Logins of accounts, as a test has them; the database can be away."""

    def __init__(self) -> None:
        self.worths: dict[str, Standing] = {}
        self.forgotten: list[str] = []
        self.asked: list[list[str]] = []
        self.is_away = self.fails = False
        self.was_asked = asyncio.Event()

    def forget(self, account_id: str) -> None:
        """Note whom."""
        self.forgotten.append(account_id)

    async def standings(self, account_ids: list[str]) -> Mapping[str, Standing]:
        """Give what there is."""
        self.asked.append(account_ids)
        self.was_asked.set()
        if self.is_away:
            raise DatabaseUnavailable
        if self.fails:
            raise RuntimeError
        return {each: worth for each, worth in self.worths.items() if each in account_ids}


class FakeClient:
    """A client that is told its close code."""

    source = "Ann"

    def __init__(self) -> None:
        self.code: asyncio.Future[CloseCode] = asyncio.get_running_loop().create_future()

    def send(self, _event: Told) -> bool:
        """Take anything."""
        return True

    def check_token(self, token: str) -> None:
        """Be shown no token."""
        raise AssertionError(token)

    def close(self, code: CloseCode) -> None:
        """Note the code."""
        self.code.set_result(code)


class Watched:
    """A watch, with clients of some accounts, and what it announces."""

    def __init__(self) -> None:
        self.logins = FakeLogins()
        rooms = Rooms(2)
        self.effects_driver = EffectsDriver(rooms, grace=3600)
        self.announced: list[str] = []
        self.watch = LoginWatch(cast("Logins", self.logins), rooms, self.effects_driver, self.announced.append)

    def client(self, account_id: str, login_id: str = "laptop") -> FakeClient:
        """Open a connection."""
        client, number = FakeClient(), self.effects_driver.next_number()
        self.logins.worths.setdefault(account_id, Standing(0, frozenset({"laptop", "phone"})))
        self.watch.open_logins.opened(number, OpenedBy(account_id, login_id, 0))
        self.effects_driver.add(number, client)
        return client


@pytest.fixture
async def watched() -> Watched:
    """A watch that does not run yet."""
    return Watched()


async def test_change_is_looked_at_at_once_and_told(watched: Watched) -> None:
    """What has ended here closes without waiting, others hear of it, and no other account is looked at."""
    ann, phone, ben = watched.client("ann"), watched.client("ann", "phone"), watched.client("ben")
    running = asyncio.create_task(watched.watch.run(NEVER))
    watched.logins.worths["ann"] = Standing(0, frozenset({"phone"}))
    watched.watch.changed("ann")
    assert await asyncio.wait_for(ann.code, PATIENCE) == CloseCode.UNAUTHENTICATED
    assert (watched.announced, watched.logins.forgotten, watched.logins.asked) == (["ann"], ["ann"], [["ann"]])
    assert not phone.code.done()
    assert not ben.code.done()
    running.cancel()


async def test_what_others_tell_is_not_told_again(watched: Watched) -> None:
    """An account that another process has changed is looked at, and nobody is told of it."""
    ann = watched.client("ann")
    running = asyncio.create_task(watched.watch.run(NEVER))
    watched.logins.worths["ann"] = Standing(1, frozenset({"laptop"}))
    watched.watch.heard("ann")
    assert await asyncio.wait_for(ann.code, PATIENCE) == CloseCode.SERVICE_RESTART
    assert watched.announced == []
    running.cancel()


async def test_what_nobody_tells_is_found(watched: Watched) -> None:
    """Every account that has a connection is looked at now and then, also after the database was away."""
    ann, ben = watched.client("ann"), watched.client("ben")
    watched.logins.is_away = True
    running = asyncio.create_task(watched.watch.run(0.001))
    await asyncio.wait_for(watched.logins.was_asked.wait(), PATIENCE)
    del watched.logins.worths["ben"]
    watched.logins.is_away = False
    assert await asyncio.wait_for(ben.code, PATIENCE) == CloseCode.UNAUTHENTICATED
    assert not ann.code.done()
    running.cancel()


async def test_look_that_fails_is_not_the_last(watched: Watched, caplog: pytest.LogCaptureFixture) -> None:
    """Whatever went wrong is in the log, and what ends after that is found all the same."""
    ann = watched.client("ann")
    watched.logins.fails = True
    running = asyncio.create_task(watched.watch.run(0.001))
    await asyncio.wait_for(watched.logins.was_asked.wait(), PATIENCE)
    watched.logins.worths.clear()
    watched.logins.fails = False
    assert await asyncio.wait_for(ann.code, PATIENCE) == CloseCode.UNAUTHENTICATED
    assert "could not be looked at" in caplog.text
    running.cancel()


async def test_closed_connections_are_not_looked_at(watched: Watched) -> None:
    """An account without a connection is asked about no more."""
    watched.client("ann")
    watched.effects_driver.remove(ConnectionId(1))
    ben = watched.client("ben")
    running = asyncio.create_task(watched.watch.run(0.001))
    del watched.logins.worths["ben"]
    await asyncio.wait_for(ben.code, PATIENCE)
    assert watched.logins.asked[0] == ["ben"]
    running.cancel()


# With a real server


async def ask(server: RunningServer, path: str, token: str, body: object = None) -> Any:
    """Send a request that is granted; give its body."""
    response = await server.post(path, body, headers=bearer(token))
    assert response.is_success, response.text
    return response.json() if response.content else None


async def log_in(server: RunningServer, name: str) -> str:
    """Log in once more."""
    response = await server.post("/api/login", {"username": name, "password": PASSWORD})
    return str(response.json()["token"])


@over_both_paths
async def test_websocket_ends_with_its_login(server: RunningServer) -> None:
    """Who is logged out is out of the room too, at once, and of the others of the account nobody is."""
    mine, lost = await server.register("Wanda"), await log_in(server, "wanda")
    async with in_room(server, mine, "watched") as (here, _), in_room(server, lost, "watched") as (there, joined):
        assert isinstance(await here.receive(), PeerJoined)
        await ask(server, "/api/logout", lost)
        assert await there.close_code() == CloseCode.UNAUTHENTICATED
        assert await here.receive() == PeerLeft(joined.peer_id, "lost")
        async with server.connect(lost) as back:
            assert await back.close_code() == CloseCode.UNAUTHENTICATED


async def test_websocket_belongs_to_the_login_that_it_has_shown_last(server: RunningServer) -> None:
    """Who has logged in again and says so stays, when the login of before ends."""
    before, after = await server.register("Willi"), await log_in(server, "willi")
    async with in_room(server, before, "renewed") as (here, _):
        await here.send(Renew(after))
        refusal = ErrorCode.UNEXPECTED
        while refusal is ErrorCode.UNEXPECTED:  # one is checked at a time, and nothing is said of one that is good
            await here.send(Renew("nonsense"))
            refusal = await here.refusal()
        async with server.connect(before) as other:
            await other.welcome()
            await ask(server, "/api/logout", before)
            assert await other.close_code() == CloseCode.UNAUTHENTICATED
        await here.send(Ping())
        assert await here.receive() == Pong()
        await ask(server, "/api/logout", after)
        assert await here.close_code() == CloseCode.UNAUTHENTICATED


async def test_new_password_closes_websockets(server: RunningServer) -> None:
    """Those of other logins for good; those of this one come back with the token that it was given, and no other."""
    mine, other = await server.register("Xaver"), await log_in(server, "xaver")
    async with in_room(server, mine, "changed") as (here, joined), in_room(server, other, "changed") as (there, _):
        body = {"password": PASSWORD, "new_password": "another horse"}
        changed = await ask(server, "/api/password", mine, body)
        assert await there.close_code() == CloseCode.UNAUTHENTICATED
        assert await here.close_code() == CloseCode.SERVICE_RESTART
        async with server.connect(mine) as stolen:
            assert await stolen.close_code() == CloseCode.UNAUTHENTICATED
        async with server.connect(changed["token"]) as back:
            await back.welcome()
            assert (await back.join("changed", joined.resume_token)).resumed


async def test_replaced_token_closes_websockets_of_its_login(server: RunningServer) -> None:
    """A thief who has renewed a login loses the WebSocket too, when its owner renews."""
    stolen = await server.register()
    thief = (await ask(server, "/api/refresh", stolen))["token"]
    async with server.connect(thief) as client:
        await client.welcome()
        with contextlib.closing(sqlite3.connect(server.settings.data_dir / SQLITE_FILE)) as database, database:
            database.execute("UPDATE logins SET renewed_at = 0, oldest_until = 0")  # as if it were long ago
        response = await server.post("/api/refresh", headers=bearer(stolen))
        assert (response.status_code, error_of(response)["code"]) == (401, "unauthenticated")
        assert await client.close_code() == CloseCode.UNAUTHENTICATED
    assert (await server.post("/api/refresh", headers=bearer(thief))).status_code == 401


async def test_deleted_account_leaves_its_rooms(server: RunningServer) -> None:
    """Its places end at once, those of lost connections too, which would be held for some time."""
    mine, other = await server.register("Yara"), await server.register()
    async with in_room(server, other, "deleted") as (ben, _), in_room(server, mine, "deleted") as (ann, joined):
        assert isinstance(await ben.receive(), PeerJoined)
        drop(ann)
        async with in_room(server, mine, "another") as (second, _):
            await ask(server, "/api/delete-account", mine, {"password": PASSWORD})
            assert await second.close_code() == CloseCode.UNAUTHENTICATED
            assert await ben.receive() == PeerLeft(joined.peer_id, "lost")
