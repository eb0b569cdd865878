from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from playwright.async_api import expect

from e2e.boots import way_of_boot
from e2e.browser_selection import CHROMIUM_FIRST, FIREFOX_FIRST, IN_BOTH, later
from e2e.browsers import Kind
from e2e.chat_page import ChatPage, connect
from e2e.logins import storage
from e2e.nginx import nginx_fault
from e2e.people import Newcomers
from e2e.server import PASSWORD, Server
from e2e.static_host import WITH_OUR_RULES, WITHOUT_RULES, StaticHost
from signaling.site.caching import FOREVER
from signaling.site.export import export_site
from signaling.site.loading import load_site, static_folder
from signaling.site.target import Target

# Of the fixtures that a test asks for, the pages are the last, and so the first to go: while their servers are there.

IN_FORCE = "navigator.serviceWorker.ready.then(() => {})"
CACHES = "caches.keys()"
SAME_HEADERS = (
    "cache-control",
    "cross-origin-opener-policy",
    "cross-origin-resource-policy",
    "permissions-policy",
    "referrer-policy",
    "x-content-type-options",
)
SCRIPTS = ("bootstrap.js", "intake.js", "pyodide.mjs", "pyodide.asm.mjs")


@dataclass(frozen=True)
class Place:
    """Where a static host has the page."""

    base: str = "/"
    has_rules: bool = True
    """Whether it does what our example for nginx says."""


ORIGIN, SUBPATH, PLAIN_HOST = Place(), Place("/p2p-chat/"), Place("/p2p-chat/", has_rules=False)
OpenHost = Callable[[Place], StaticHost]
OpenSignaler = Callable[[str], Server]


@pytest.fixture
def open_host(tmp_path: Path) -> Iterator[OpenHost]:
    """Start static hosts, with nothing on them yet."""
    if fault := nginx_fault():
        pytest.skip(fault)
    opened: list[StaticHost] = []

    def open_one(place: Place) -> StaticHost:
        rules = WITH_OUR_RULES if place.has_rules else WITHOUT_RULES.format(base=place.base)
        host = StaticHost(tmp_path / f"host-{len(opened)}", place.base, rules)
        opened.append(host)
        host.start()
        return host

    yield open_one
    for host in opened:
        host.stop()


@pytest.fixture
def host(open_host: OpenHost) -> StaticHost:
    """Start one that has the page to itself."""
    return open_host(ORIGIN)


@pytest.fixture
def open_signaler(tmp_path: Path) -> Iterator[OpenSignaler]:
    """Start servers that allow the pages of an origin."""
    opened: list[Server] = []

    def open_one(origin: str) -> Server:
        folder = tmp_path / f"signaler-{len(opened)}"
        folder.mkdir()
        server = Server(folder, {"P2PCHAT_ALLOWED_ORIGINS": origin})
        opened.append(server)
        server.start()
        return server

    yield open_one
    for server in opened:
        server.stop()


@pytest.fixture
def signaler(open_signaler: OpenSignaler, host: StaticHost) -> Server:
    """Have a server that allows the pages of that host, and its page there."""
    server = open_signaler(host.origin)
    publish(host, server)
    return server


def publish(host: StaticHost, server: Server, base: str = "/") -> None:
    """Put the page of a server on a host."""
    export_site(static_folder(), host.site, server.url, base)


async def log_in(page: ChatPage, server: Server, username: str = "ada") -> None:
    """Log in with a new account of a server."""
    server.register(username)
    await page.log_in(username, PASSWORD)


