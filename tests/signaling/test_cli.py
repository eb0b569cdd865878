"""The command as people type it, in a process of its own."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import httpx
import pytest
from websockets.asyncio.client import connect
from websockets.typing import Subprotocol

from protocol.codes import CloseCode
from protocol.http import TOKEN_SUBPROTOCOL_PREFIX
from protocol.versions import LATEST, SUBPROTOCOLS

COMMAND = Path(sys.executable).with_name("p2p-chat")
SECRET = "a secret of the tests, 32 bytes or more"
PASSWORD = "a-password-that-nobody-logs"
SDP = "v=0 an-sdp-that-nobody-logs"
CANDIDATE = "candidate:1 192.0.2.77 that-nobody-logs"
TIMEOUT = 120
"""For what ends by itself, after a second or two on a machine that has nothing else to do."""
STOP_SECONDS = 60
"""For a server to end that would wait for its clients for ever, if it waited for them."""


class Serving:
    """A running `p2p-chat serve`."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout is not None
        self.process = process
        self.greeting = process.stdout.readline()
        match = re.search(r"https?://(\S+):(\d+)", self.greeting)
        assert match is not None, self.greeting
        self.port = int(match[2])
        self.address = f"127.0.0.1:{self.port}"

    def interrupt(self) -> tuple[int, str, str]:
        """Press Ctrl-C; give the exit code and what was written."""
        self.process.send_signal(signal.SIGINT)
        # Read to the end, which comes when it exits: communicate() would miss what readline() has read ahead.
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        output, errors = self.process.stdout.read(), self.process.stderr.read()
        return self.process.wait(TIMEOUT), self.greeting + output, errors


def environment(folder: Path, **settings: str) -> dict[str, str]:
    """Return the environment of a command: this one's, without what it sets, on a data folder of the test."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("P2PCHAT_")}
    return inherited | {"P2PCHAT_DATA_DIR": str(folder), "P2PCHAT_PORT": "0", "P2PCHAT_BCRYPT_COST": "4"} | settings


@contextlib.contextmanager
def serving(folder: Path, *options: str, **settings: str) -> Iterator[Serving]:
    """Run `p2p-chat serve` until the block is left."""
    with running([COMMAND, "serve", *options], environment(folder, **settings)) as server:
        yield server


@contextlib.contextmanager
def running(command: Sequence[str | Path], variables: Mapping[str, str]) -> Iterator[Serving]:
    """Run a command that serves until the block is left."""
    # Where the tests run under nohup, a child would inherit that the signal is ignored.
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    try:
        process = subprocess.Popen(  # noqa: S603 - our own command
            command,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
    finally:
        signal.signal(signal.SIGHUP, before)
    with process:
        try:
            yield Serving(process)
        finally:
            process.kill()


def run(folder: Path, *arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run `p2p-chat` to its end."""
    return subprocess.run(  # noqa: S603 - our own command
        [COMMAND, *arguments],
        env=environment(folder, **settings),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )


def migrating(folder: Path, **settings: str) -> str:
    """Run `p2p-chat migrate`; give its one line."""
    process = run(folder, "migrate", **settings)
    assert (process.returncode, process.stderr) == (0, ""), process
    [line] = process.stdout.splitlines()
    return line


def refusing(folder: Path, *options: str, command: str = "serve", **settings: str) -> str:
    """Run `p2p-chat serve` where it cannot start, or another command; give its one sentence."""
    process = run(folder, command, *options, **settings)
    assert (process.returncode, process.stdout) == (2, ""), process
    [sentence] = process.stderr.splitlines()
    return sentence


