from __future__ import annotations

from typing import Any

import httpx
import jwt
import pytest

from protocol.http import DEVICE_MARK, LISTED_LOGINS, ListedLogin
from signaling.configuration.values import read_limit
from tests.signaling.conftest import StartServer
from tests.signaling.running import PASSWORD, RunningServer, bearer, error_of

NEW_PASSWORD = "another horse"
FIREFOX = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:153.0) Gecko/20100101 Firefox/153.0"}
SECRET, OTHER_SECRET = "0123456789abcdef0123456789abcdef", "fedcba98765432100123456789abcdef"


async def log_in(server: RunningServer, name: str, password: str = PASSWORD, **headers: str) -> dict[str, Any]:
    """Log in; give what the server answers."""
    response = await server.post("/api/login", {"username": name, "password": password}, headers=headers)
    assert response.status_code == 200, response.text
    return dict(response.json())


async def listed(server: RunningServer, token: str) -> tuple[ListedLogin, ...]:
    """Ask for the logins of an account."""
    async with server.http() as client:
        response = await client.get("/api/logins", headers=bearer(token))
    assert response.status_code == 200, response.text
    assert response.headers["cache-control"] == "no-store"
    return LISTED_LOGINS.decode(response.text).logins


async def is_good(server: RunningServer, token: str) -> bool:
    """Tell whether a token proves an account."""
    async with server.http() as client:
        return (await client.get("/api/ice-servers", headers=bearer(token))).status_code == 200


async def ask(server: RunningServer, path: str, token: str, body: object = None) -> httpx.Response:
    """Send a request with a token."""
    return await server.post(path, body, headers=bearer(token))


async def test_logins_are_listed(server: RunningServer) -> None:
    """A person sees by which devices they are logged in, and which of them this is."""
    token = await server.register("Olga")
    await log_in(server, "Olga", **FIREFOX)
    logins = await listed(server, token)
    assert sorted((login.device, login.is_current) for login in logins) == [
        ("Firefox on Linux", False),
        ("python-httpx", True),
    ]


async def test_logged_out_token_is_no_good(server: RunningServer) -> None:
    """Logging out ends a login on the server; the others go on."""
    token, other = await server.register("Otto"), (await log_in(server, "Otto"))["token"]
    response = await ask(server, "/api/logout", token)
    assert (response.status_code, response.content) == (204, b"")
    assert not await is_good(server, token)
    assert (await ask(server, "/api/refresh", token)).status_code == 401
    assert await is_good(server, other)


async def test_one_login_is_ended(server: RunningServer) -> None:
    """A device that was lost is signed out from another one; to do it again finds nothing."""
    token, lost = await server.register("Paul"), (await log_in(server, "Paul", **FIREFOX))["token"]
    [login] = [login for login in await listed(server, token) if not login.is_current]
    assert (await ask(server, "/api/logins/end", token, {"id": login.id})).status_code == 204
    assert not await is_good(server, lost)
    again = await ask(server, "/api/logins/end", token, {"id": login.id})
    assert (again.status_code, error_of(again)["code"]) == (404, "not_found")


async def test_login_of_someone_else_is_not_ended(server: RunningServer) -> None:
    """An id is of no use to another account."""
    token, stranger = await server.register(), await server.register()
    [login] = await listed(server, token)
    assert (await ask(server, "/api/logins/end", stranger, {"id": login.id})).status_code == 404
    assert await is_good(server, token)


async def test_all_others_are_ended(server: RunningServer) -> None:
    """All other devices are signed out; this one gets a token with which it goes on."""
    token, other = await server.register("Rosa"), (await log_in(server, "Rosa", **FIREFOX))["token"]
    response = await ask(server, "/api/logins/end-others", token)
    assert (response.status_code, response.json()["username"]) == (200, "Rosa")
    assert [await is_good(server, each) for each in (token, other)] == [False, False]
    assert [login.is_current for login in await listed(server, response.json()["token"])] == [True]


async def test_password_is_changed(server: RunningServer) -> None:
    """The old one lets nobody in any more, and ends what it has let in; this browser goes on, with a new mark."""
    body = {"username": "Sara", "password": PASSWORD}
    mine, other = (await server.post("/api/register", body)).json(), await log_in(server, "Sara")
    asked = {"password": PASSWORD, "new_password": NEW_PASSWORD, "device_marks": [mine["device_mark"]]}
    response = await ask(server, "/api/password", mine["token"], asked)
    assert response.status_code == 200, response.text
    changed = response.json()
    assert [await is_good(server, each["token"]) for each in (mine, other, changed)] == [False, False, True]
    assert DEVICE_MARK.admits(changed["device_mark"])
    assert changed["device_mark"].partition(".")[0] == mine["device_mark"].partition(".")[0]
    assert (await server.post("/api/login", body)).status_code == 401
    await log_in(server, "Sara", NEW_PASSWORD)