@pytest.mark.parametrize(
    "place",
    [later(ORIGIN, name="origin"), pytest.param(SUBPATH, id="sub-path"), pytest.param(PLAIN_HOST, id="plain host")],
)
async def test_two_people_talk(
    open_host: OpenHost, open_signaler: OpenSignaler, room: str, place: Place, newcomers: Newcomers
) -> None:
    """From a link to their room on, which the host has no file for; and the lobby is where the page begins."""
    host = open_host(place)
    signaler = open_signaler(host.origin)
    publish(host, signaler, place.base)
    ada, ben = await newcomers.open("chromium", host.url), await newcomers.open("firefox", host.url)
    for page, username in ((ada, "ada"), (ben, "ben")):
        if not place.has_rules:
            page.allow_refusal(404, f"/chat/{room}")
        await page.open(f"/chat/{room}")
        await log_in(page, signaler, username)
        await page.wait_for_room()
    await connect(ada, ben)
    await ada.send("From a host that knows no rooms")
    await ben.wait_for_incoming("From a host that knows no rooms")
    await ben.send("To another")
    await ada.wait_for_incoming("To another")
    await ada.wait_for_arrival("From a host that knows no rooms")

    await ada.leave_room()
    assert ada.page.url == f"{host.url}/"
    await ada.go_to(f"{room[:50]}-2")
    assert ada.page.url == f"{host.url}/chat/{room[:50]}-2"
    await ada.page.get_by_role("button", name="Show a QR code").click()
    await expect(ada.handle("invite")).to_contain_text(f"{host.url}/chat/{room[:50]}-2")
    if not place.has_rules:
        ada.allow_refusal(404, "/settings")
    await ada.open("/settings")
    await expect(ada.handle("settings-screen")).to_be_visible()


@pytest.mark.parametrize("place", [ORIGIN, SUBPATH], ids=["origin", "sub-path"])
def test_example_for_nginx_serves_as_the_server_does(open_host: OpenHost, server: Server, place: Place) -> None:
    """With its types, its headers, for as long, and compressed; and a file that is not there is not kept as such."""
    host = open_host(place)
    publish(host, server, place.base)
    site = load_site(static_folder(), target=Target(place.base, "https: wss:"))
    with (
        httpx.Client(base_url=host.origin, trust_env=False) as static,
        httpx.Client(base_url=server.url, trust_env=False) as own,
    ):
        runtime = (f"pyodide/{site.runtime_version}/{name}" for name in ("pyodide.asm.wasm", "pyodide.mjs"))
        for path in ("", "chat/kitchen", "service-worker.js", *runtime):
            ours, theirs = static.get(place.base + path), own.get(f"/{path}")
            assert ours.status_code == theirs.status_code == 200, path
            assert media_type(ours) == media_type(theirs), path
            assert ours.headers["content-encoding"] == "gzip", path
            for name in SAME_HEADERS:
                assert ours.headers[name] == theirs.headers[name], (path, name)
        for name, asset in site.assets.items():
            answer = static.get(site.address(name))
            assert (answer.content, media_type(answer)) == (asset.read(), asset.media_type), name
            assert answer.headers["cache-control"] == FOREVER
        config = static.get(f"{place.base}config.json")
        assert (config.json(), config.headers["cache-control"]) == ({"signaler": server.url}, "no-cache")
        assert "content-encoding" not in config.headers
        icon = static.get(f"{place.base}favicon.ico", follow_redirects=True)
        assert icon.headers["content-type"] == "image/svg+xml"
        missing = static.get(f"{place.base}assets/0123456789abcdef/bootstrap.js")
        assert (missing.status_code, "cache-control" in missing.headers) == (404, False)


def media_type(answer: httpx.Response) -> str:
    """Return the type of an answer without its character set, which is UTF-8 in any case."""
    return answer.headers["content-type"].partition(";")[0]


@IN_BOTH
async def test_every_script_comes_once(host: StaticHost, signaler: Server, kind: Kind, newcomers: Newcomers) -> None:
    """What is preloaded, checked and imported is one and the same file; and it comes compressed."""
    page = await newcomers.open(kind, host.url)
    await page.open()
    assert await page.page.locator("html").get_attribute("data-signaler") == signaler.url
    await page.page.evaluate(IN_FORCE)
    asked = host.requests()
    for script in SCRIPTS:
        assert [entry[1:] for entry in asked if entry[0].endswith(f"/{script}")] == [(200, "gzip")], script
    assert [entry[1:] for entry in asked if entry[0].endswith(".wasm")] == [(200, "gzip")]
    assert {status for _, status, _ in asked} <= {200, 304}


