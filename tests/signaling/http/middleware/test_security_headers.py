"""One table of headers, for whatever is answered, and for what static hosts are told to answer with."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.routing import Route

from signaling.app import create_app
from signaling.configuration.settings import Settings
from signaling.configuration.values import read_limit
from signaling.process.serving import BuildFastPath, configuration
from signaling.site.export import export_site
from signaling.site.loading import Site
from signaling.site.security_headers import UNUSED
from tests.project import ROOT
from tests.signaling.certificates import certificate_files
from tests.signaling.conftest import over_both_paths, quick_settings
from tests.signaling.raw_client import KEY
from tests.signaling.running import RunningServer, running

TABLE = {
    "cross-origin-embedder-policy": "require-corp",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": ", ".join(f"{ability}=()" for ability in UNUSED),
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
}
POLICY = {
    "default-src": "'none'",
    "img-src": "'self'",
    "font-src": "'self'",
    "manifest-src": "'self'",
    "base-uri": "'none'",
    "form-action": "'none'",
    "frame-ancestors": "'none'",
    "require-trusted-types-for": "'script'",
    "trusted-types": "p2p-chat",
}
"""What of the policy is the same wherever the page stands."""
NOT_HTTP = frozenset({"/ws"})
REQUESTS = {
    "/": ("GET", 200),
    "/chat/{room:path}": ("GET", 200),
    "/settings": ("GET", 200),
    "/service-worker.js": ("GET", 200),
    "/manifest.webmanifest": ("GET", 200),
    "/share": ("POST", 303),
    "/assets/{digest}/{name:path}": ("GET", 404),
    "/pyodide/{version}/{name:path}": ("GET", 404),
    "/favicon.ico": ("GET", 307),
    "/robots.txt": ("GET", 200),
    "/.well-known/security.txt": ("GET", 404),
    "/healthz": ("GET", 200),
    "/readyz": ("GET", 200),
    "/metrics": ("GET", 200),
    "/openapi.json": ("GET", 200),
    "/api/register": ("POST", 415),
    "/api/login": ("POST", 415),
    "/api/refresh": ("POST", 401),
    "/api/logout": ("POST", 401),
    "/api/logins": ("GET", 401),
    "/api/logins/end": ("POST", 401),
    "/api/logins/end-others": ("POST", 401),
    "/api/password": ("POST", 401),
    "/api/delete-account": ("POST", 401),
    "/api/invitations": ("GET", 401),
    "/api/invitations/revoke": ("POST", 401),
    "/api/guests": ("POST", 415),
    "/api/guests/invitation": ("POST", 415),
    "/api/guests/account": ("POST", 401),
    "/api/ice-servers": ("GET", 401),
}
"""A request to each route, and how it is answered."""
REFUSED = {
    "not a room": ("GET", "/chat/no%20room", {}, 404),
    "nothing": ("GET", "/nothing", {}, 404),
    "other method": ("DELETE", "/api/login", {}, 405),
    "foreign page": ("POST", "/api/login", {"Origin": "https://evil.example"}, 403),
    "foreign host": ("GET", "/", {"Host": "evil.example"}, 421),
}
HANDSHAKE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": KEY,
}
HANDSHAKES: tuple[tuple[str, dict[str, str], int], ...] = (
    ("/ws", {"Host": "evil.example"}, 421),
    ("/ws", {"Origin": "https://evil.example"}, 403),
    ("/nothing", {}, 403),
    ("/ws", {}, 429),
)
"""Handshakes that are refused, the last one since there were three before."""
FILES = ("pyodide.mjs", "pyodide.asm.wasm")


@pytest.fixture(scope="module")
def server(
    tmp_path_factory: pytest.TempPathFactory, site: Site, build: BuildFastPath | None
) -> Iterator[RunningServer]:
    """One server that answers by its own names."""
    with running(quick_settings(tmp_path_factory.mktemp("data"), allowed_hosts=()), site, build=build) as started:
        yield started


def directives(policy: str) -> dict[str, str]:
    """Read a policy."""
    return dict(part.split(" ", 1) for part in policy.split("; "))


def check(headers: Any, site: Site) -> None:
    """Hold an answer to the table."""
    assert {name: headers.get(name) for name in TABLE} == TABLE
    policy = directives(headers["content-security-policy"])
    assert POLICY.items() <= policy.items()
    assert policy["connect-src"] == "'self'"
    assert policy["script-src"].startswith("'self' 'wasm-unsafe-eval'")
    assert "unsafe-inline" not in headers["content-security-policy"]
    assert "strict-transport-security" not in headers, "without TLS, no browser believes it"
    assert "server" not in headers
    if headers.get("content-type", "").startswith("text/html"):
        assert policy["script-src"] == f"'self' 'wasm-unsafe-eval' '{site.inline_scripts[0]}'"
        assert policy["style-src"] == f"'self' '{site.inline_styles[0]}'"


def test_every_route_is_in_the_table(server: RunningServer) -> None:
    """A route that is added is asked here too."""
    assert {route.path for route in server.app.routes if isinstance(route, Route)} == REQUESTS.keys()


@over_both_paths
async def test_every_route_is_guarded(server: RunningServer, site: Site) -> None:
    """Whatever is answered, a browser takes it for what it is, embeds it nowhere and runs nothing in it but our own."""
    async with server.http() as client:
        for path, (method, status) in REQUESTS.items():
            response = await client.request(method, re.sub(r"\{\w+(:path)?\}", "x", path))
            assert (path, response.status_code) == (path, status)
            check(response.headers, site)
        for name in FILES:
            response = await client.get(site.runtime_path + name)
            assert response.is_success
            check(response.headers, site)


@over_both_paths
async def test_every_refusal_is_guarded(server: RunningServer, site: Site) -> None:
    """An error page is a page of this origin too."""
    async with server.http() as client:
        for method, path, headers, status in REFUSED.values():
            response = await client.request(method, path, headers=headers)
            assert (path, response.status_code) == (path, status)
            check(response.headers, site)


@over_both_paths
async def test_every_refused_handshake_is_guarded(tmp_path: Path, site: Site, build: BuildFastPath | None) -> None:
    """What refuses a WebSocket is an answer like any other: by the app, beside it, and before it."""
    limited = {"trusted_proxies": (), "connect_by_address_limit": read_limit("3/minute")}
    settings = quick_settings(tmp_path, allowed_hosts=(), **limited)
    with running(settings, site, build=build) as server:
        async with server.http() as client:
            for path, headers, status in HANDSHAKES:
                response = await client.get(path, headers=HANDSHAKE | headers)
                assert (path, response.status_code) == (path, status)
                check(response.headers, site)


async def test_refusal_before_the_app_is_guarded(server: RunningServer, site: Site) -> None:
    """What cannot be read is answered by the protocol itself."""
    async with server.http() as client:
        response = await client.get("/", headers={"Host": "a b"})
    assert response.status_code == 400
    check(response.headers, site)


def test_static_host_answers_with_the_same(static: Path, tmp_path: Path) -> None:
    """`_headers` is the table, too; the page may connect to its server, wherever that is."""
    export_site(static, tmp_path / "dist", "https://chat.example.org", packages=["protocol"])
    _, *lines = (tmp_path / "dist" / "_headers").read_text().split("\n\n")[0].splitlines()
    found = {name.lower(): value for name, value in (line.strip().split(": ", 1) for line in lines)}
    policy = directives(found.pop("content-security-policy"))
    assert found == TABLE
    assert POLICY.items() <= policy.items()
    assert policy["connect-src"] == "'self' https: wss:"


def test_nginx_answers_with_the_same() -> None:
    """The policy is in the page, but for what only a header can say."""
    text = (ROOT / "deploy" / "nginx-static.conf").read_text()
    found = {
        name.lower(): value.strip('"') for name, value in re.findall(r"^add_header (\S+) (.+) always;$", text, re.M)
    }
    assert found.pop("content-security-policy") == "frame-ancestors 'none'"
    assert found == TABLE


# With TLS


@pytest.fixture(scope="module")
def public(
    tmp_path_factory: pytest.TempPathFactory, site: Site, build: BuildFastPath | None
) -> Iterator[tuple[RunningServer, Any]]:
    """A server with TLS on every address of this machine, and what its clients connect with."""
    folder = tmp_path_factory.mktemp("public")
    files = certificate_files(folder)
    settings = quick_settings(
        folder,
        host="0.0.0.0",  # noqa: S104 - for a moment
        jwt_secret="a secret of the tests, 32 bytes or more",
        ssl_certfile=files.certfile,
        ssl_keyfile=files.keyfile,
    )
    with running(settings, site, build=build) as started:
        yield started, files.trusting


@over_both_paths
async def test_everything_says_to_come_back_by_https(public: tuple[RunningServer, Any]) -> None:
    """Every route, every refusal, a request that cannot be read, and handshakes of WebSockets."""
    server, trusting = public
    requests: list[tuple[str, str, dict[str, str]]]
    requests = [(method, re.sub(r"\{\w+(:path)?\}", "x", path), {}) for path, (method, _) in REQUESTS.items()]
    requests += [(method, path, headers) for method, path, headers, _ in REFUSED.values()]
    requests += [("GET", "/", {"Host": "a b"})]
    async with server.http(verify=trusting) as client:
        for method, path, headers in requests:
            response = await client.request(method, f"https://localhost:{server.port}{path}", headers=headers)
            assert response.headers.get_list("strict-transport-security") == ["max-age=31536000"], path
        credentials = {"username": "ann", "password": "correct horse"}
        registered = await client.post(f"https://localhost:{server.port}/api/register", json=credentials)
    async with server.connect(registered.json()["token"], ssl=trusting, server_hostname="localhost") as client:
        assert client.socket.response is not None
        assert client.socket.response.headers["Strict-Transport-Security"] == "max-age=31536000"


def test_server_without_certificate_leaves_https_to_its_proxy(tmp_path: Path, site: Site) -> None:
    """Which may have reasons of its own not to insist on it."""
    settings = quick_settings(
        tmp_path,
        host="0.0.0.0",  # noqa: S104 - nobody listens
        jwt_secret="a secret of the tests, 32 bytes or more",
    )
    assert configuration(create_app(settings, site), settings).headers == []


@pytest.mark.parametrize("changes", [{"hsts": 0, "host": "0.0.0.0"}, {}], ids=["turned off", "loopback"])  # noqa: S104
async def test_https_is_not_always_insisted_on(tmp_path: Path, site: Site, changes: dict[str, Any]) -> None:
    """A browser would hold it against every other server of localhost, on whichever port."""
    files = certificate_files(tmp_path)
    settings: Settings = quick_settings(
        tmp_path,
        jwt_secret="a secret of the tests, 32 bytes or more",
        ssl_certfile=files.certfile,
        ssl_keyfile=files.keyfile,
        **changes,
    )
    with running(settings, site) as server:
        async with server.http(verify=files.trusting) as client:
            response = await client.get(f"https://localhost:{server.port}/")
    assert response.is_success
    assert "strict-transport-security" not in response.headers
