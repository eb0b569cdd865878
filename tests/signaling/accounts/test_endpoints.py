import contextlib
import sqlite3
import time
from pathlib import Path
from typing import Any

import jwt
import pytest

from protocol.http import DEVICE_MARK, MAX_BODY_BYTES
from signaling.configuration.values import read_limit
from tests.signaling.conftest import StartServer
from tests.signaling.running import PASSWORD, RunningServer, bearer, error_of

SECRET = "0123456789abcdef0123456789abcdef"
GOOD = {"username": "Newcomer", "password": PASSWORD}


async def test_registering_logs_in(server: RunningServer) -> None:
    """A new account gets a token at once, its name as it was written, and when the token expires."""
    response = await server.post("/api/register", {"username": "Dora", "password": PASSWORD})
    assert response.status_code == 201
    assert response.headers["cache-control"] == "no-store"
    body = response.json()
    assert body.keys() == {"token", "username", "expires_at", "expires_in", "device_mark"}
    assert DEVICE_MARK.admits(body["device_mark"])
    assert body["username"] == "Dora"
    assert 3590 <= body["expires_at"] - time.time() <= 3600
    assert body["expires_in"] == 3600


async def test_logging_in_disregards_case_of_name(server: RunningServer) -> None:
    """A name is compared without case, and given back as it was registered."""
    await server.register("Emil")
    response = await server.post("/api/login", {"username": "eMIL", "password": PASSWORD})
    assert (response.status_code, response.json()["username"]) == (200, "Emil")


async def test_token_is_for_an_hour_and_complete(start_server: StartServer) -> None:
    """The token is a JWT by HS256 with every claim, for an hour."""
    server = start_server(jwt_secret=SECRET)
    token = await server.register()
    assert jwt.get_unverified_header(token)["alg"] == "HS256"
    claims = jwt.decode(token, SECRET, ["HS256"], audience="p2p-chat", issuer="p2p-chat")
    assert claims.keys() == {"iss", "aud", "sub", "iat", "exp", "jti", "sid", "gen", "ver"}
    assert claims["exp"] - claims["iat"] == 3600


@pytest.mark.parametrize(
    "credentials", [{"username": "Frida", "password": "wrong horse"}, {"username": "Nobody", "password": PASSWORD}]
)
async def test_wrong_login_says_not_what_is_wrong(server: RunningServer, credentials: dict[str, str]) -> None:
    """An unknown name and a wrong password get the same answer."""
    await server.post("/api/register", {"username": "Frida", "password": PASSWORD})
    response = await server.post("/api/login", credentials)
    assert response.status_code == 401
    error = {"code": "invalid_credentials", "message": "The username or the password is wrong."}
    assert error_of(response) == error


@pytest.mark.parametrize(
    ("username", "password", "status", "code"),
    [
        ("a", PASSWORD, 422, "invalid_username"),
        ("x" * 33, PASSWORD, 422, "invalid_username"),
        ("a b c", PASSWORD, 422, "invalid_username"),
        ("\u0430nn", PASSWORD, 422, "invalid_username"),
        ("a\u202enn", PASSWORD, 422, "invalid_username"),
        ("Admin", PASSWORD, 409, "reserved_username"),
        ("Gustav", "1234567", 422, "invalid_password"),
        ("Gustav", "x" * 73, 422, "invalid_password"),
        ("tEsT", PASSWORD, 409, "account_exists"),
        ("\uff54\uff45\uff53\uff54", PASSWORD, 409, "account_exists"),
        ("dem0", PASSWORD, 409, "similar_account_exists"),
    ],
)
async def test_registering_is_refused_with_code(
    server: RunningServer, username: str, password: str, status: int, code: str
) -> None:
    """A name or a password that may not be, or a name that is taken, is refused with its code and a sentence."""
    response = await server.post("/api/register", {"username": username, "password": password})
    assert (response.status_code, error_of(response)["code"]) == (status, code)
    assert error_of(response)["message"].endswith(".")


