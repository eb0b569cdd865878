from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
import shutil
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

import pytest

from signaling.errors import ExportError, FolderNotOurs, FolderUnwritable, InvalidOption, SiteIncomplete
from signaling.site.export import export_site, read_base_path, read_signaler
from signaling.site.export_replacement import MARKER, PART
from signaling.site.loading import RUNTIME_FILES, Site, load_site, static_folder
from signaling.site.target import OWN_SERVER, Target
from tests.project import ROOT

SIGNALER = "https://chat.example.org"
BASE = "/p2p-chat/"
BUILT = b"what the build has made of it"


@pytest.fixture
def pages(static: Path, tmp_path: Path) -> Path:
    """A folder like static/, with the page and the worker as they are, and little beside them."""
    folder = shutil.copytree(static, tmp_path / "static")
    for name in (
        "index.html",
        "service-worker.js",
        "manifest.webmanifest",
        "empty-library.zip",
        "intake.js",
        "favicon-unread.svg",
    ):
        shutil.copy(static_folder() / name, folder)
    shutil.copytree(static_folder() / "icons", folder / "icons")
    return folder


def export(pages: Path, out: Path, signaler: str = SIGNALER, base_path: str = BASE) -> Path:
    """Write an export, with the contract as its only Python; gives the folder."""
    export_site(pages, out, signaler, base_path, ["protocol"])
    return out


def site_of(pages: Path) -> Site:
    """Return what such an export is made from."""
    return load_site(pages, ["protocol"], Target(BASE, "https: wss:"))


