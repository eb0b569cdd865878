import http.client
import io
import shutil
import zipfile
from pathlib import Path

import pytest

from signaling.site.loading import RUNTIME_FILES, Site, load_site
from signaling.site.prebuilt import ENCODINGS, digest
from tests.signaling.conftest import quick_settings
from tests.signaling.running import RunningServer, running

FOREVER = "public, max-age=31536000, immutable"


@pytest.mark.parametrize("path", ["/", "/chat/kitchen", "/chat/A-b_9", "/chat/kitchen/"])
async def test_app_is_served(server: RunningServer, site: Site, path: str) -> None:
    """The lobby and every room are the same page, which a browser keeps but asks about."""
    async with server.http() as client:
        response = await client.get(path)
    assert (response.status_code, response.content) == (200, site.page.content)
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.headers["cache-control"] == "no-cache"
    assert response.headers["etag"] == site.page.etag


@pytest.mark.parametrize("room", ["", "a%20b", "a/b", "x" * 65, "k%C3%BCche", "a%0A", "%3Cimg%3E"])
async def test_impossible_room_is_served_as_missing(server: RunningServer, site: Site, room: str) -> None:
    """Where no room can have the name, the app says so itself, under the status of what does not exist."""
    async with server.http() as client:
        response = await client.get(f"/chat/{room}")
    assert (response.status_code, response.content) == (404, site.page.content)


async def test_page_is_not_sent_twice(server: RunningServer, site: Site) -> None:
    """A browser that has the page is told so, and one that has another gets it."""
    async with server.http() as client:
        for known in (site.page.etag, f'"other", W/{site.page.etag}', "*"):
            response = await client.get("/", headers={"If-None-Match": known})
            assert (response.status_code, response.content) == (304, b"")
            assert response.headers["etag"] == site.page.etag
        assert (await client.get("/", headers={"If-None-Match": '"other"'})).status_code == 200


async def test_assets_are_kept_forever(server: RunningServer, site: Site) -> None:
    """An asset is served under its digest with its type, for as long as a cache can keep it."""
    types = {
        "style.css": "text/css; charset=utf-8",
        "bootstrap.js": "text/javascript; charset=utf-8",
        "favicon.svg": "image/svg+xml",
        "app.zip": "application/zip",
    }
    async with server.http() as client:
        for name, media_type in types.items():
            response = await client.get(site.address(name))
            assert (response.status_code, response.content) == (200, site.assets[name].content)
            assert response.headers["content-type"] == media_type
            assert response.headers["cache-control"] == FOREVER


async def test_manifest_is_asked_for_each_time(server: RunningServer, site: Site) -> None:
    """It says how the page is installed, under the type that browsers want."""
    async with server.http() as client:
        response = await client.get("/manifest.webmanifest")
    assert (response.status_code, response.content) == (200, site.manifest.content)
    assert response.headers["content-type"].startswith("application/manifest+json")
    assert response.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_what_is_shared_is_not_for_the_server(server: RunningServer, method: str) -> None:
    """Where no service worker was there to take it, the page opens without it."""
    async with server.http() as client:
        response = await client.request(method, "/share", content=b"" if method == "GET" else b"text=secret")
    assert (response.status_code, response.headers["location"]) == (303, "/")


async def test_service_worker_stands_at_the_top(server: RunningServer, site: Site) -> None:
    """From there it has power over every page; a browser asks each time whether there is another."""
    async with server.http() as client:
        response = await client.get("/service-worker.js")
    assert (response.status_code, response.content) == (200, site.worker.content)
    assert response.headers["content-type"] == "text/javascript; charset=utf-8"
    assert response.headers["cache-control"] == "no-cache"


async def test_archive_is_served_whole(server: RunningServer, site: Site) -> None:
    """The archive that the browser gets is one that Python can open."""
    async with server.http() as client:
        response = await client.get(site.address("app.zip"))
    assert zipfile.ZipFile(io.BytesIO(response.content)).testzip() is None


