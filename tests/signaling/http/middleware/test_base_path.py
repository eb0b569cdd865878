from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from signaling.site.loading import load_site
from signaling.site.target import Target
from tests.signaling.conftest import quick_settings
from tests.signaling.running import RunningServer, SignalingClient, running

BASE = "/chat-app/"


@pytest.fixture(scope="module")
def below(tmp_path_factory: pytest.TempPathFactory, static: Path) -> Iterator[RunningServer]:
    """A server that a proxy has at a path."""
    settings = quick_settings(tmp_path_factory.mktemp("data"), base_path=BASE)
    with running(settings, load_site(static, ["protocol"], Target(BASE))) as started:
        yield started


@pytest.mark.parametrize("prefix", ["/", BASE], ids=["taken away", "passed on"])
async def test_everything_is_where_the_proxy_asks(below: RunningServer, prefix: str) -> None:
    """Whether it passes the path on or takes it away: the page, its files, the API and the probes."""
    async with below.http() as client:
        page = await client.get(prefix)
        [style] = re.findall(r'data-style="([^"]+)"', page.text)
        assert style.startswith(BASE)
        paths = ("chat/kitchen", "healthz", "chat/a/b")
        asked = [(await client.get(prefix + path)).status_code for path in paths]
        file = await client.get(prefix + style.removeprefix(BASE))
        login = await client.post(f"{prefix}api/login", json={"username": "Nobody", "password": "correct horse"})
    assert (page.status_code, file.status_code, login.status_code) == (200, 200, 401)
    assert asked == [200, 200, 404]


@pytest.mark.parametrize("path", ["/ws", f"{BASE}ws"])
async def test_socket_is_where_the_proxy_asks(below: RunningServer, path: str) -> None:
    """The WebSocket likewise."""
    address = f"ws://{below.host}:{below.port}{path}?token={await below.register()}"
    async with SignalingClient(address, origin=below.url) as client:
        await client.welcome()


async def test_addresses_of_the_server_are_below_base(below: RunningServer) -> None:
    """Where it leads a browser or tells a robot where to stay out, it is by the path that they know."""
    async with below.http() as client:
        slash = await client.get(BASE.removesuffix("/"), headers={"Host": "evil.example"})
        icon = await client.get("/favicon.ico")
        robots = await client.get("/robots.txt")
    assert (slash.status_code, slash.headers["location"]) == (307, BASE)
    assert icon.headers["location"].startswith(BASE)
    assert f"Disallow: {BASE}chat/\n" in robots.text


@pytest.mark.parametrize("path", ["/chat-app/nothing", "/chat-app-too/healthz", f"{BASE}chat-app/healthz", "/nothing"])
async def test_other_paths_are_nothing(below: RunningServer, path: str) -> None:
    """What is below the base and no address of ours is none without it either."""
    async with below.http() as client:
        assert (await client.get(path)).status_code == 404