def files_in(folder: Path) -> dict[str, bytes]:
    """Return the content of every file by its path in a folder."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def checksum(content: bytes) -> str:
    """Return the checksum as browsers take it."""
    return f"sha256-{base64.b64encode(hashlib.sha256(content).digest()).decode()}"


class Elements(HTMLParser):
    """Reads the elements of a page, with the text in them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str], str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep it."""
        self.found.append((tag, {name: value or "" for name, value in attrs}, ""))

    def handle_endtag(self, tag: str) -> None:
        """Leave the text after an element out of it."""
        self.found.append((f"/{tag}", {}, ""))

    def handle_data(self, data: str) -> None:
        """Keep the text of what was opened last."""
        if self.found:
            tag, attributes, text = self.found[-1]
            self.found[-1] = tag, attributes, text + data

    def all(self, tag: str) -> list[tuple[dict[str, str], str]]:
        """Return the elements of a kind."""
        return [(attributes, text) for name, attributes, text in self.found if name == tag]


def page_of(out: Path) -> Elements:
    """Read the page of an export."""
    return Elements((out / "index.html").read_text())


def policy_of(out: Path) -> dict[str, str]:
    """Return the directives that stand in the page."""
    [policy] = [meta["content"] for meta, _ in page_of(out).all("meta") if "http-equiv" in meta]
    return dict(directive.split(" ", 1) for directive in policy.split("; "))


# What is written


def test_export_has_the_files_that_the_server_serves(pages: Path, tmp_path: Path) -> None:
    """Under the same names, below the path at which it is served; and what static hosts read."""
    site = site_of(pages)
    out = export(pages, tmp_path / "dist")
    written = files_in(out)
    served = {site.address(name): asset.read() for name, asset in site.assets.items()}
    served |= {site.runtime_path + name: asset.read() for name, asset in site.runtime.items()}
    assert {name.removeprefix(BASE): content for name, content in served.items()}.items() <= written.items()
    others = {
        "index.html",
        "404.html",
        "service-worker.js",
        "manifest.webmanifest",
        "favicon.svg",
        "config.json",
        "robots.txt",
    }
    hosts = {"_headers", "_redirects", ".nojekyll", MARKER}
    plain = {name for name in written if not name.endswith(".gz")}
    assert plain == {name.removeprefix(BASE) for name in served} | others | hosts
    assert written["index.html"] == written["404.html"] == site.page.read()
    assert written["service-worker.js"] == site.worker.read()
    assert written["favicon.svg"] == site.assets["favicon.svg"].read()


def test_export_is_the_same_every_time(pages: Path, tmp_path: Path) -> None:
    """Two exports are the same bytes, so that a host has to take only what has changed."""
    assert files_in(export(pages, tmp_path / "one")) == files_in(export(pages, tmp_path / "two"))


def test_export_names_its_server_in_one_file_alone(pages: Path, tmp_path: Path) -> None:
    """So that it can be changed there, and nothing compressed beside it goes on naming the other."""
    one, two = files_in(export(pages, tmp_path / "one")), files_in(export(pages, tmp_path / "two", "https://b.example"))
    assert {name for name in one if one[name] != two[name]} == {"config.json"}
    assert json.loads(one["config.json"]) == {"signaler": SIGNALER}
    assert not [name for name in one if name.startswith("config.json.")]


def test_export_has_compressed_files_beside_the_plain_ones(pages: Path, tmp_path: Path) -> None:
    """Those of the build where there are any, and of the rest what Python can make, where it is worth it."""
    (pages / "built").mkdir()
    style = hashlib.sha256((pages / "style.css").read_bytes()).hexdigest()[:32]
    for ending in (".br", ".zst", ".gz"):
        (pages / "built" / (style + ending)).write_bytes(BUILT + ending.encode())
    written = files_in(export(pages, tmp_path / "dist"))
    address = site_of(pages).address("style.css").removeprefix(BASE)
    assert {written[address + ending] for ending in (".br", ".zst", ".gz")} == {
        BUILT + ending for ending in (b".br", b".zst", b".gz")
    }
    for name in ("index.html", "404.html", "service-worker.js", "pyodide/1.2.3/pyodide.mjs"):
        assert gzip.decompress(written[f"{name}.gz"]) == written[name]
        assert written[f"{name}.gz"][4:8] == bytes(4), "no time (RFC 1952 §2.3), or no two exports would be alike"
        assert f"{name}.br" not in written
    assert not [name for name in written if name.endswith(".zip.gz")]


def test_export_has_every_script_checked(pages: Path, tmp_path: Path) -> None:
    """By the element that loads it, and by the import map for those that scripts import."""
    out = export(pages, tmp_path / "dist")
    page = page_of(out)
    loaded = [script for script, _ in page.all("script") if "src" in script]
    preloaded = [link for link, _ in page.all("link") if link["rel"] == "modulepreload" or link.get("as") == "script"]
    [import_map] = [text for script, text in page.all("script") if script.get("type") == "importmap"]
    checked = json.loads(import_map)["integrity"]
    named = {element.get("src") or element["href"]: element["integrity"] for element in (*loaded, *preloaded)}
    assert named | {f"{address}#again": integrity for address, integrity in named.items()} == checked
    scripts = ["bootstrap.js", "intake.js", "pyodide.asm.mjs", "pyodide.mjs"]
    assert sorted(address.rpartition("/")[2] for address in named) == scripts
    for address, integrity in named.items():
        assert integrity == checksum((out / address.removeprefix(BASE)).read_bytes())


def test_import_map_comes_before_what_it_is_for(pages: Path, tmp_path: Path) -> None:
    """Browsers pass over one that comes after the first module."""
    page = (export(pages, tmp_path / "dist") / "index.html").read_text()
    assert page.index('type="importmap"') < page.index('rel="modulepreload"') < page.index('type="module"')


def test_worker_checks_what_it_keeps(pages: Path, tmp_path: Path) -> None:
    """A file that a cache of the host has spoilt is not kept for the next visits."""
    out = export(pages, tmp_path / "dist")
    text = (out / "service-worker.js").read_text()
    kept = json.loads(text.partition("Object.entries(")[2].partition("));")[0])
    assert kept == {address: checksum((out / address.removeprefix(BASE)).read_bytes()) for address in kept}
    assert len(kept) > len(RUNTIME_FILES)


def test_policy_stands_in_the_page(pages: Path, tmp_path: Path) -> None:
    """For hosts that send no headers of ours: it comes before every script, and allows what stands in the page."""
    out = export(pages, tmp_path / "dist")
    inline = [text for script, text in page_of(out).all("script") if "src" not in script]
    [style] = [text for _, text in page_of(out).all("style")]
    policy = policy_of(out)
    scripts = " ".join(f"'{checksum(text.encode())}'" for text in inline)
    assert policy["script-src"] == f"'self' 'wasm-unsafe-eval' {scripts}"
    assert policy["style-src"] == f"'self' '{checksum(style.encode())}'"
    assert policy["connect-src"] == "'self' https: wss:"
    assert "frame-ancestors" not in policy, "browsers complain of it there"
    page = (out / "index.html").read_text()
    assert page.index("http-equiv") < page.index("<script")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_policy_allows_a_server_on_this_machine(pages: Path, tmp_path: Path, host: str) -> None:
    """Where the page is tried out with one; whichever port config.json names in the end."""
    out = export(pages, tmp_path / "dist", f"http://{host}:3000")
    assert policy_of(out)["connect-src"] == f"'self' https: wss: http://{host}:* ws://{host}:*"


def rules(text: str) -> dict[str, dict[str, str]]:
    """Read a _headers file: the headers by path."""
    blocks = (block.splitlines() for block in text.split("\n\n"))
    return {path: dict(line.strip().split(": ", 1) for line in lines) for path, *lines in blocks}


def test_headers_are_those_of_the_server(pages: Path, tmp_path: Path) -> None:
    """What the page cannot say itself, and how long each file is good."""
    out = export(pages, tmp_path / "dist")
    found = rules((out / "_headers").read_text())
    general = found.pop("/p2p-chat/*")
    assert "frame-ancestors 'none'" in general["Content-Security-Policy"]
    assert policy_of(out)["script-src"] in general["Content-Security-Policy"]
    assert general["Referrer-Policy"] == "no-referrer"
    assert general["X-Content-Type-Options"] == "nosniff"
    forever = {"Cache-Control": "public, max-age=31536000, immutable"}
    asked = {"Cache-Control": "no-cache"}
    assert found == {
        "/p2p-chat/assets/*": forever,
        "/p2p-chat/pyodide/*": forever,
        "/p2p-chat/": asked,
        "/p2p-chat/index.html": asked,
        "/p2p-chat/chat/*": asked,
        "/p2p-chat/settings": asked,
        "/p2p-chat/service-worker.js": asked,
        "/p2p-chat/manifest.webmanifest": asked,
        "/p2p-chat/config.json": asked,
    }
    assert max(map(len, (out / "_headers").read_text().splitlines())) < 2000, "Cloudflare Pages reads no longer lines"


def test_rooms_are_the_page(pages: Path, tmp_path: Path) -> None:
    """Under their own addresses, on hosts that read rules; and no search engine looks there."""
    out = export(pages, tmp_path / "dist")
    assert (out / "_redirects").read_text().splitlines() == [
        "/p2p-chat/favicon.ico /p2p-chat/favicon.svg 302",
        "/p2p-chat/chat/* /p2p-chat/ 200",
        "/p2p-chat/settings /p2p-chat/ 200",
    ]
    assert (out / "robots.txt").read_text() == "User-agent: *\nDisallow: /p2p-chat/chat/\n"


def test_page_of_the_server_has_nothing_of_it(pages: Path) -> None:
    """It stands by its own files, asks for no configuration, and says its policy in a header."""
    site = load_site(pages, ["protocol"])
    page = site.page.read().decode()
    assert Target() == OWN_SERVER
    assert ('data-base="/" data-config=""' in page, "importmap" in page, "http-equiv" in page) == (True, False, False)
    assert re.findall(r"[\w-]*integrity[\w-]*", page) == ["data-integrity"]
    assert "{{" not in page


# Where it is written


def test_export_replaces_an_earlier_one(pages: Path, tmp_path: Path) -> None:
    """What has not changed stays untouched, what is needed no more goes, and what is not ours stays."""
    out = export(pages, tmp_path / "dist")
    old = (out / site_of(pages).address("style.css").removeprefix(BASE)).parent
    untouched = out / site_of(pages).address("bootstrap.js").removeprefix(BASE)
    times = untouched.stat().st_mtime_ns
    (out / "CNAME").write_text("pages.example.org")
    (pages / "style.css").write_text("body { color: white }")
    export(pages, out)
    assert not old.exists()
    assert untouched.stat().st_mtime_ns == times
    assert (out / "CNAME").read_text() == "pages.example.org"
    (out / "CNAME").unlink()
    assert files_in(out) == files_in(export(pages, tmp_path / "another"))


@pytest.mark.parametrize("blocked", ["index.html", "service-worker.js"])
def test_export_that_breaks_off_leaves_a_page_that_works(pages: Path, tmp_path: Path, blocked: str) -> None:
    """The page comes when all its files are there, the worker after it, and the files of the old page go last."""
    out = export(pages, tmp_path / "dist")
    old = site_of(pages)
    (pages / "style.css").write_text("body { color: white }")
    new = site_of(pages)
    (out / blocked).unlink()
    (out / blocked).mkdir()
    with pytest.raises(FolderUnwritable, match="cannot be written"):
        export(pages, out)
    for site in (old, new):
        assert (out / site.address("style.css").removeprefix(BASE)).is_file()
    if blocked == "index.html":
        assert (out / "service-worker.js").read_bytes() == old.worker.read()
    else:
        assert (out / "index.html").read_bytes() == new.page.read()
    (out / blocked).rmdir()
    assert files_in(export(pages, out)) == files_in(export(pages, tmp_path / "another"))


def test_first_export_that_breaks_off_is_taken_up_again(pages: Path, tmp_path: Path) -> None:
    """Whatever was written until then is known as ours."""
    out = tmp_path / "dist"
    out.mkdir()
    (out / MARKER).write_text('{"files": []}')
    (out / "pyodide").touch()
    with pytest.raises(FolderUnwritable, match=re.escape(str(out))):
        export(pages, out)
    assert (out / site_of(pages).address("style.css").removeprefix(BASE)).is_file()
    assert not (out / "index.html").exists()
    (out / "pyodide").unlink()
    assert files_in(export(pages, out)) == files_in(export(pages, tmp_path / "another"))
    assert not (out / PART).exists()


def occupy(out: Path) -> None:
    """Have a file in the folder that nobody knows."""
    (out / "index.html").write_text("somebody's page")


def occupy_marked(out: Path) -> None:
    """Have a file in a folder of ours where one of ours would go."""
    occupy(out)
    (out / MARKER).write_text('{"files": []}')


def spoil_marker(out: Path) -> None:
    """Have a marker that cannot be read."""
    (out / MARKER).write_text("{")


def point_outside(out: Path) -> None:
    """Have a marker that names what lies elsewhere."""
    (out / MARKER).write_text('{"files": ["../static/index.html"]}')


def point_anywhere(out: Path) -> None:
    """Have a marker that names a file by an absolute path."""
    (out / MARKER).write_text(json.dumps({"files": [str(out.parent / "elsewhere")]}))


def list_nothing(out: Path) -> None:
    """Have a marker of another shape."""
    (out / MARKER).write_text('{"files": {"index.html": 1}}')


def be_a_file(out: Path) -> None:
    """Have a file in the folder's place."""
    out.rmdir()
    out.write_text("a file")