async def test_runtime_is_kept_forever(server: RunningServer, site: Site, static: Path) -> None:
    """The files of the runtime are served under its version, with the type that WebAssembly needs."""
    async with server.http() as client:
        for name in RUNTIME_FILES:
            response = await client.get(site.runtime_path + name)
            assert (response.status_code, response.content) == (200, (static / "pyodide" / name).read_bytes())
            assert response.headers["cache-control"] == FOREVER
        wasm = await client.get(f"{site.runtime_path}pyodide.asm.wasm")
        assert wasm.headers["content-type"] == "application/wasm"
        again = await client.get(
            f"{site.runtime_path}pyodide.asm.wasm", headers={"If-None-Match": wasm.headers["etag"]}
        )
        assert again.status_code == 304


@pytest.mark.parametrize(
    "path",
    [
        "/assets/0000000000000000/style.css",
        "/assets/{style}/index.html",
        "/assets/{style}/bootstrap.js",
        "/assets/{style}/",
        "/pyodide/9.9.9/pyodide.mjs",
        "{runtime}console.html",
        "{runtime}VERSION",
        "{runtime}",
        "/index.html",
        "/static/style.css",
        "/signaling/app.py",
    ],
)
async def test_nothing_else_is_served(server: RunningServer, site: Site, path: str) -> None:
    """Another content, the runtime's own pages, and what is no file of the site are missing, and not kept as that."""
    async with server.http() as client:
        response = await client.get(path.format(style=site.assets["style.css"].digest, runtime=site.runtime_path))
    assert (response.status_code, response.json()["error"]["code"]) == (404, "not_found")
    assert response.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "climb", ["../../conftest.py", "..%2f..%2fconftest.py", "%2e%2e/%2e%2e/conftest.py", "....//conftest.py",
              "/etc/passwd", "%2fetc%2fpasswd", "..\\conftest.py", "style.css%00.js", "./style.css"]
)  # fmt: skip
def test_path_cannot_climb_out(server: RunningServer, site: Site, climb: str) -> None:
    """No spelling of a path leads out of the site, sent as it is written."""
    for folder in (f"/assets/{site.assets['style.css'].digest}/", site.runtime_path):
        connection = http.client.HTTPConnection(server.host, server.port)
        connection.request("GET", folder + climb)
        assert connection.getresponse().status == 404
        connection.close()


@pytest.mark.parametrize("path", ["/", "/chat/kitchen", "{style}", "{runtime}pyodide.asm.wasm", "/robots.txt"])
async def test_head_is_get_without_body(server: RunningServer, site: Site, path: str) -> None:
    """HEAD gives the headers of GET."""
    address = path.format(style=site.address("style.css"), runtime=site.runtime_path)
    async with server.http() as client:
        head, get = await client.head(address), await client.get(address)
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == str(len(get.content))
    assert head.headers["content-type"] == get.headers["content-type"]


async def test_favicon_leads_to_icon(server: RunningServer, site: Site) -> None:
    """The icon for which browsers ask unbidden is that of the page."""
    async with server.http(follow_redirects=True) as client:
        response = await client.get("/favicon.ico")
    assert (response.status_code, response.content) == (200, site.assets["favicon.svg"].content)


@pytest.mark.parametrize("path", ["/healthz/", "/readyz/", "/api/login/", "/robots.txt/", "/chat", "//there/healthz/"])
async def test_nobody_is_led_to_another_host(server: RunningServer, path: str) -> None:
    """A slash too many or too few is another address; the sender of the Host must not choose where people are sent."""
    async with server.http() as client:
        response = await client.get(f"{server.url}{path}", headers={"Host": "evil.example"})
    assert response.status_code == 404
    assert response.json()["error"]["code"] == "not_found"
    assert "evil.example" not in f"{response.headers}{response.text}"


async def test_robots_stay_out_of_rooms(server: RunningServer) -> None:
    """Search engines are asked not to list rooms."""
    async with server.http() as client:
        response = await client.get("/robots.txt")
    assert "Disallow: /chat/" in response.text
    assert response.headers["content-type"].startswith("text/plain")