def test_server_says_where_it_is(tmp_path: Path) -> None:
    """The first line is the address to open, and the second how to get in; Ctrl-C ends it quickly and quietly."""
    with serving(tmp_path) as server:
        assert httpx.get(f"http://{server.address}/healthz", trust_env=False).is_success
        started = time.monotonic()
        code, output, errors = server.interrupt()
    assert (code, errors.count("event=request"), errors.count("Traceback")) == (0, 0, 0)
    assert time.monotonic() - started < STOP_SECONDS
    address, way_in = output.splitlines()
    assert address == f"P2P Chat is at http://{server.address} (Ctrl-C stops it)."
    assert way_in == "Development mode: log in as test (password test) or demo (password demo), or register."


async def closed_by(server: Serving, number: signal.Signals) -> int:
    """Have a client connected when a server is sent a signal; give the code that the client is closed with."""
    async with httpx.AsyncClient(base_url=f"http://{server.address}", trust_env=False) as client:
        credentials = {"username": "rosalind", "password": PASSWORD}
        token = (await client.post("/api/register", json=credentials)).json()["token"]
    async with connect(f"ws://{server.address}/ws?token={token}", proxy=None) as socket:
        await socket.recv()
        server.process.send_signal(number)
        await asyncio.wait_for(socket.wait_closed(), TIMEOUT)
    assert socket.close_code is not None
    return socket.close_code


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_signal_to_stop_is_told_to_clients(tmp_path: Path, number: signal.Signals) -> None:
    """When the server is stopped, or its terminal closed, everyone is told that it comes again."""
    with serving(tmp_path) as server:
        assert asyncio.run(closed_by(server, number)) == CloseCode.SERVICE_RESTART
        assert server.process.wait(TIMEOUT) == 0


def test_server_outlives_its_terminal_where_it_is_to(tmp_path: Path) -> None:
    """Under `nohup`, the signal of a terminal that is gone is ignored, and stays so."""
    with running(["nohup", COMMAND, "serve"], environment(tmp_path)) as server:
        server.process.send_signal(signal.SIGHUP)
        assert httpx.get(f"http://{server.address}/healthz", trust_env=False).is_success
        assert server.interrupt()[0] == 0


def test_server_stops_in_the_middle_of_download(tmp_path: Path) -> None:
    """A client that does not read on delays the end for a moment, and its download is no failure."""
    with serving(tmp_path) as server, socket.create_connection(("127.0.0.1", server.port)) as client:
        page = httpx.get(f"http://{server.address}/", trust_env=False).text
        runtime = re.findall(r'data-runtime="([^"]+)"', page)[0]
        client.sendall(f"GET {runtime}pyodide.asm.wasm HTTP/1.1\r\nHost: {server.address}\r\n\r\n".encode())
        assert client.recv(4) == b"HTTP"
        started = time.monotonic()
        code, _, errors = server.interrupt()
    assert time.monotonic() - started < STOP_SECONDS
    assert (code, errors.count("Traceback")) == (0, 0)
    assert "Cancel 1 running task" in errors


def test_options_count_more_than_environment(tmp_path: Path) -> None:
    """What is typed has precedence over what is set."""
    folder = tmp_path / "typed"
    options = ("--host", "localhost", "--data-dir", str(folder), "--log-level", "error")
    with serving(tmp_path / "set", *options, P2PCHAT_HOST="127.0.0.9") as server:
        assert server.greeting.startswith("P2P Chat is at http://localhost:")
        assert (folder / "accounts.sqlite3").exists()
        assert not (tmp_path / "set").exists()


def test_public_server_has_no_way_in_to_tell(tmp_path: Path) -> None:
    """On a public address there is no demo account, and a hint at https."""
    options = {"P2PCHAT_HOST": "0.0.0.0", "P2PCHAT_JWT_SECRET": SECRET}  # noqa: S104 - behind the test's firewall
    with serving(tmp_path, **options) as server:
        demo = {"username": "test", "password": "test"}
        assert httpx.post(f"http://{server.address}/api/login", json=demo, trust_env=False).status_code == 401
        _, output, _ = server.interrupt()
    address, hint = output.splitlines()
    assert address.startswith("P2P Chat is at http://localhost:")
    assert "https" in hint
    assert "test" not in hint


