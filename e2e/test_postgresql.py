"""The server on PostgreSQL: a real one, which is stopped and started under it."""

from __future__ import annotations

import asyncio
import itertools
import os
import re
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
import pytest
from playwright.async_api import expect
from sqlalchemy import URL, text

from e2e import logins
from e2e.people import Newcomers
from e2e.provision import postgresql_fault, postgresql_programs
from e2e.server import PASSWORD, PROGRAM, Server, free_port
from e2e.services.postgresql import PASSWORD as DATABASE_PASSWORD
from e2e.services.postgresql import Postgresql, postgresql
from e2e.startup import START_SECONDS
from protocol.codes import CloseCode
from signaling.errors import (
    AccountNotStored,
    AuthenticationError,
    DatabaseUnavailable,
    DatabaseUnusable,
    DependencyUnavailable,
)
from signaling.storage.database import Database, database_url
from tests.project import ROOT
from tests.signaling.accounts.test_invitations import InvitationsInAnyDatabase
from tests.signaling.accounts.test_logins import LoginsInAnyDatabase
from tests.signaling.accounts.test_logins import opened as opened_logins
from tests.signaling.accounts.test_store import AccountsInAnyDatabase, opened
from tests.signaling.running import SignalingClient
from tests.signaling.storage.test_schema import LATEST, SchemaOnAnyDatabase, execute, migrated, opened_database, scalar

PROCESSES = 3
FROZEN_SECONDS = 4.0
"""Less than the 5 s for which psycopg would wait for an answer that was taken back."""
TOLD_SECONDS = 8.0
"""For everyone to be told that the database does not answer; a page gives up after 15."""
WAITING = 30
CREDENTIALS = {"username": "Paula", "password": PASSWORD}

numbers = itertools.count(1)


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgresql]:
    """Run one PostgreSQL for all tests here."""
    fault = postgresql_fault()
    if fault is not None:
        pytest.skip(fault)
    with postgresql() as running:
        yield running


@pytest.fixture
def address(postgres: Postgresql) -> str:
    """Make an empty database, and give its URL as a person writes it."""
    return postgres.create_database(f"test-{next(numbers)}")


@pytest.fixture
def url(address: str) -> URL:
    """Return the URL of an empty database."""
    return database_url(address)


@contextmanager
def serving(folder: Path, address: str, **settings: str) -> Iterator[Server]:
    """Run a server on a database until the block is left."""
    folder.mkdir(exist_ok=True)
    server = Server(folder, {"P2PCHAT_DATABASE_URL": address, **settings})
    server.start()
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def away(postgres: Postgresql) -> Iterator[None]:
    """Have PostgreSQL stopped until the block is left."""
    postgres.stop()
    try:
        yield
    finally:
        postgres.start()


def post(server: Server, path: str, token: str = "", **asked: str) -> httpx.Response:
    """Ask a server for a login, or for something else."""
    body = asked or ({} if token else CREDENTIALS)
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    return httpx.post(server.url + path, json=body, headers=headers, trust_env=False)


def connect(server: Server, token: str) -> SignalingClient:
    """Make a client of the signaling."""
    return SignalingClient(f"ws://{server.host}:{server.port}/ws?token={token}")