@pytest.mark.parametrize(
    ("registered", "shown", "typed"),
    [
        ("Zoe\u0308", "Zoë", "ZOË"),
        ("\uff21\uff24\uff21", "ADA", "ada"),
        ("李明", "李明", "李明"),
        ("Иван", "Иван", "иван"),
        ("محمد", "محمد", "محمد"),
    ],
)
async def test_name_is_in_any_script(server: RunningServer, registered: str, shown: str, typed: str) -> None:
    """A name is shown as it was registered, composed and in ordinary width, and found in whatever form it is typed."""
    response = await server.post("/api/register", {"username": registered, "password": PASSWORD})
    assert (response.status_code, response.json()["username"]) == (201, shown)
    again = await server.post("/api/login", {"username": typed, "password": PASSWORD})
    assert (again.status_code, again.json()["username"]) == (200, shown)


async def test_asking_for_taken_names_is_limited(start_server: StartServer) -> None:
    """Registering tells that a name exists, or one like it, and an address can ask that as often as it may register."""
    server = start_server(register_limit=read_limit("3/hour"))
    names = ["test", "dem0", "demo", "newcomer"]
    answers = [await server.post("/api/register", {"username": name, "password": PASSWORD}) for name in names]
    codes = [error_of(answer)["code"] for answer in answers]
    assert codes == ["account_exists", "similar_account_exists", "account_exists", "rate_limited"]


async def test_longest_password_works(server: RunningServer) -> None:
    """A password of 72 bytes is used to its end."""
    password = "🔑" * 18
    await server.post("/api/register", {"username": "Heidi", "password": password})
    assert (await server.post("/api/login", {"username": "Heidi", "password": password})).status_code == 200
    shorter = await server.post("/api/login", {"username": "Heidi", "password": password[:-1]})
    assert shorter.status_code == 401


async def test_token_is_renewed(server: RunningServer) -> None:
    """A good token is exchanged for another of the same account."""
    token = await server.register("Ida")
    response = await server.post("/api/refresh", headers=bearer(token))
    assert (response.status_code, response.json()["username"]) == (200, "Ida")
    assert response.json().keys() == {"token", "username", "expires_at", "expires_in"}
    assert response.json()["token"] != token
    again = await server.post("/api/refresh", headers={"Authorization": f"bearer  {response.json()['token']}"})
    assert again.status_code == 200


def forged(server: RunningServer, token: str, **changes: Any) -> str:
    """Return a token of the same account, signed by the right secret, with other claims."""
    claims = jwt.decode(token, server.settings.jwt_secret, ["HS256"], audience="p2p-chat")
    return jwt.encode(claims | changes, server.settings.jwt_secret)


async def test_token_that_is_no_good_is_not_renewed(start_server: StartServer) -> None:
    """A token that is missing, expired, unsigned, for others, or of nobody has to be replaced by logging in."""
    server = start_server(jwt_secret=SECRET)
    token = await server.register()
    claims = jwt.decode(token, SECRET, ["HS256"], audience="p2p-chat")
    past = int(time.time()) - 60
    bad: list[dict[str, str]] = [
        {},
        {"Authorization": token},
        {"Authorization": f"Basic {token}"},
        bearer("nonsense"),
        bearer(token + "x"),
        bearer(forged(server, token, exp=past)),
        bearer(forged(server, token, aud="another-app")),
        bearer(forged(server, token, iss="someone-else")),
        bearer(forged(server, token, sub="nobody")),
        bearer(jwt.encode(claims, "", algorithm="none")),
        bearer(jwt.encode(claims, SECRET * 2)),
    ]
    for headers in bad:
        response = await server.post("/api/refresh", headers=headers)
        assert (response.status_code, error_of(response)["code"]) == (401, "unauthenticated"), headers
        assert response.headers["www-authenticate"] == "Bearer"
    assert (await server.post("/api/refresh", headers=bearer(forged(server, token)))).status_code == 200