@pytest.mark.parametrize(
    ("kind", "script"),
    [
        *(("chromium", script) for script in SCRIPTS),
        ("firefox", SCRIPTS[0]),
        *(later("firefox", script) for script in SCRIPTS[1:]),
    ],
)
async def test_changed_script_does_not_run(
    host: StaticHost, signaler: Server, kind: Kind, script: str, newcomers: Newcomers
) -> None:
    """A cache that has another file than the page names is found out, by the one who would run it."""
    assert signaler.port
    [path] = host.site.rglob(script)
    for file in path.parent.glob(f"{script}*"):
        file.unlink()
    path.write_text("document.documentElement.dataset.intruder = ''; export const loadPyodide = 1;", encoding="utf-8")
    page = await newcomers.open(kind, host.url)
    page.allow_lost_snapshot()
    page.allow_error(r"dynamically imported module|^StartFault: |^Error \(.*/bootstrap\.js\)$")
    await page.page.goto(f"{host.url}/")
    if script == "bootstrap.js":
        await page.page.wait_for_load_state()
        assert await page.page.locator("html").get_attribute("data-app") == "starting"
    else:
        await expect(page.page.locator("html")).to_have_attribute("data-app", "failed")
        await expect(page.handle("auth-error")).to_contain_text("could not start")
    assert await page.page.locator("html").get_attribute("data-intruder") is None


@pytest.mark.parametrize(
    ("place", "kind"),
    [
        pytest.param(ORIGIN, "firefox", id="origin-firefox"),
        pytest.param(SUBPATH, "chromium", id="sub-path-chromium"),
        later(ORIGIN, "chromium", name="origin-chromium"),
        later(SUBPATH, "firefox", name="sub-path-firefox"),
    ],
)
async def test_repeated_visit_asks_for_page_and_configuration_alone(
    open_host: OpenHost, open_signaler: OpenSignaler, kind: Kind, place: Place, newcomers: Newcomers
) -> None:
    """Everything else is in the browser, and where the host is away, those two are as well."""
    host = open_host(place)
    signaler = open_signaler(host.origin)
    publish(host, signaler, place.base)
    page = await newcomers.open(kind, host.url)
    await page.open()
    await page.page.evaluate(IN_FORCE)
    since = len(host.requests())
    await page.open("/chat/kitchen")
    assert await way_of_boot(page) == "snapshot"
    asked = {path.removeprefix(place.base) for path, _, _ in host.requests(since)}
    assert asked - {"service-worker.js", "manifest.webmanifest"} == {"chat/kitchen", "config.json"}

    host.stop()
    await page.open("/chat/kitchen")
    await log_in(page, signaler)
    await page.wait_for_status("waiting")


async def test_two_pages_of_an_origin_keep_to_themselves(
    open_host: OpenHost, open_signaler: OpenSignaler, newcomers: Newcomers
) -> None:
    """At different paths, with different servers: each has its own files, and its own login."""
    host = open_host(SUBPATH)
    signaler, other = open_signaler(host.origin), open_signaler(host.origin)
    publish(host, signaler, "/p2p-chat/")
    export_site(static_folder(), host.site.parent / "second", other.url, "/second/")
    first = await newcomers.open("chromium", host.url)
    await first.open()
    await log_in(first, signaler)
    await first.wait_for_start()
    await first.page.evaluate(IN_FORCE)
    second = await newcomers.open_beside(first.page.context, f"{host.origin}/second")
    await second.open()
    await second.wait_for_form()
    await log_in(second, other, "ben")
    await second.wait_for_start()
    await second.page.evaluate(IN_FORCE)
    names = await second.page.evaluate(CACHES)
    assert [re.sub(r"[0-9a-f]{16}$", "…", name) for name in names] == [
        "p2p-chat@/p2p-chat/ …",
        "p2p-chat@/second/ …",
    ]
    await first.reload()
    await first.wait_for_start()
    await expect(first.page.get_by_role("button", name="You are ada")).to_be_visible()


