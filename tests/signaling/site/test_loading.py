import base64
import hashlib
import json
import shutil
from html.parser import HTMLParser
from pathlib import Path

import pytest

from signaling.errors import SiteIncomplete
from signaling.site.app_archive import app_archive
from signaling.site.loading import RUNTIME_FILES, Site, load_site
from signaling.site.prebuilt import digest, start_of


def test_page_knows_where_everything_is(site: Site) -> None:
    """The page holds the addresses of its assets and of the runtime; without a build, Python starts from sources."""
    assert attributes(site) == {
        "data-release": site.release,
        "data-runtime": "/pyodide/1.2.3/",
        "data-lock": '{"info":{"version":"1.2.3"},"packages":{}}',
        "data-style": f"/assets/{site.assets['style.css'].digest}/style.css",
        "data-library": "/pyodide/1.2.3/python_stdlib.zip",
        "data-program": site.address("app.zip"),
        "data-snapshot": "",
        "data-integrity": "",
    }


def test_page_holds_what_it_is_painted_with(site: Site) -> None:
    """Style and first script stand in it, with checksums for the policy; as files they are not served."""
    assert isinstance(site.page.content, bytes)
    assert b"<script>look()</script><style>p { margin: 0 }</style>" in site.page.content
    assert site.inline_scripts == (checksum(b"look()"),)
    assert site.inline_styles == (checksum(b"p { margin: 0 }"),)
    assert not {"app.css", "before-paint.js"} & site.assets.keys()


def test_service_worker_keeps_what_the_page_needs(site: Site) -> None:
    """Every asset, the runtime, and the library that Python starts from; and it knows of which release it is."""
    assert isinstance(site.worker.content, bytes)
    text = site.worker.content.decode()
    assert f"RELEASE = '{site.release}'" in text
    runtime = ["pyodide.asm.mjs", "pyodide.asm.wasm", "pyodide.mjs", "python_stdlib.zip"]
    kept = json.loads(text.partition("KEPT = ")[2].removesuffix(";"))
    addresses = [*map(site.address, site.assets), *(site.runtime_path + name for name in runtime)]
    assert kept == dict.fromkeys(sorted(addresses), "")


def test_page_knows_what_the_build_has_made(static: Path, tmp_path: Path) -> None:
    """Where that is of just this app on just this runtime, the page names it, and knows the snapshot's checksum."""
    folder = shutil.copytree(static, tmp_path / "static")
    start = start_of(folder / "built", "1.2.3 sha512-abc\n", app_archive(["protocol"]))
    (folder / "built").mkdir()
    for path, content in ((start.snapshot, b"memory"), (start.library, b"library"), (start.program, b"program")):
        assert attributes(load_site(folder, ["protocol"]))["data-snapshot"] == ""
        path.write_bytes(content)
    site = load_site(folder, ["protocol"])
    found = attributes(site)
    names = {"data-snapshot": "python.snapshot", "data-library": "library.zip", "data-program": "app.zip"}
    assert {name: found[name] for name in names} == {name: site.address(asset) for name, asset in names.items()}
    assert found["data-integrity"] == checksum(b"memory")
    assert site.assets["app.zip"].content == start.program
    start.snapshot.write_bytes(b"other memory of the same")
    assert attributes(load_site(folder, ["protocol"]))["data-snapshot"] not in ("", found["data-snapshot"])
    for changed in (load_site(folder, ["protocol", "signaling"]), with_version(folder, "1.2.4 sha512-abc\n")):
        assert attributes(changed)["data-snapshot"] == ""
        assert not [name for name in changed.assets if name.endswith(".snapshot")]


def checksum(content: bytes) -> str:
    """Return the checksum as pages and policies name it."""
    return f"sha256-{base64.b64encode(hashlib.sha256(content).digest()).decode()}"


def with_version(folder: Path, version: str) -> Site:
    """Return the site of a folder after its runtime was replaced."""
    (folder / "pyodide" / "VERSION").write_text(version)
    return load_site(folder, ["protocol"])


def test_asset_has_what_the_build_has_compressed(static: Path, tmp_path: Path) -> None:
    """By its content, the smallest first: a file that has changed since is served as it is."""
    folder = shutil.copytree(static, tmp_path / "static")
    (folder / "built").mkdir()
    name = digest((folder / "style.css").read_bytes())
    sizes = {".gz": 30, ".br": 20, ".zst": 10}
    for ending, size in sizes.items():
        (folder / "built" / (name + ending)).write_bytes(bytes(size))
    encoded = load_site(folder, ["protocol"]).assets["style.css"].encoded
    assert list(encoded.items()) == [
        ("zstd", folder / "built" / f"{name}.zst"),
        ("br", folder / "built" / f"{name}.br"),
        ("gzip", folder / "built" / f"{name}.gz"),
    ]
    (folder / "style.css").write_text("body { color: white }")
    assert load_site(folder, ["protocol"]).assets["style.css"].encoded == {}


