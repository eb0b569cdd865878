"""Tokens that somebody with the server's secret has made up, shown to a real server: taken or refused, and no fault."""

from __future__ import annotations

import hashlib
import hmac
import json
from typing import Any

import jwt
import pytest

from protocol.codes import CloseCode, ErrorCode
from protocol.events import Welcome
from protocol.requests import Join
from signaling.accounts.access_tokens import HEADER
from signaling.storage.data_folder import token_secrets
from tests.signaling.accounts.test_access_tokens import segment
from tests.signaling.accounts.test_guest_endpoints import come, invite
from tests.signaling.running import RunningServer, bearer, in_room

FAR = 2**31


def odd(name: str, *values: Any) -> list[dict[str, Any]]:
    """Return what may be changed about one claim, a value at a time."""
    return [{name: value} for value in values]


REFUSED: list[dict[str, Any]] = [
    *odd("sub", "\ud800", "\0", "a" * 400, "' OR 1=1 --", "", 1, ["x"], None),
    *odd("sid", "\ud800", "\0", "a" * 400, "' OR 1=1 --", 7, ["x"], {}, None),
    *odd("ver", -1, 2**31 - 1, 2**63, 10**300, 0.0, "0", [], None),
    *odd("gen", -1, 2**31 - 1, 2**63, 10**300, 0.5, "0", [], None),
    *odd("exp", str(FAR), "9_999_999_999", [FAR], "x", 1e999, float("nan"), -FAR, None),
    {"exp": True},
    *odd("iat", float("nan"), FAR, {}, None),
    *odd("nbf", float("nan"), FAR, {}),
    *odd("iss", ["p2p-chat"], {}, ""),
    *odd("aud", ["p2p-chat", 7], [], ""),
    *odd("jti", ["x"], 7),
]
"""Each is the one thing that is changed about a good token."""
TAKEN: list[dict[str, Any]] = [
    {"exp": float(FAR)},
    {"exp": 10**300},
    {"gen": 2**31 - 2},
    {"aud": ["p2p-chat", "x"]},
    {"guest": True, "is_guest": True, "room": "attic", "username": "root", "role": "admin"},
]


def changed(server: RunningServer, token: str, changes: dict[str, Any]) -> str:
    """Change what a token says, and sign it again, as the server does."""
    claims = jwt.decode(token, options={"verify_signature": False}) | changes
    return signed(server, json.dumps(claims))


def signed(server: RunningServer, payload: str) -> str:
    """Sign a payload, whatever it is."""
    said = f"{HEADER}.{segment(payload.encode())}"
    return f"{said}.{segment(hmac.digest(token_secrets(server.settings)[0], said.encode(), hashlib.sha256))}"


async def statuses(server: RunningServer, token: str) -> list[int]:
    """Return what is answered to everything that is asked with a token alone, which ends in a logout."""
    asked = [
        ("GET", "/api/ice-servers"),
        ("GET", "/api/logins"),
        ("GET", "/api/invitations"),
        ("POST", "/api/refresh"),
        ("POST", "/api/logins/end-others"),
        ("POST", "/api/logout"),
    ]
    async with server.http() as client:
        return [(await client.request(method, path, headers=bearer(token))).status_code for method, path in asked]


@pytest.mark.parametrize("changes", REFUSED, ids=str)
async def test_odd_claim_is_refused(
    server: RunningServer, changes: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    """Everywhere in the same way, and whatever the database would have said of it."""
    token = changed(server, await server.register(), changes)
    async with server.connect(token) as client:
        assert await client.close_code() == CloseCode.UNAUTHENTICATED
    assert set(await statuses(server, token)) == {401}
    assert "Traceback" not in caplog.text


@pytest.mark.parametrize("changes", TAKEN, ids=str)
async def test_claim_that_says_nothing_else_is_taken(server: RunningServer, changes: dict[str, Any]) -> None:
    """What others write in another way is the same, and what is not ours is passed over."""
    token = changed(server, await server.register(), changes)
    async with server.connect(token) as client:
        assert isinstance(await client.receive(), Welcome)
    assert (await statuses(server, token))[:4] == [200] * 4


@pytest.mark.parametrize("twice", ['"sub":"nobody",', '"exp":1,', '"ver":7,'])
async def test_claim_that_stands_twice_counts_once(server: RunningServer, twice: str) -> None:
    """As everywhere in JSON of ours, the last one: what checks a token and what uses it read the same."""
    claims = json.dumps(jwt.decode(await server.register(), options={"verify_signature": False}))
    async with server.connect(signed(server, "{" + twice + claims[1:])) as client:
        assert isinstance(await client.receive(), Welcome)
    async with server.connect(signed(server, claims[:-1] + "," + twice[:-1] + "}")) as client:
        if "ver" in twice:  # of a database that a backup was restored to
            assert isinstance(await client.receive(), Welcome)
        else:
            assert await client.close_code() == CloseCode.UNAUTHENTICATED


async def test_whether_somebody_is_a_guest_stands_in_no_token(server: RunningServer) -> None:
    """A guest who claims to be none is kept to the room, and an account that claims to be one is not."""
    token = await server.register()
    guest = await come(server, (await invite(server, token, "guests-only")).invitation)
    claims = {"guest": False, "is_guest": False, "room": "attic", "is_demo": True}
    async with server.connect(changed(server, guest.token, claims)) as client:
        await client.welcome()
        await client.send(Join("attic"))
        assert await client.refusal() is ErrorCode.WRONG_ROOM
    whose = {name: jwt.decode(token, options={"verify_signature": False})[name] for name in ("sub", "sid")}
    for of_both in ({"sub": whose["sub"]}, {"sid": whose["sid"]}):  # the login of the one, and the account of the other
        async with server.connect(changed(server, guest.token, of_both)) as client:
            assert await client.close_code() == CloseCode.UNAUTHENTICATED
    async with in_room(server, changed(server, token, {"is_guest": True, "room": "guests-only"}), "cellar"):
        pass