def test_server_on_every_address_says_which_they_are(tmp_path: Path) -> None:
    """`--host ::` serves IPv4 too; the log has each address that is bound, the first line one to open."""
    with serving(tmp_path, "--host", "::", P2PCHAT_JWT_SECRET=SECRET) as server:
        assert httpx.get(f"http://{server.address}/healthz", trust_env=False).is_success
        _, output, errors = server.interrupt()
    assert output.startswith(f"P2P Chat is at http://localhost:{server.port} ")
    assert f"event=listening address=0.0.0.0 port={server.port}" in errors


def test_public_server_without_secret_is_refused(tmp_path: Path) -> None:
    """A public address without a secret is no server."""
    sentence = refusing(tmp_path, "--host", "203.0.113.1")
    assert "P2PCHAT_JWT_SECRET must be set" in sentence
    assert list(tmp_path.iterdir()) == []


def test_several_workers_without_redis_are_refused(tmp_path: Path) -> None:
    """`--workers` says what it needs."""
    assert "set P2PCHAT_BACKPLANE_URL" in refusing(tmp_path, "--workers", "2")


def test_workers_that_cannot_start_say_so_once(tmp_path: Path) -> None:
    """A reason not to start is told by the first worker, and the command ends as that has."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    url = f"redis://:hunter2@127.0.0.1:{port}/0"
    sentence = refusing(tmp_path, "--workers", "3", "--log-level", "warning", P2PCHAT_BACKPLANE_URL=url)
    assert sentence.count(f"The Redis redis://127.0.0.1:{port}/0 cannot be used") == 1
    assert "hunter2" not in sentence


def test_password_that_is_not_percent_encoded_is_told_so(tmp_path: Path) -> None:
    """In a URL, some characters end the password; the sentence says how they are written, and nothing of the rest."""
    for variable, scheme in (("P2PCHAT_BACKPLANE_URL", "redis"), ("P2PCHAT_DATABASE_URL", "postgresql")):
        character = {"redis": "#", "postgresql": "%"}[scheme]
        sentence = refusing(tmp_path, **{variable: f"{scheme}://chat:hunter{character}2@127.0.0.1:1/0"})
        assert f"a {character} in the user or the password must be written as %{ord(character):02X}" in sentence
        assert variable in sentence
        assert "hunter" not in sentence


def test_short_secret_is_refused(tmp_path: Path) -> None:
    """A secret that can be guessed is no secret."""
    assert "at least 32 bytes" in refusing(tmp_path, P2PCHAT_JWT_SECRET="x" * 31)


def test_taken_port_is_refused(tmp_path: Path) -> None:
    """A port in use gets a sentence."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        sentence = refusing(tmp_path, "--port", str(port))
    assert f"port {port}: Address already in use" in sentence
    assert "with --port; in `make run`, with HOST= or PORT=." in sentence


def test_unfit_setting_is_refused(tmp_path: Path) -> None:
    """A setting that makes no sense gets a sentence, and so does an option, under the name that was typed."""
    assert "--port must be a whole number from 0 to 65535, not 'abc'." in refusing(tmp_path, "--port", "abc")
    assert "--workers must be a whole number from 1 to 64" in refusing(tmp_path, "--workers", "0")
    assert "P2PCHAT_LOGIN_LIMIT must be" in refusing(tmp_path, P2PCHAT_LOGIN_LIMIT="often")


def test_unusable_folder_is_refused(tmp_path: Path) -> None:
    """A data folder that cannot be made gets a sentence."""
    (tmp_path / "file").touch()
    assert "P2PCHAT_DATA_DIR" in refusing(tmp_path / "file" / "folder")