class Attributes(HTMLParser):
    """Reads the attributes of the first element."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}

    def handle_starttag(self, _tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep them."""
        if not self.found:
            self.found = {name: value or "" for name, value in attrs}


def attributes(site: Site) -> dict[str, str]:
    """Return what the page tells its script."""
    parser = Attributes()
    assert isinstance(site.page.content, bytes)
    parser.feed(site.page.content.decode())
    return parser.found


def test_assets_are_files_and_archive(site: Site) -> None:
    """Every file of the folder is an asset but what makes the page itself, and so is the archive of the app."""
    assert sorted(site.assets) == ["app.zip", "bootstrap.js", "favicon.svg", "style.css"]
    assert site.assets["style.css"].media_type == "text/css"
    assert site.assets["bootstrap.js"].media_type == "text/javascript"


def test_asset_in_subfolder_has_path(static: Path, tmp_path: Path) -> None:
    """A file further down is an asset by its path, and a hidden one is none."""
    folder = shutil.copytree(static, tmp_path / "static")
    (folder / "fonts" / ".cache").mkdir(parents=True)
    (folder / "fonts" / "sans.woff2").touch()
    (folder / "fonts" / ".cache" / "x").touch()
    (folder / ".DS_Store").touch()
    assets = load_site(folder, ["protocol"]).assets
    assert assets["fonts/sans.woff2"].media_type == "font/woff2"
    assert not [name for name in assets if "." in (name[0], name.partition("/")[2][:1])]


def test_page_knows_its_languages(static: Path, tmp_path: Path) -> None:
    """Each catalog is an asset; without any, the page speaks English."""
    folder = shutil.copytree(static, tmp_path / "static")
    (folder / "index.html").write_text('<html data-languages="{{languages}}">')
    assert attributes(load_site(folder, ["protocol"]))["data-languages"] == "{}"
    (folder / "words").mkdir()
    for language in ("de", "pt-BR"):
        (folder / "words" / f"{language}.mo").write_bytes(language.encode())
    site = load_site(folder, ["protocol"])
    languages = json.loads(attributes(site)["data-languages"])
    assert languages == {language: site.address(f"words/{language}.mo") for language in ("de", "pt-BR")}


def test_runtime_is_what_browsers_ask_for(site: Site, static: Path) -> None:
    """Of the runtime's folder five files are served, from the disk, and no page."""
    assert site.runtime_version == "1.2.3"
    assert {name: asset.content for name, asset in site.runtime.items()} == {
        name: static / "pyodide" / name for name in RUNTIME_FILES
    }
    assert site.runtime["pyodide.asm.wasm"].media_type == "application/wasm"
    assert site.runtime["pyodide.mjs"].media_type == "text/javascript"


@pytest.mark.parametrize("name", ["style.css", "app.css", "before-paint.js", "index.html", "service-worker.js"])
def test_release_is_its_content(static: Path, tmp_path: Path, name: str) -> None:
    """The same content is the same release; another file, or another program, is another."""
    first = load_site(static, ["protocol"])
    folder = shutil.copytree(static, tmp_path / "static")
    assert load_site(folder, ["protocol"]).release == first.release
    assert load_site(folder, ["protocol", "signaling"]).release != first.release
    with (folder / name).open("a") as file:
        file.write(" ")
    assert load_site(folder, ["protocol"]).release != first.release


def test_address_is_that_of_the_content(static: Path, tmp_path: Path) -> None:
    """What has not changed from one release to another is where it was."""
    first = load_site(static, ["protocol"])
    folder = shutil.copytree(static, tmp_path / "static")
    (folder / "bootstrap.js").write_text("boot(2)")
    second = load_site(folder, ["protocol"])
    assert second.address("style.css") == first.address("style.css")
    assert second.address("bootstrap.js") != first.address("bootstrap.js")


@pytest.mark.parametrize(
    "name",
    [
        "index.html",
        "app.css",
        "before-paint.js",
        "service-worker.js",
        "pyodide/VERSION",
        *(f"pyodide/{name}" for name in RUNTIME_FILES),
    ],
)
def test_incomplete_site_is_refused_in_words(static: Path, tmp_path: Path, name: str) -> None:
    """A missing file is named, with what brings it."""
    folder = shutil.copytree(static, tmp_path / "static")
    (folder / name).unlink()
    with pytest.raises(SiteIncomplete, match="make setup") as caught:
        load_site(folder, ["protocol"])
    assert name in str(caught.value)


def test_missing_package_is_refused_in_words(static: Path) -> None:
    """A package that is not installed is named too."""
    with pytest.raises(SiteIncomplete, match="no_such_package"):
        load_site(static, ["no_such_package"])
