"""The wheel, as somebody gets it who has no checkout: built, installed into an empty environment, started, asked."""

import os
import re
import shutil
import socket
import subprocess
import sys
import venv
import zipfile
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import httpx
import pytest

from bundle.pyodide import RUNTIME
from bundle.site import HASTE
from tests.project import ROOT, project_files

BUILD_TIMEOUT = 600
INSTALL_TIMEOUT = 300
STOP_TIMEOUT = 20
# Attempts at connecting, half a second and then twice as long after each: 16 s in all for a server to come up.
CONNECT_RETRIES = 6


class HtmlAttributes(HTMLParser):
    """Reads the attributes of `<html>`, where the page tells its script what stands where."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: dict[str, str | None] = {}
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep what stands in `<html>`."""
        if tag == "html":
            self.found = dict(attrs)


def run(*command: str | Path, cwd: Path, timeout: float) -> None:
    """Run a command outside the checkout's own environment, in haste; what it said is in the failure."""
    environment = {name: value for name, value in os.environ.items() if name not in {"PYTHONPATH", "VIRTUAL_ENV"}}
    environment[HASTE] = "1"
    process = subprocess.run(  # noqa: S603
        command,
        cwd=cwd,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=timeout,
        check=False,
    )
    assert process.returncode == 0, process.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel of this tree, built in a copy of it; the runtime that set-up brought spares the build a download."""
    tree = tmp_path_factory.mktemp("tree")
    for path in project_files():
        (tree / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / path, tree / path)
    shutil.copytree(ROOT / "static" / "pyodide", tree / "static" / "pyodide")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", cwd=tree, timeout=BUILD_TIMEOUT)
    [built] = (tree / "dist").glob("*.whl")
    return built


@pytest.fixture(scope="module")
def command(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The installed `p2p-chat`, beside what the wheel's metadata asks for, at the locked versions, and nothing else."""
    home = tmp_path_factory.mktemp("installed")
    venv.create(home / "venv", with_pip=True)
    (home / "pins.txt").write_text(locked_versions(), encoding="utf-8")
    install = ("-m", "pip", "install", "--quiet", "--only-binary", ":all:", "--constraint", "pins.txt", wheel)
    run(home / "venv/bin/python", *install, cwd=home, timeout=INSTALL_TIMEOUT)
    return home / "venv/bin/p2p-chat"


@pytest.fixture(scope="module")
def client(command: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    """A client of the installed server, which runs in a folder with no source around it."""
    home = tmp_path_factory.mktemp("serving")
    port = free_port()
    environment = {"PATH": os.defpath, "HOME": str(home), "P2PCHAT_DATA_DIR": str(home / "data")}
    with (home / "log").open("w+b") as log:
        serve = (command, "serve", "--host", "127.0.0.1", "--port", str(port))
        server = subprocess.Popen(serve, cwd=home, env=environment, stdout=log, stderr=log)  # noqa: S603
        transport = httpx.HTTPTransport(retries=CONNECT_RETRIES)
        try:
            with httpx.Client(base_url=f"http://127.0.0.1:{port}", transport=transport, trust_env=False) as connected:
                connected.get("/healthz")
                yield connected
        finally:
            server.terminate()
            server.wait(STOP_TIMEOUT)
            print((home / "log").read_text(encoding="utf-8"))  # noqa: T201  (pytest shows it where a test has failed)


def locked_versions() -> str:
    """The lock without its hashes: with them, pip wants a pin in the wheel's own metadata as well."""
    lock = (ROOT / "requirements" / "run.lock").read_text(encoding="utf-8")
    return "\n".join(line.rstrip("\\ ") for line in lock.splitlines() if "==" in line)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def test_wheel_holds_packages_and_page(wheel: Path) -> None:
    """Everything that a server needs is in the wheel, and nothing that only we need."""
    names = set(zipfile.ZipFile(wheel).namelist())
    expected = {"protocol/py.typed", "client_py/app.py", "signaling/cli.py", "signaling/static/index.html"}
    expected |= {f"signaling/storage/migrations/{name}" for name in ("env.py", "versions/0001_accounts.py")}
    assert expected | {f"signaling/static/pyodide/{name}" for name in RUNTIME} <= names
    assert [name for name in names if name.startswith("signaling/static/built/") and name.endswith(".snapshot")]
    assert any(re.fullmatch(r"p2p_chat-[^/]+\.dist-info/licenses/LICENSE", name) for name in names)
    assert {name.partition("/")[0] for name in names if ".dist-info/" not in name} == {
        "protocol",
        "signaling",
        "client_py",
    }


def test_installed_server_is_healthy(client: httpx.Client) -> None:
    """It comes up without a checkout, a configuration or a database of ours."""
    assert client.get("/healthz").status_code == httpx.codes.OK


@pytest.mark.parametrize("path", ["/", "/chat/x"])
def test_installed_server_sends_page(client: httpx.Client, path: str) -> None:
    """The page comes for the root and for any room."""
    response = client.get(path)
    assert response.status_code == httpx.codes.OK
    assert response.headers["content-type"].startswith("text/html")
    assert HtmlAttributes(response.text).found["data-snapshot"], "the snapshot in the wheel is not that of its sources"


def test_installed_server_sends_runtime(client: httpx.Client) -> None:
    """The page says where Pyodide is, and it is there, whole and with the type that browsers compile as it streams."""
    base = HtmlAttributes(client.get("/").text).found["data-runtime"]
    assert base is not None
    assert client.get(f"{base}pyodide.mjs").headers["content-type"].startswith("text/javascript")
    wasm = client.get(f"{base}pyodide.asm.wasm")
    assert wasm.headers["content-type"] == "application/wasm"
    assert wasm.content == (ROOT / "static/pyodide/pyodide.asm.wasm").read_bytes()


def test_installed_server_logs_in(client: httpx.Client) -> None:
    """The account that a fresh server comes with works."""
    response = client.post("/api/login", json={"username": "test", "password": "test"})
    assert response.status_code == httpx.codes.OK, response.text