def without_home(*arguments: str, **settings: str) -> subprocess.CompletedProcess[str]:
    """Run the command as a user of whom the system knows nothing, as a container may have one."""
    homeless = "import pwd, sys; pwd.getpwuid = {}.__getitem__; from signaling.cli import main; main(sys.argv[1:])"
    inherited = {name: value for name, value in os.environ.items() if name != "HOME" and not name.startswith("XDG_")}
    return subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-c", homeless, *arguments],
        env={name: value for name, value in inherited.items() if not name.startswith("P2PCHAT_")} | settings,
        capture_output=True,
        text=True,
        timeout=TIMEOUT,
        check=False,
    )


def test_user_without_a_home_is_told_so(tmp_path: Path) -> None:
    """Only where the folder of that home is to be used; everything else works, and so does a folder of one's choice."""
    version = without_home("--version")
    assert (version.returncode, version.stderr) == (0, "")
    ended = without_home("migrate")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr.startswith("Error: The data folder cannot be used (~/p2p-chat: ")
    assert ended.stderr.endswith("Choose another with P2PCHAT_DATA_DIR.\n")
    assert without_home("migrate", P2PCHAT_DATA_DIR=str(tmp_path)).returncode == 0


def test_home_of_nobody_is_refused(tmp_path: Path) -> None:
    """A `~` with a name that the system does not know gets a sentence, by variable and by option."""
    sentence = refusing(tmp_path, P2PCHAT_DATA_DIR="~no-such-user/x")
    assert "P2PCHAT_DATA_DIR must be a folder, and the home that '~no-such-user/x' begins with is not known" in sentence
    assert "--data-dir must be a folder" in refusing(tmp_path, "--data-dir", "~no-such-user/x", command="migrate")


def test_broken_database_is_refused(tmp_path: Path) -> None:
    """A file that is no database gets a sentence."""
    (tmp_path / "accounts.sqlite3").write_bytes(b"not a database, and long enough to be looked at" * 99)
    assert "file is not a database" in refusing(tmp_path)


def test_database_of_newer_release_is_refused(tmp_path: Path) -> None:
    """After a step back to an earlier release, a sentence says what to do."""
    assert migrating(tmp_path).endswith(" now; it was empty.")
    with contextlib.closing(sqlite3.connect(tmp_path / "accounts.sqlite3")) as database, database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    assert "to revision 9999, which this one does not know. Start that release again" in refusing(tmp_path)


def test_migrate_makes_what_serve_needs(tmp_path: Path) -> None:
    """The step by itself needs no secret, makes no demo account, and is done once."""
    made = migrating(tmp_path, P2PCHAT_HOST="203.0.113.1")
    assert re.fullmatch(r"sqlite\+aiosqlite:///\S+/accounts\.sqlite3 is at revision \d+ now; it was empty\.", made)
    assert [path.name for path in tmp_path.iterdir()] == ["accounts.sqlite3"]
    assert migrating(tmp_path).endswith(" already.")
    with contextlib.closing(sqlite3.connect(tmp_path / "accounts.sqlite3")) as database:
        assert database.execute("SELECT count(*) FROM accounts").fetchone() == (0,)
    with serving(tmp_path) as server:
        _, _, errors = server.interrupt()
    assert "event=migrated" not in errors


def test_migrate_takes_over_what_earlier_releases_made(tmp_path: Path) -> None:
    """Tables without a revision count as the first one's, and the log says so where a server does it."""
    with contextlib.closing(sqlite3.connect(tmp_path / "accounts.sqlite3")) as database:
        columns = "id, username, username_key, password_hash, is_demo, created_at"
        database.execute(f"CREATE TABLE accounts ({columns})")
    with serving(tmp_path) as server:
        _, _, errors = server.interrupt()
    assert re.search(r"event=migrated before=0001 after=\d+", errors)


def test_migrate_says_what_is_wrong(tmp_path: Path) -> None:
    """What keeps the step from being done is said as by `serve`."""
    (tmp_path / "accounts.sqlite3").write_bytes(b"not a database, and long enough to be looked at" * 99)
    ended = run(tmp_path, "migrate")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "file is not a database" in ended.stderr