@CHROMIUM_FIRST
async def test_refused_origin_is_told(
    host: StaticHost, own_server: Server, room: str, kind: Kind, newcomers: Newcomers
) -> None:
    """At the login and in a room, with who can do something about it; when it is done, the room goes on by itself."""
    publish(host, own_server)
    kept = storage(host.origin, own_server.register("ada"), f" {own_server.url}")
    sentence = f"This server does not allow pages from {host.origin}. The people who run it have to add that"
    stranger = await newcomers.open(kind, host.url)
    guest = await newcomers.open(kind, host.url, kept)
    for page in (stranger, guest):
        page.allow_error("CORS|Cross-Origin Request Blocked|net::ERR_|WebSocket|establish a connection|403")
    await stranger.open()
    await stranger.log_in("ada", PASSWORD)
    await expect(stranger.handle("auth-error")).to_contain_text(sentence)
    await guest.open(f"/chat/{room}")
    await guest.wait_for_status("refused")
    await guest.wait_for_detail(sentence)
    await guest.send("Kept until then")
    await guest.wait_for_delivery("Kept until then", "queued")
    own_server.stop()
    own_server.settings["P2PCHAT_ALLOWED_ORIGINS"] = host.origin
    own_server.start()
    await guest.wait_for_status("waiting")


@FIREFOX_FIRST
async def test_server_that_is_away_is_told(
    host: StaticHost, signaler: Server, kind: Kind, newcomers: Newcomers
) -> None:
    """In the same words as on a page of its own."""
    page = await newcomers.open(kind, host.url)
    page.allow_error("ERR_CONNECTION_REFUSED|CORS request did not succeed|Cross-Origin Request Blocked")
    await page.open()
    signaler.stop()
    await page.log_in("ada", PASSWORD)
    await expect(page.handle("auth-error")).to_contain_text("The server cannot be reached")
    signaler.start()
    await log_in(page, signaler)
    await page.wait_for_start()


@CHROMIUM_FIRST
async def test_configuration_leads_to_another_server(
    host: StaticHost, signaler: Server, open_signaler: OpenSignaler, kind: Kind, newcomers: Newcomers
) -> None:
    """The next visit goes there, also where a browser has kept the page; the login of the old one is not told to it."""
    page = await newcomers.open(kind, host.url)
    await page.open()
    await log_in(page, signaler)
    await page.wait_for_start()
    await page.page.evaluate(IN_FORCE)
    other = open_signaler(host.origin)
    (host.site / "config.json").write_text(json.dumps({"signaler": other.url}), encoding="utf-8")
    await page.reload()
    await page.wait_for_form()
    assert "/api/refresh" not in other.log.read_text()
    await log_in(page, other, "ben")
    await page.wait_for_start()


NO_SERVER = ["", "{}", '{"signaler": "chat.example.org"}', '{"signaler": "ftp://x.example"}', "[" * 100_000]


@pytest.mark.parametrize("text", NO_SERVER, ids=lambda text: text[:40])
async def test_broken_configuration_is_told(
    host: StaticHost, signaler: Server, text: str, newcomers: Newcomers
) -> None:
    """The file is named that its host have to look at."""
    assert signaler.port
    (host.site / "config.json").write_text(text, encoding="utf-8")
    page = await newcomers.open("chromium", host.url)
    page.allow_error("JSON|URL|config.json")
    await page.page.goto(f"{host.url}/")
    await expect(page.page.locator("html")).to_have_attribute("data-app", "failed", timeout=30_000)
    await expect(page.handle("auth-error")).to_contain_text("have to look at /config.json")