def run(command: str, address: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run `p2p-chat` to its end."""
    environment = {**os.environ, "P2PCHAT_DATABASE_URL": address, "P2PCHAT_DATA_DIR": str(folder)}
    return subprocess.run(  # noqa: S603  (our own command, without a shell)
        [PROGRAM, command], env=environment, capture_output=True, text=True, timeout=START_SECONDS, check=False
    )


class TestAccountsInPostgresql(AccountsInAnyDatabase):
    """All that holds for accounts in SQLite."""


class TestLoginsInPostgresql(LoginsInAnyDatabase):
    """All that holds for logins in SQLite."""

    async def test_no_login_begins_while_its_account_is_deleted(self, url: URL) -> None:
        """Its row waits for what the account becomes, and is then one too many; nobody has failed."""
        waiting = "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'"
        async with opened_logins(url) as here, opened_database(url) as other:
            async with other.begin() as connection:
                await connection.execute(text("DELETE FROM accounts"))
                begins = asyncio.create_task(here.logins.begin(here.account, "Firefox on Linux"))
                while not await scalar(url, waiting):  # noqa: ASYNC110 - the database has no other way to tell
                    await asyncio.sleep(0.01)
            with pytest.raises(AuthenticationError):
                await begins


class TestInvitationsInPostgresql(InvitationsInAnyDatabase):
    """All that holds for invitations and guests in SQLite."""


class TestSchemaOnPostgresql(SchemaOnAnyDatabase):
    """All that holds for migrations of SQLite."""


def test_servers_share_their_accounts(address: str, tmp_path: Path) -> None:
    """Who registers at one server can log in at another one on the same database; both may start at once."""
    with ExitStack() as stack:
        first = stack.enter_context(serving(tmp_path / "first", address))
        second = stack.enter_context(serving(tmp_path / "second", address))
        token = post(first, "/api/register").json()["token"]
        assert post(second, "/api/register").json()["error"]["code"] == "account_exists"
        assert post(second, "/api/login").json()["username"] == "Paula"
        assert post(second, "/api/refresh", token).status_code == httpx.codes.OK


def metrics(server: Server) -> str:
    """Return what a server has counted."""
    return httpx.get(f"{server.url}/metrics", trust_env=False).text


async def test_server_outlives_its_database(postgres: Postgresql, address: str, tmp_path: Path) -> None:
    """While PostgreSQL is away everyone is told to come again, without a traceback; then all is as before."""
    with serving(tmp_path, address) as server:
        token = post(server, "/api/register").json()["token"]
        with away(postgres):
            for path, bearer in (("/api/login", ""), ("/api/register", ""), ("/api/refresh", token)):
                answer = post(server, path, bearer)
                assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
                assert answer.json()["error"] == {
                    "code": "database_unavailable",
                    "message": "The server cannot look up accounts at the moment. Try again in a few seconds.",
                    "retry_after": 5,
                }
            async with connect(server, token) as client:
                assert await client.close_code() == CloseCode.TRY_AGAIN_LATER
        assert 'p2pchat_closes_total{code="1013",worker="0"} 1.0' in metrics(server)
        async with connect(server, token) as client:
            await client.welcome()
        assert post(server, "/api/login").status_code == httpx.codes.OK
    log = server.log.read_text()
    assert log.count("event=database_unavailable reason=") == 4
    assert "Traceback" not in log


def test_restart_of_the_database_is_not_noticed(postgres: Postgresql, address: str, tmp_path: Path) -> None:
    """Connections that a restart has cut are replaced before they are used: nobody is turned away."""
    with serving(tmp_path, address) as server:
        post(server, "/api/register")
        with away(postgres):
            pass
        assert post(server, "/api/login").status_code == httpx.codes.OK
    assert "database_unavailable" not in server.log.read_text()


def test_server_does_not_start_without_its_database(postgres: Postgresql, address: str, tmp_path: Path) -> None:
    """Where PostgreSQL is away at the start, the program ends with a sentence that says so, and has no password."""
    with away(postgres):
        for command in ("serve", "migrate"):
            ended = run(command, address, tmp_path)
            assert (ended.returncode, ended.stdout) == (2, "")
            [sentence] = ended.stderr.splitlines()
            assert re.search(r"postgresql\+psycopg://chat:\*\*\*@127.0.0.1:\d+/test-\d+ cannot be used", sentence)
            assert "Connection refused" in sentence


@pytest.mark.parametrize(
    ("right", "wrong", "reason"),
    [
        (":p%40ss", ":wrong", 'password authentication failed for user "chat"'),
        ("/test-", "/not-", "does not exist"),
        ("//chat:", "//cat:", "authentication failed"),
        ("/test-", "/?sslmode=require&dbname=test-", "server does not support SSL"),
    ],
)
async def test_wrong_url_is_refused_in_the_words_of_postgresql(
    address: str, right: str, wrong: str, reason: str
) -> None:
    """What is wrong with a user, a password or a name is said, and nothing of the password."""
    assert right in address
    with pytest.raises(DatabaseUnusable, match=reason) as caught:
        await migrated(database_url(address.replace(right, wrong)))
    assert DATABASE_PASSWORD not in str(caught.value)
    assert "w/rd" not in str(caught.value)


async def test_database_that_does_not_answer_is_not_waited_for(url: URL) -> None:
    """A question that another program holds up is given up after some seconds, and the connection with it."""
    database, other = Database(url, patience=0.2), Database(url)
    await database.open()
    async with other.begin() as connection:
        await connection.execute(text("LOCK TABLE accounts IN ACCESS EXCLUSIVE MODE"))
        with pytest.raises(DatabaseUnavailable):
            await count(database)
    assert await count(database) == 0
    await database.close()
    await other.close()


async def test_server_that_is_frozen_is_not_waited_for(postgres: Postgresql, url: URL) -> None:
    """One that answers nothing any more, not even that a question is taken back, is away in the same time."""
    database = Database(url, patience=0.2)
    await database.open()
    async with database.connect() as connection:
        backend = (await connection.execute(text("SELECT pg_backend_pid()"))).scalar()
    assert backend is not None
    with postgres.frozen(backend):
        async with asyncio.timeout(FROZEN_SECONDS):
            for _ in ("over a connection that stands", "over a new one"):
                with pytest.raises(DatabaseUnavailable):
                    await count(database)
    assert await count(database) == 0
    await database.close()


async def test_everyone_who_logs_in_hears_at_once_that_the_database_is_frozen(
    postgres: Postgresql, address: str, tmp_path: Path
) -> None:
    """None of them waits for another one's question: it is asked before the turn of bcrypt."""
    name = address.rpartition("/")[2]
    with serving(tmp_path, address) as server:
        post(server, "/api/register")
        others = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        options = (f"--dbname={name}", "--tuples-only", "--no-align")
        backends = postgres.run("psql", *options, f"--command={others}").split()
        assert backends
        with postgres.frozen(*map(int, backends)):
            async with httpx.AsyncClient(base_url=server.url, trust_env=False, timeout=TOLD_SECONDS) as client:
                answers = await asyncio.gather(*(client.post("/api/login", json=CREDENTIALS) for _ in range(WAITING)))
        assert {answer.status_code for answer in answers} == {httpx.codes.SERVICE_UNAVAILABLE}
        assert post(server, "/api/login").status_code == httpx.codes.OK


async def test_permission_that_is_lost_is_an_absence(url: URL, caplog: pytest.LogCaptureFixture) -> None:
    """The log names it to those who run the database; everyone else is told that the database is away."""
    async with opened(url) as accounts:
        account = await accounts.add("Ann", "hash")
        await execute(url, "REVOKE INSERT, UPDATE ON accounts FROM chat")
        assert await accounts.by_name("Ann") == account
        with pytest.raises(AccountNotStored):
            await accounts.add("Ben", "hash")
        with pytest.raises(DatabaseUnavailable):
            await accounts.replace_hash(account, "other hash")
        await execute(url, "REVOKE ALL ON accounts FROM chat")
        with pytest.raises(DatabaseUnavailable):
            await accounts.by_name("Ann")
        with pytest.raises(DependencyUnavailable, match="permission denied"):
            await accounts.check()
    assert caplog.text.count("permission denied for table accounts") == 4


async def test_url_is_read_as_by_programs_of_postgresql(address: str) -> None:
    """Of several hosts the one that is there is taken, and libpq's options may follow the `?`."""
    place = address.rpartition("@")[2].partition("/")[0]
    url = address.replace(place, f"127.0.0.1:{free_port()},{place}") + "?options=-c%20geqo%3Doff&sslmode=prefer"
    database = Database(database_url(url))
    await database.open()
    async with database.connect() as connection:
        assert (await connection.execute(text("SHOW geqo"))).scalar() == "off"
    await database.close()


async def count(database: Database) -> int | None:
    """Count the accounts."""
    async with database.connect() as connection:
        return (await connection.execute(text("SELECT count(*) FROM accounts"))).scalar()


async def test_more_questions_at_once_than_connections_are_answered(url: URL) -> None:
    """Who finds every connection in use waits for one."""
    async with opened(url) as accounts:
        names = [f"user-{number}" for number in range(100)]
        await asyncio.gather(*(accounts.add(name, "hash") for name in names))
        found = await asyncio.gather(*(accounts.by_name(name) for name in names))
        assert [account.username for account in found if account] == names


def test_migrate_brings_a_database_up_to_date(address: str, tmp_path: Path) -> None:
    """Of several processes that migrate at once, one does it, and all end well; a server starts on what is there."""
    with ThreadPoolExecutor(PROCESSES) as pool:
        ended = list(pool.map(lambda _: run("migrate", address, tmp_path), range(PROCESSES)))
    assert [each.returncode for each in ended] == PROCESSES * [0]
    outcomes = sorted(each.stdout.partition(" is at ")[2].strip() for each in ended)
    assert outcomes == (PROCESSES - 1) * [f"revision {LATEST} already."] + [f"revision {LATEST} now; it was empty."]
    with serving(tmp_path, address) as server:
        assert post(server, "/api/register").status_code == httpx.codes.CREATED
        assert "event=migrated" not in server.log.read_text()


def documented(beginning: str) -> str:
    """Return the commands of docs/deploy/postgresql.md of which the first begins like this."""
    page = (ROOT / "docs" / "deploy" / "postgresql.md").read_text("utf-8")
    blocks = re.findall(r"^```\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    [commands] = [block for block in blocks if block.startswith(beginning)]
    return str(commands)


def type_in(commands: str, address: str, folder: Path) -> None:
    """Have a shell carry out commands as a person would who has set P2PCHAT_DATABASE_URL."""
    programs = postgresql_programs()
    assert programs is not None
    path = os.pathsep.join([str(programs), str(PROGRAM.parent), os.environ["PATH"]])
    environment = {**os.environ, "PATH": path, "P2PCHAT_DATABASE_URL": address, "P2PCHAT_DATA_DIR": str(folder)}
    shell = ["sh", "-e", "-c", commands]
    ended = subprocess.run(shell, cwd=folder, env=environment, capture_output=True, text=True, check=False)  # noqa: S603
    assert (ended.returncode, ended.stderr) == (0, "")


def test_accounts_move_from_sqlite_as_documented(address: str, tmp_path: Path) -> None:
    """The commands in the documents take everyone along: tokens and passwords are good, and guests remain guests."""
    with serving(tmp_path, "") as server:
        token = post(server, "/api/register").json()["token"]
        invitation = post(server, "/api/invitations", token, room="kitchen").json()
        guest = post(server, "/api/guests", name="Gus", invitation=invitation["invitation"]).json()["token"]
    commands = documented("umask 077\n").replace("/var/lib/p2p-chat", str(tmp_path / "data"))
    type_in(commands, address, tmp_path)
    assert not (tmp_path / "accounts.csv").exists()
    with serving(tmp_path, address) as server:
        assert post(server, "/api/login").json()["username"] == "Paula"
        assert post(server, "/api/register").json()["error"]["code"] == "account_exists"
        assert post(server, "/api/guests", name="Gil", invitation=invitation["invitation"]).json()["room"] == "kitchen"
        assert post(server, "/api/invitations", guest, room="hall").json()["error"]["code"] == "not_for_guests"
        for each in (token, guest):
            assert post(server, "/api/refresh", each).status_code == httpx.codes.OK


async def test_backup_brings_accounts_back_as_documented(address: str, tmp_path: Path) -> None:
    """What was deleted after the backup is there again after it was restored."""
    dump, restore = documented("pg_dump "), documented("pg_restore ")
    async with opened(database_url(address)) as accounts:
        account = await accounts.add("Ann", "hash")
        type_in(dump, address, tmp_path)
        await execute(database_url(address), "DELETE FROM accounts")
        assert await accounts.by_name("ann") is None
        type_in(restore, address, tmp_path)
        assert await accounts.by_name("ann") == account


async def test_page_says_that_the_database_is_away_and_goes_on_by_itself(
    postgres: Postgresql, address: str, tmp_path: Path, newcomers: Newcomers, room: str
) -> None:
    """Who logs in meanwhile reads why not; who is logged in enters the room as soon as PostgreSQL is back."""
    with serving(tmp_path, address) as server:
        login = server.register("Paula")
        newcomer = await newcomers.open("chromium", server.url)
        regular = await newcomers.open("firefox", server.url, logins.storage(server.url, login))
        newcomer.allow_refusal(503, "/api/login")
        with away(postgres):
            await asyncio.gather(newcomer.open(), regular.open(f"/chat/{room}"))
            await newcomer.log_in("Paula", PASSWORD)
            await expect(newcomer.handle("auth-error")).to_contain_text("accounts are unavailable at the moment")
            await regular.wait_for_detail("cannot let anyone in at the moment")
        await regular.wait_for_status("waiting")
        await newcomer.log_in("Paula", PASSWORD)
        await newcomer.wait_for_start()