def test_accounts_are_copied_and_brought_back(tmp_path: Path) -> None:
    """A backup is made beside a running server, and brought back when it has been stopped, even by a kill."""
    data, copy = tmp_path / "data", str(tmp_path / "copy.sqlite3")
    with serving(data) as server:
        made = run(data, "backup", copy)
        assert (made.returncode, made.stdout, made.stderr) == (0, f"{copy} has the accounts: 2.\n", "")
        later = {"username": "rosalind", "password": PASSWORD}
        assert httpx.post(f"http://{server.address}/api/register", json=later, trust_env=False).is_success
        assert "is in use. Stop the server" in refusing(data, copy, command="restore")
    assert (data / "accounts.sqlite3-wal").exists()
    restored = run(data, "restore", copy)
    assert (restored.returncode, restored.stdout) == (0, f"The accounts are those of {copy}: 2. Start the server.\n")
    with serving(data) as server:
        assert httpx.post(f"http://{server.address}/api/login", json=later, trust_env=False).status_code == 401


def test_secret_is_rotated(tmp_path: Path) -> None:
    """The command says where the new secret stands and what is left to do, or where else it would be changed."""
    missing = run(tmp_path, "rotate-secret")
    assert (missing.returncode, "jwt-secret" in missing.stderr) == (2, True)
    (tmp_path / "jwt-secret").write_text(SECRET)
    ended = run(tmp_path, "rotate-secret")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith(f"{tmp_path / 'jwt-secret'} has a new secret")
    assert len((tmp_path / "jwt-secret").read_text().splitlines()) == 2
    refused = run(tmp_path, "rotate-secret", P2PCHAT_DEVELOPMENT="off")
    assert refused.returncode == 2
    assert "P2PCHAT_JWT_SECRET is the secret here" in refused.stderr


def test_misspelt_setting_is_pointed_out(tmp_path: Path) -> None:
    """A variable that looks like a setting and is none gets a line in the log."""
    with serving(tmp_path, P2PCHAT_JWT_SECRT=SECRET) as server:
        _, _, errors = server.interrupt()
    assert "level=warning event=unknown_setting variable=P2PCHAT_JWT_SECRT" in errors


def test_page_is_exported(tmp_path: Path) -> None:
    """The command says what it has done, and what is left to do at the server."""
    out = tmp_path / "dist"
    options = ("--signaler", "https://chat.example.org", "--out", str(out), "--base-path", "/p2p-chat/")
    process = run(tmp_path, "export", *options)
    assert (process.returncode, process.stderr) == (0, ""), process
    first, second, *_ = process.stdout.splitlines()
    assert re.fullmatch(rf"{out} has the page, in \d+ files\. {out}/config\.json names its server\.", first)
    assert "P2PCHAT_ALLOWED_ORIGINS" in second
    assert 'data-base="/p2p-chat/"' in (out / "index.html").read_text()
    assert list(tmp_path.iterdir()) == [out], "an export needs no data of the server"


def test_unfit_export_is_refused(tmp_path: Path) -> None:
    """An option that makes no sense, or a folder of somebody else, gets a sentence."""
    options = ("--out", str(tmp_path), "--signaler")
    assert "must begin with https://" in refusing(tmp_path, *options, "http://chat.example.org", command="export")
    (tmp_path / "thesis.txt").touch()
    sentence = refusing(tmp_path, *options, "https://chat.example.org", command="export")
    assert f"{tmp_path} is left as it is: it is not empty" in sentence