@pytest.fixture(scope="module")
def compressed(static: Path, tmp_path_factory: pytest.TempPathFactory) -> Site:
    """A site of which the build has compressed the stylesheet and the runtime's WebAssembly."""
    folder = shutil.copytree(static, tmp_path_factory.mktemp("compressed") / "static")
    (folder / "built").mkdir()
    for path in (folder / "style.css", folder / "pyodide" / "pyodide.asm.wasm"):
        for size, (coding, ending) in enumerate(ENCODINGS.items()):
            content = f"{path.name} in {coding}".ljust(100 + size)
            (folder / "built" / (digest(path.read_bytes()) + ending)).write_text(content)
    return load_site(folder, ["protocol"])


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip, deflate, zstd", "zstd"),
        ("gzip, deflate", "gzip"),
        ("br;q=0, GZIP;q=0.5", "gzip"),
        ("br; q=0.000, gzip; q=0", None),
        ("identity", None),
        ("", None),
    ],
)
async def test_best_coding_is_chosen(tmp_path: Path, compressed: Site, accepted: str, coding: str | None) -> None:
    """Of what the browser takes; each coding has a validator of its own, and caches know what it depends on."""
    with running(quick_settings(tmp_path), compressed) as server:
        for name, path in (
            ("style.css", compressed.address("style.css")),
            ("pyodide.asm.wasm", compressed.runtime_path + "pyodide.asm.wasm"),
        ):
            headers, body = ask(server, path, {"Accept-Encoding": accepted})
            assert headers.get("content-encoding") == coding
            assert "Accept-Encoding" in headers["vary"]
            if coding is not None:
                assert body.strip() == f"{name} in {coding}".encode()
                assert headers["etag"].endswith(f'-{coding}"')
            assert ask(server, path, {"Accept-Encoding": accepted, "If-None-Match": headers["etag"]})[1] == b""


async def test_file_that_a_later_build_took_away_is_not_missed(tmp_path: Path, static: Path) -> None:
    """The content itself is there still; where it is not, nothing is, and no cache keeps that."""
    folder = shutil.copytree(static, tmp_path / "static")
    (folder / "built").mkdir()
    gone = folder / "built" / (digest((folder / "style.css").read_bytes()) + ".br")
    gone.touch()
    changed = load_site(folder, ["protocol"])
    gone.unlink()
    (folder / "pyodide" / "pyodide.mjs").unlink()
    with running(quick_settings(tmp_path), changed) as server:
        headers, body = ask(server, changed.address("style.css"), {"Accept-Encoding": "br"})
        async with server.http() as client:
            missing = await client.get(changed.runtime_path + "pyodide.mjs")
    assert "content-encoding" not in headers
    assert body == (folder / "style.css").read_bytes()
    assert (missing.status_code, missing.headers["cache-control"]) == (404, "no-store")


def test_what_is_not_compressed_depends_on_nothing(server: RunningServer, site: Site) -> None:
    """A cache needs one copy of it, whatever browsers take."""
    headers, _ = ask(server, site.address("style.css"), {"Accept-Encoding": "br"})
    assert headers["vary"] == "Origin"
    assert "content-encoding" not in headers


def ask(server: RunningServer, path: str, headers: dict[str, str]) -> tuple[dict[str, str], bytes]:
    """Ask for a path without decoding the answer."""
    connection = http.client.HTTPConnection(server.host, server.port)
    connection.request("GET", path, headers=headers)
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return {name.lower(): value for name, value in response.getheaders()}, body


BROWSER = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"


@pytest.mark.parametrize("path", ["/nowhere", "/Chat/no room", "/chat", "/assets/0000/app.zip"])
async def test_wrong_address_is_a_page_to_a_person(server: RunningServer, site: Site, path: str) -> None:
    """A browser that goes there gets the app, which says so, and has a way home; a program gets JSON."""
    async with server.http() as client:
        page = await client.get(path, headers={"Accept": BROWSER})
        told = await client.get(path)
        posted = await client.post(path, headers={"Accept": BROWSER})
    assert (page.status_code, page.content) == (404, site.page.content)
    assert (told.status_code, told.json()["error"]["code"]) == (404, "not_found")
    assert "text/html" not in posted.headers["content-type"]


async def test_room_is_there_whatever_the_case_of_its_address(server: RunningServer, site: Site) -> None:
    """The page puts the address right, so that none of it is wrong to a person; to a program it is no address."""
    async with server.http() as client:
        page = await client.get("/Chat/Kitchen/", headers={"Accept": BROWSER})
        told = await client.get("/Chat/Kitchen/")
    assert (page.status_code, page.content) == (200, site.page.content)
    assert told.status_code == 404