async def test_failed_logins_are_limited(start_server: StartServer) -> None:
    """After too many failures the answer says to wait, in the header, for a program and for a person."""
    server = start_server(login_failures_limit=read_limit("3/minute"))
    await server.register("Jan")
    wrong = {"username": "jan", "password": "wrong horse"}
    for _ in range(3):
        assert (await server.post("/api/login", wrong)).status_code == 401
    response = await server.post("/api/login", {"username": "Jan", "password": PASSWORD})
    assert response.status_code == 429
    error = error_of(response)
    assert error["code"] == "rate_limited"
    assert 1 <= error["retry_after"] <= 60
    assert response.headers["retry-after"] == str(error["retry_after"])


async def test_one_house_does_not_lock_itself_out(start_server: StartServer) -> None:
    """From one address many log in correctly, any number of times, while someone among them fails."""
    server = start_server(login_failures_limit=read_limit("3/minute"))
    names = [f"house-{number}" for number in range(8)]
    for name in names:
        await server.register(name)
    for _ in range(4):
        await server.post("/api/login", {"username": names[0], "password": "wrong horse"})
    for _ in range(5):
        for name in names[1:]:
            response = await server.post("/api/login", {"username": name, "password": PASSWORD})
            assert response.status_code == 200


async def test_stranger_does_not_lock_anyone_out(start_server: StartServer) -> None:
    """Failures from another address are not held against the one where somebody lives."""
    server = start_server(login_failures_limit=read_limit("2/minute"))
    await server.register("Karl")
    stranger = {"X-Forwarded-For": "203.0.113.66"}
    wrong = {"username": "Karl", "password": "wrong horse"}
    statuses = [(await server.post("/api/login", wrong, headers=stranger)).status_code for _ in range(3)]
    assert statuses == [401, 401, 429]
    assert (await server.post("/api/login", {"username": "Karl", "password": PASSWORD})).status_code == 200


async def test_neighbour_does_not_lock_a_device_out(start_server: StartServer) -> None:
    """Failures at one's own address, of any names, and its attempts do not concern a browser that logged in before."""
    server = start_server(
        login_limit=read_limit("6/minute"),
        login_failures_limit=read_limit("2/minute"),
        login_failures_by_address_limit=read_limit("4/minute"),
    )
    good = {"username": "Karla", "password": PASSWORD}
    mark = (await server.post("/api/register", good)).json()["device_mark"]
    wrong = [good | {"password": "wrong horse"}] * 2 + [GOOD] * 2
    assert [(await server.post("/api/login", body)).status_code for body in wrong] == [401] * 4
    assert [(await server.post("/api/login", good)).status_code for _ in range(3)] == [429] * 3
    response = await server.post("/api/login", good | {"device_marks": [mark]})
    assert response.status_code == 200
    again = await server.post("/api/login", good | {"device_marks": ["0.0", response.json()["device_mark"]]})
    assert again.status_code == 200


async def test_marks_are_for_logging_in(server: RunningServer) -> None:
    """A registration is a name and a password, and nothing else."""
    response = await server.post("/api/register", GOOD | {"device_marks": []})
    assert (response.status_code, error_of(response)["code"]) == (400, "malformed")


async def test_logins_are_limited_by_address(start_server: StartServer) -> None:
    """An address may try so often, right or wrong."""
    server = start_server(login_limit=read_limit("3/minute"))
    await server.register("Lena")
    for _ in range(3):
        assert (await server.post("/api/login", {"username": "Lena", "password": PASSWORD})).status_code == 200
    assert (await server.post("/api/login", {"username": "Lena", "password": PASSWORD})).status_code == 429


async def test_registering_is_limited_by_address(start_server: StartServer) -> None:
    """An address makes a limited number of accounts; another is not concerned."""
    server = start_server(register_limit=read_limit("2/hour"))
    await server.register()
    await server.register()
    refused = await server.post("/api/register", GOOD)
    assert (refused.status_code, error_of(refused)["code"]) == (429, "rate_limited")
    elsewhere = await server.post("/api/register", GOOD, headers={"X-Forwarded-For": "203.0.113.5"})
    assert elsewhere.status_code == 201