async def converse(address: str) -> list[str]:
    """Use everything that carries a secret, rightly and wrongly; give the secrets that were made on the way."""
    async with httpx.AsyncClient(base_url=f"http://{address}", trust_env=False) as client:
        credentials = {"username": "rosalind", "password": PASSWORD}
        token = (await client.post("/api/register", json=credentials)).json()["token"]
        await client.post("/api/login", json=credentials)
        await client.post("/api/login", json=credentials | {"password": PASSWORD + "!"})
        await client.post("/api/login", content=f'{{"password":"{PASSWORD}"')
        renewed = await client.post("/api/refresh", headers={"Authorization": f"Bearer {token}"})
        await client.get(f"/chat/room?password={PASSWORD}&token={token}")
    subprotocols = [Subprotocol(SUBPROTOCOLS[LATEST]), Subprotocol(TOKEN_SUBPROTOCOL_PREFIX + token)]
    async with (
        connect(f"ws://{address}/ws?token={token}", proxy=None) as first,
        connect(f"ws://{address}/ws", subprotocols=subprotocols, proxy=None) as second,
        connect(f"ws://{address}/ws?token={token}x", proxy=None) as refused,
    ):
        await refused.wait_closed()
        await second.send('{"type":"join","room":"kitchen"}')
        await second.recv()
        joined = str(await second.recv())
        await first.send('{"type":"join","room":"kitchen"}')
        await first.recv()
        await first.recv()
        peer_id = re.findall(r'"peer_id":"([^"]+)"', joined)[0]
        for body in (f'"description":{{"type":"offer","sdp":"{SDP}"}}', f'"candidate":{{"candidate":"{CANDIDATE}"}}'):
            await first.send(f'{{"type":"signal","to":"{peer_id}",{body}}}')
            await first.send(f'{{"type":"signal","to":"nobody-with-this-id",{body}}}')
            await first.send(f'{{"type":"{SDP}",{body}}}')
        for _ in range(3):
            await first.send(f'{{"{SDP}":"{CANDIDATE}"')
        await first.wait_closed()
    resume_token = re.findall(r'"resume_token":"([^"]+)"', joined)[0]
    return [token, token.rpartition(".")[2], renewed.json()["token"], resume_token.partition(".")[2]]


def lines(stream: str) -> Iterator[str]:
    """Yield the lines of a log that have something in them."""
    return (line for line in stream.splitlines() if line)


def test_log_gives_nothing_away(tmp_path: Path) -> None:
    """A whole run at the most talkative level writes one line an event, with no token, password, SDP or candidate."""
    with serving(tmp_path, P2PCHAT_LOG_LEVEL="debug", P2PCHAT_JWT_SECRET=SECRET) as server:
        secrets = asyncio.run(converse(server.address))
        code, output, errors = server.interrupt()
    assert code == 0
    for secret in (*secrets, SECRET, PASSWORD, SDP, "an-sdp", CANDIDATE, "192.0.2.77", "$2b$"):
        assert secret not in output + errors
    events = {line.partition("event=")[2].partition(" ")[0] for line in lines(errors)}
    assert {"registered", "logged_in", "request", "opened", "joined", "refused", "closed", "unauthenticated"} <= events
    assert all(re.match(r"time=\S+Z level=\w+ event=\w+ ", line) for line in lines(errors))
    assert "log" not in events


def test_log_can_be_json(tmp_path: Path) -> None:
    """As JSON every line is one object; a failure and its request have the id that the answer told."""
    with serving(tmp_path, P2PCHAT_LOG_FORMAT="json") as server:
        with contextlib.closing(sqlite3.connect(tmp_path / "accounts.sqlite3")) as database:
            database.execute("DROP TABLE accounts")
        credentials = {"username": "rosalind", "password": PASSWORD}
        failed = httpx.post(f"http://{server.address}/api/register", json=credentials, trust_env=False)
        code, _, errors = server.interrupt()
    assert (code, failed.status_code) == (0, 500)
    written = [json.loads(line) for line in lines(errors)]
    assert all(list(fields)[:3] == ["time", "level", "event"] for fields in written)
    of_request = [fields for fields in written if fields.get("request_id") == failed.headers["X-Request-ID"]]
    assert [fields["event"] for fields in of_request] == ["request", "log"]
    assert "no such table: accounts" in of_request[1]["traceback"]
    assert PASSWORD not in errors