@pytest.mark.parametrize(
    ("password", "new", "status", "code"),
    [
        ("wrong horse", NEW_PASSWORD, 401, "invalid_credentials"),
        (PASSWORD, "short", 422, "invalid_password"),
        (PASSWORD, "x" * 73, 422, "invalid_password"),
    ],
)
async def test_password_is_not_changed(server: RunningServer, password: str, new: str, status: int, code: str) -> None:
    """Who cannot show the old one, or has chosen a bad one, is told so, and nothing has ended."""
    token = await server.register()
    response = await ask(server, "/api/password", token, {"password": password, "new_password": new})
    assert (response.status_code, error_of(response)["code"]) == (status, code)
    assert await is_good(server, token)


async def test_account_is_deleted(server: RunningServer) -> None:
    """With the right password only; then every login of it has ended, and its name is free."""
    token, other = await server.register("Tina"), (await log_in(server, "Tina"))["token"]
    refused = await ask(server, "/api/delete-account", token, {"password": "wrong horse"})
    assert (refused.status_code, error_of(refused)["code"]) == (401, "invalid_credentials")
    assert await is_good(server, token)
    assert (await ask(server, "/api/delete-account", token, {"password": PASSWORD})).status_code == 204
    assert [await is_good(server, each) for each in (token, other)] == [False, False]
    later = await server.register("Tina")
    assert [await is_good(server, each) for each in (token, later)] == [False, True]


async def test_passwords_cannot_be_guessed_with_a_stolen_token(start_server: StartServer) -> None:
    """Who has a token can try no more passwords than anyone else, and both ways count together."""
    server = start_server(login_failures_limit=read_limit("3/minute"))
    token = await server.register("Uwe")
    wrong = {"password": "wrong horse"}
    bodies = [("/api/delete-account", wrong), ("/api/password", wrong | {"new_password": NEW_PASSWORD})]
    paths = [bodies[0], bodies[1], bodies[0], bodies[1]]
    statuses = [(await ask(server, path, token, body)).status_code for path, body in paths]
    assert statuses == [401, 401, 401, 429]
    assert (await server.post("/api/login", {"username": "Uwe", "password": PASSWORD})).status_code == 429


async def test_what_an_account_asks_is_limited(start_server: StartServer) -> None:
    """An account asks about itself so often; another one is not concerned."""
    server = start_server(account_limit=read_limit("3/minute"))
    token, other = await server.register(), await server.register()
    async with server.http() as client:
        responses = [await client.get("/api/logins", headers=bearer(token)) for _ in range(4)]
    assert [response.status_code for response in responses] == [200, 200, 200, 429]
    for path in ("logout", "logins/end", "logins/end-others", "password", "delete-account"):
        assert (await ask(server, f"/api/{path}", token, {})).status_code == 429, path
    assert (await ask(server, "/api/logout", other)).status_code == 204


@pytest.mark.parametrize("path", ["logout", "logins/end", "logins/end-others", "password", "delete-account"])
async def test_nobody_asks_without_a_token(server: RunningServer, path: str) -> None:
    """A password alone changes nothing, and neither does a form of a foreign page."""
    response = await server.post(f"/api/{path}", {"password": PASSWORD, "new_password": NEW_PASSWORD})
    assert (response.status_code, error_of(response)["code"]) == (401, "unauthenticated")


async def test_replaced_token_ends_its_login(server: RunningServer) -> None:
    """The page that comes first goes on for some seconds beside others of its browser; an older token ends the login.

    Which seconds these are, tests/signaling/accounts/test_renewals.py says.
    """
    tokens = [await server.register()]
    for _ in range(2):
        tokens.append((await ask(server, "/api/refresh", tokens[-1])).json()["token"])
    assert (await ask(server, "/api/refresh", tokens[0])).status_code == 200


async def test_secret_is_changed_without_logging_anyone_out(start_server: StartServer) -> None:
    """Tokens and marks of the secret before are taken, those of the new one name it, and both end with their secret."""
    settings = {"login_failures_limit": read_limit("1/minute")}
    server = start_server(jwt_secret=SECRET, **settings)
    body = {"username": "Vera", "password": PASSWORD}
    before = (await server.post("/api/register", body)).json()
    assert jwt.get_unverified_header(before["token"]).keys() == {"alg", "typ"}
    server.stop()
    server = start_server(jwt_secret=OTHER_SECRET, jwt_other_secrets=(SECRET,), **settings)
    after = (await ask(server, "/api/refresh", before["token"])).json()
    assert jwt.get_unverified_header(after["token"]).keys() == {"alg", "typ", "kid"}
    await server.post("/api/login", body | {"password": "wrong horse"})
    marked = await server.post("/api/login", body | {"device_marks": [before["device_mark"]]})
    assert marked.status_code == 200
    server.stop()
    server = start_server(jwt_secret=OTHER_SECRET, **settings)
    assert [await is_good(server, each["token"]) for each in (before, after, marked.json())] == [False, True, True]