async def test_untrusted_proxy_is_not_believed(start_server: StartServer) -> None:
    """An address that anyone can claim in a header counts for nothing, unless the proxy is trusted."""
    server = start_server(register_limit=read_limit("1/hour"), trusted_proxies=())
    await server.register()
    response = await server.post("/api/register", GOOD, headers={"X-Forwarded-For": "203.0.113.5"})
    assert response.status_code == 429


@pytest.mark.parametrize("name", ["test", "demo"])
async def test_demo_account_exists_in_development(server: RunningServer, name: str) -> None:
    """In development mode test logs in with the password test and demo with demo, from this machine."""
    demo = {"username": name, "password": name}
    assert (await server.post("/api/login", demo)).status_code == 200
    published = await server.post("/api/login", demo, headers={"X-Forwarded-For": "203.0.113.5"})
    assert published.status_code == 401


async def test_demo_account_does_not_exist_in_production(start_server: StartServer) -> None:
    """In public there is no demo account, not even on data that was once used in development."""
    demo = {"username": "test", "password": "test"}
    token = (await start_server(jwt_secret=SECRET).post("/api/login", demo)).json()["token"]
    public = start_server(development="off", jwt_secret=SECRET)
    assert (await public.post("/api/login", demo)).status_code == 401
    assert (await public.post("/api/refresh", headers=bearer(token))).status_code == 401
    assert (await public.post("/api/register", {"username": "test", "password": PASSWORD})).status_code == 201


async def test_restart_forgets_nobody(start_server: StartServer) -> None:
    """Accounts and tokens of one run are good in the next."""
    first = start_server()
    token = await first.register("Mona")
    first.stop()
    second = start_server()
    assert (await second.post("/api/login", {"username": "mona", "password": PASSWORD})).status_code == 200
    assert (await second.post("/api/refresh", headers=bearer(token))).status_code == 200


async def test_body_within_limit_is_read(server: RunningServer) -> None:
    """The longest name and password that may be, escaped in the longest way, are within the limit."""
    longest = 4 * 72 * len("\\u0000") // 4 + 2 * len("\\u0000") * 32 + 100
    assert longest < MAX_BODY_BYTES
    content = b'{"username":"Nobody","password":"correct horse"}'.ljust(MAX_BODY_BYTES)
    async with server.http() as client:
        response = await client.post("/api/login", content=content, headers={"Content-Type": "application/json"})
    assert response.status_code == 401


async def test_database_that_is_away_is_told(start_server: StartServer, tmp_path: Path) -> None:
    """While accounts cannot be written, the answer says to try again; then it works."""
    path = tmp_path / "accounts.sqlite3"
    server = start_server(database_url=f"sqlite:///{path}?timeout=0.05")
    with contextlib.closing(sqlite3.connect(path)) as other:
        other.execute("BEGIN IMMEDIATE")
        response = await server.post("/api/register", {"username": "Nils", "password": PASSWORD})
    assert (response.status_code, response.headers["retry-after"]) == (503, "5")
    error = error_of(response)
    assert (error["code"], error["retry_after"]) == ("database_unavailable", 5)
    await server.register("Nils")


async def test_renewed_logins_are_limited_by_account(start_server: StartServer) -> None:
    """An account may renew so often, in all its tabs together; another one is not concerned."""
    server = start_server(refresh_limit=read_limit("3/minute"))
    token, other = await server.register(), await server.register()
    responses = [await server.post("/api/refresh", headers={"Authorization": f"Bearer {token}"}) for _ in range(4)]
    assert [response.status_code for response in responses] == [200, 200, 200, 429]
    assert 1 <= int(responses[-1].headers["retry-after"]) <= 60
    response = await server.post("/api/refresh", headers={"Authorization": f"Bearer {other}"})
    assert response.status_code == 200
