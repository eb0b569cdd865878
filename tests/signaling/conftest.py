"""A small site, settings that are quick, and real servers: uvicorn in a thread, on a free port."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
import uvicorn

from signaling.configuration.settings import Settings
from signaling.host_names import ANY
from signaling.process.serving import BuildFastPath
from signaling.site.loading import RUNTIME_FILES, RUNTIME_LOCK, Site, load_site
from tests.signaling.running import RunningServer, running

StartServer = Callable[..., RunningServer]
FEW_FILES = 800

over_both_paths = pytest.mark.parametrize("build", ["picows", "asgi"], indirect=True, scope="module")
"""Runs a test over frames that picows reads, and over ASGI's messages."""


PAGE = """<html data-release="{{release}}" data-runtime="{{runtime}}" data-lock="{{lock}}" data-style="{{style.css}}"
 data-library="{{library}}" data-program="{{program}}" data-snapshot="{{snapshot}}" data-integrity="{{integrity}}">
<script>{{inline before-paint.js}}</script><style>{{inline app.css}}</style>"""
WORKER = "const RELEASE = '{{release}}'; const KEPT = {{kept}};"


@pytest.fixture(scope="session")
def static(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder like static/, with little in it."""
    folder = tmp_path_factory.mktemp("static")
    (folder / "pyodide").mkdir()
    (folder / "index.html").write_text(PAGE)
    (folder / "service-worker.js").write_text(WORKER)
    (folder / "app.css").write_text("p { margin: 0 }")
    (folder / "before-paint.js").write_text("look()")
    (folder / "style.css").write_text("body { color: black }")
    (folder / "bootstrap.js").write_text("boot()")
    (folder / "favicon.svg").write_text("<svg/>")
    (folder / "manifest.webmanifest").write_text('{"id": "{{base}}"}')
    (folder / "pyodide" / "VERSION").write_text("1.2.3 sha512-abc\n")
    (folder / "pyodide" / "console.html").write_text("not for anyone")
    for name in RUNTIME_FILES:
        (folder / "pyodide" / name).write_bytes(name.encode() * 1000)
    (folder / "pyodide" / RUNTIME_LOCK).write_text('{"info": {"version": "1.2.3"}, "packages": {"numpy": {}}}')
    return folder


@pytest.fixture(scope="session")
def site(static: Path) -> Site:
    """The site of that folder, with the contract as its only Python."""
    return load_site(static, packages=["protocol"])


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of development, with cheap passwords."""
    return quick_settings(tmp_path)


@pytest.fixture(scope="module")
def build(request: pytest.FixtureRequest) -> BuildFastPath | None:
    """Have the server build the fast path, or fail to: by `over_both_paths`, each once."""
    return no_fast_path if getattr(request, "param", "") == "asgi" else None


@pytest.fixture
def start_server(tmp_path: Path, site: Site, build: BuildFastPath | None) -> Iterator[StartServer]:
    """Starts servers on one data folder, with settings given by field; they stop with the test."""
    with ExitStack() as stack:
        yield lambda **changes: stack.enter_context(running(quick_settings(tmp_path, **changes), site, build=build))


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, site: Site, build: BuildFastPath | None
) -> Iterator[RunningServer]:
    """One server for the tests of a module that leave nothing behind."""
    with running(quick_settings(tmp_path_factory.mktemp("data")), site, build=build) as started:
        yield started


@pytest.fixture
def few_files() -> Iterator[int]:
    """Let this process open few files."""
    resource = pytest.importorskip("resource", reason="Windows has no such limit")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (FEW_FILES, hard))
    yield FEW_FILES
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def no_fast_path(*_arguments: Any, **_options: Any) -> uvicorn.Config:
    """Be of a uvicorn that the fast path does not know."""
    raise ImportError("the test does without it")


def quick_settings(data_dir: Path, **changes: Any) -> Settings:
    """Return settings of development on any free port, with cheap passwords and room for many accounts."""
    generous = Settings.read({"P2PCHAT_REGISTER_LIMIT": "1000/hour"}).register_limit
    defaults: dict[str, Any] = {"port": 0, "data_dir": data_dir, "bcrypt_cost": 4, "register_limit": generous}
    defaults["allowed_hosts"] = (ANY,)  # many tests name a host that is nobody's
    return Settings(**defaults | changes)