SPOILERS = [occupy, occupy_marked, spoil_marker, point_outside, point_anywhere, list_nothing, be_a_file]


@pytest.mark.parametrize("spoil", SPOILERS)
def test_export_leaves_alone_what_it_has_not_written(
    pages: Path, tmp_path: Path, spoil: Callable[[Path], None]
) -> None:
    """It says so, and changes nothing."""
    out = tmp_path / "dist"
    out.mkdir()
    spoil(out)
    before = files_in(tmp_path)
    with pytest.raises(FolderNotOurs, match=r"is left as it is: .*--out"):
        export(pages, out)
    assert files_in(tmp_path) == before


def test_unfit_export_writes_nothing(pages: Path, tmp_path: Path) -> None:
    """Neither with an unfit option nor with a page that is not whole."""
    out = tmp_path / "dist"
    for signaler, base_path in (("chat.example.org", "/"), (SIGNALER, "/a b/")):
        with pytest.raises(ExportError):
            export(pages, out, signaler, base_path)
    (pages / "index.html").unlink()
    with pytest.raises(SiteIncomplete):
        export(pages, out)
    assert not out.exists()


# What can be asked for


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://chat.example.org", "https://chat.example.org"),
        ("HTTPS://Chat.Example.org:443/", "https://chat.example.org"),
        ("https://192.0.2.7:8443", "https://192.0.2.7:8443"),
        ("https://[2001:db8::7]", "https://[2001:db8::7]"),
        ("http://localhost:3000", "http://localhost:3000"),
        ("http://127.0.0.1", "http://127.0.0.1"),
        ("https://Example.org/p2p-Chat/", "https://example.org/p2p-Chat"),
        ("https://example.org:443/a/b", "https://example.org/a/b"),
    ],
)
def test_signaler_is_an_address(text: str, origin: str) -> None:
    """As browsers write it."""
    assert read_signaler(text) == origin


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("chat.example.org", "like https://chat.example.org"),
        ("", "like https://chat.example.org"),
        ("https://chat.example.org/a b", "or https://example.org/p2p-chat"),
        ("https://chat.example.org/../chat", "or https://example.org/p2p-chat"),
        ("https://chat.example.org?x", "or https://example.org/p2p-chat"),
        ("https://chat.example.org/#x", "or https://example.org/p2p-chat"),
        ("https://me@chat.example.org", "or https://example.org/p2p-chat"),
        ("wss://chat.example.org", "like https://chat.example.org"),
        ("https://chat.example.org:99999", "port from 1 to 65535"),
        ("https://chat.example.org:0", "port from 1 to 65535"),
        ("http://chat.example.org", "must begin with https://"),
        ("http://[::1]:3000", "must begin with https://"),
    ],
)
def test_other_signaler_is_refused_in_words(text: str, words: str) -> None:
    """A page that came by https may talk to https alone, and its policy is written for that."""
    with pytest.raises(InvalidOption, match=re.escape(words)):
        read_signaler(text)


@pytest.mark.parametrize(
    ("text", "path"), [("/", "/"), ("", "/"), ("/p2p-chat/", BASE), ("p2p-chat", BASE), ("/a/b.c/", "/a/b.c/")]
)
def test_base_path_has_slashes(text: str, path: str) -> None:
    """At both ends, whether they were typed or not."""
    assert read_base_path(text) == path


@pytest.mark.parametrize("text", ["/a b/", "/../", "/./", "/a//b/", "https://x/", "/a?b/", '/"/', "/a/../b/"])
def test_other_base_path_is_refused_in_words(text: str) -> None:
    """It stands in addresses, in scripts and in rules, where other characters mean something else."""
    with pytest.raises(InvalidOption, match="--base-path must be a path"):
        read_base_path(text)


def test_example_for_nginx_is_where_the_document_says() -> None:
    """The end-to-end tests serve with it."""
    assert "deploy/nginx-static.conf" in (ROOT / "docs" / "deploy" / "static-page.md").read_text()
    assert (ROOT / "deploy" / "nginx-static.conf").is_file()
