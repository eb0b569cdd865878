"""The server at a path of its host, by a real nginx: one that passes that path on, and one that takes it away."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.async_api import expect

from e2e.boots import way_of_boot
from e2e.chat_page import connect
from e2e.nginx import nginx_fault
from e2e.people import Newcomers
from e2e.server import PASSWORD, Server
from e2e.static_host import WITH_OUR_RULES, StaticHost
from e2e.sub_paths import BASE, SubPath
from signaling.site.export import export_site
from signaling.site.loading import static_folder

pytestmark = pytest.mark.skipif(nginx_fault() is not None, reason=nginx_fault() or "")

SCOPE = "navigator.serviceWorker.ready.then((registration) => registration.scope)"
KEPT = "Object.keys(localStorage)"


@pytest.fixture
def host(tmp_path: Path) -> Iterator[StaticHost]:
    """Run a static host, with nothing on it yet."""
    running = StaticHost(tmp_path / "host", "/", WITH_OUR_RULES)
    running.start()
    yield running
    running.stop()


@pytest.fixture
def below(tmp_path: Path, host: StaticHost) -> Iterator[Server]:
    """Run a server that knows that it is at a path, and allows the pages of that host."""
    running = Server(tmp_path, {"P2PCHAT_BASE_PATH": BASE, "P2PCHAT_ALLOWED_ORIGINS": host.origin})
    running.start()
    yield running
    running.stop()


@pytest.fixture
def passing_on(tmp_path: Path, below: Server) -> Iterator[SubPath]:
    """Run a proxy that passes the path on."""
    yield from _running(SubPath(tmp_path / "passing-on", below.url, passes_on=True))


@pytest.fixture
def taking_away(tmp_path: Path, below: Server) -> Iterator[SubPath]:
    """Run a proxy that takes the path away."""
    yield from _running(SubPath(tmp_path / "taking-away", below.url, passes_on=False))


def _running(proxy: SubPath) -> Iterator[SubPath]:
    proxy.start()
    yield proxy
    proxy.stop()


def test_path_leads_to_lobby_without_slash(passing_on: SubPath, taking_away: SubPath) -> None:
    """What people type; and what is outside of it, nobody serves."""
    for proxy in (passing_on, taking_away):
        page = httpx.get(proxy.url, follow_redirects=True, trust_env=False)
        assert (page.status_code, str(page.url)) == (200, f"{proxy.url}/")
        assert httpx.get(f"{proxy.url}/nothing", trust_env=False).status_code == httpx.codes.NOT_FOUND
        assert httpx.get(f"{proxy.origin}/healthz", trust_env=False).status_code == httpx.codes.NOT_FOUND


async def test_people_meet_at_a_path(
    below: Server, passing_on: SubPath, taking_away: SubPath, newcomers: Newcomers, room: str
) -> None:
    """One comes through each proxy, and both by an address with the path in it; the next visit is kept below it."""
    ada = await newcomers.open("chromium", passing_on.url)
    bob = await newcomers.open("firefox", taking_away.url)
    for page, name in ((ada, "ada"), (bob, "bob")):
        below.register(name)
        await page.open(f"/chat/{room}")
        await page.log_in(name, PASSWORD)
    await connect(ada, bob)
    await ada.send("below a path")
    await bob.wait_for_incoming("below a path")
    for page in (ada, bob):
        assert await page.page.evaluate(SCOPE) == f"{page.url}/"
        assert all(key.endswith(f" {page.url}") for key in await page.page.evaluate(KEPT))
    await ada.reload()
    await connect(ada, bob)
    assert await way_of_boot(ada) == "snapshot"
    await bob.open("/settings")
    await expect(bob.handle("settings-screen")).to_be_visible()


async def test_exported_page_finds_server_at_a_path(
    host: StaticHost, below: Server, taking_away: SubPath, newcomers: Newcomers, room: str
) -> None:
    """`--signaler` with a path: the login, the WebSocket and the question whether this origin is allowed."""
    export_site(static_folder(), host.site, f"{taking_away.url}/")
    below.register("ada")
    page = await newcomers.open("chromium", host.url)
    await page.open(f"/chat/{room}")
    await page.log_in("ada", PASSWORD)
    await page.wait_for_status("waiting")
    assert await page.page.locator("html").get_attribute("data-signaler") == taking_away.url
