import base64
import hashlib
import io
import shutil
import zipfile
import zipimport
from html.parser import HTMLParser
from pathlib import Path

import pytest

from protocol import codec
from signaling.built import digest, snapshot_name
from signaling.errors import SiteIncomplete
from signaling.site import RUNTIME_FILES, Site, app_archive, load_site


def test_page_knows_where_everything_is(site: Site) -> None:
    """The page holds the addresses of its assets and of the runtime."""
    assert attributes(site) == {
        "data-assets": f"/assets/{site.release}/",
        "data-pyodide": "/pyodide/1.2.3/",
        "data-lock": '{"info":{"version":"1.2.3"},"packages":{}}',
        "data-snapshot": "",
        "data-integrity": "",
    }


def test_page_knows_its_snapshot(static: Path, tmp_path: Path) -> None:
    """Where the build has made one of just this app on just this runtime, the page names it and knows its checksum."""
    folder = shutil.copytree(static, tmp_path / "static")
    name = snapshot_name("1.2.3 sha512-abc\n", app_archive(["protocol"]))
    (folder / "built").mkdir()
    (folder / "built" / name).write_bytes(b"memory")
    site = load_site(folder, ["protocol"])
    found = attributes(site)
    checksum = hashlib.sha256(b"memory").digest()
    asset = f"python-{checksum.hex()[:16]}.snapshot"
    assert found["data-snapshot"] == site.assets_path + asset
    assert found["data-integrity"] == "sha256-" + base64.b64encode(checksum).decode()
    assert site.assets[asset].content == folder / "built" / name
    (folder / "built" / name).write_bytes(b"other memory of the same")
    assert attributes(load_site(folder, ["protocol"]))["data-snapshot"] not in ("", found["data-snapshot"])
    for changed in (load_site(folder, ["protocol", "signaling"]), with_version(folder, "1.2.4 sha512-abc\n")):
        assert attributes(changed)["data-snapshot"] == ""
        assert not [name for name in changed.assets if name.endswith(".snapshot")]


def with_version(folder: Path, version: str) -> Site:
    """Give the site of a folder after its runtime was replaced."""
    (folder / "pyodide" / "VERSION").write_text(version)
    return load_site(folder, ["protocol"])


def test_asset_has_what_the_build_has_compressed(static: Path, tmp_path: Path) -> None:
    """By its content: a file that has changed since is served as it is."""
    folder = shutil.copytree(static, tmp_path / "static")
    (folder / "built").mkdir()
    name = digest((folder / "app.css").read_bytes())
    for ending in (".br", ".gz"):
        (folder / "built" / (name + ending)).touch()
    site = load_site(folder, ["protocol"])
    assert site.assets["app.css"].encoded == {
        "br": folder / "built" / f"{name}.br",
        "gzip": folder / "built" / f"{name}.gz",
    }
    assert site.assets["bootstrap.js"].encoded == {}
    assert sorted(site.assets) == ["app.css", "app.zip", "bootstrap.js", "favicon.svg"]
    (folder / "app.css").write_text("body { color: white }")
    assert load_site(folder, ["protocol"]).assets["app.css"].encoded == {}


class Attributes(HTMLParser):
    """Reads the attributes of `<html>`."""

    def __init__(self) -> None:
        super().__init__()
        self.found: dict[str, str] = {}

    def handle_starttag(self, _tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Keep them."""
        self.found = {name: value or "" for name, value in attrs}


def attributes(site: Site) -> dict[str, str]:
    """Give what the page tells its script."""
    parser = Attributes()
    assert isinstance(site.page.content, bytes)
    parser.feed(site.page.content.decode())
    return parser.found


def test_assets_are_files_and_archive(site: Site) -> None:
    """Every file of the folder is an asset but the page itself, and so is the archive of the app."""
    assert sorted(site.assets) == ["app.css", "app.zip", "bootstrap.js", "favicon.svg"]
    assert site.assets["app.css"].media_type == "text/css"
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


def test_runtime_is_what_browsers_ask_for(site: Site, static: Path) -> None:
    """Of the runtime's folder five files are served, from the disk, and no page."""
    assert site.runtime_version == "1.2.3"
    assert {name: asset.content for name, asset in site.runtime.items()} == {
        name: static / "pyodide" / name for name in RUNTIME_FILES
    }
    assert site.runtime["pyodide.asm.wasm"].media_type == "application/wasm"
    assert site.runtime["pyodide.mjs"].media_type == "text/javascript"


def test_release_is_its_content(static: Path, tmp_path: Path) -> None:
    """The same content is the same release; another asset, or another name for it, is another."""
    first = load_site(static, ["protocol"])
    folder = shutil.copytree(static, tmp_path / "static")
    assert load_site(folder, ["protocol"]).release == first.release
    assert load_site(folder, ["protocol", "signaling"]).release != first.release
    (folder / "app.css").rename(folder / "style.css")
    assert load_site(folder, ["protocol"]).release != first.release


def test_archive_is_the_same_every_time() -> None:
    """Two archives of the same source are the same bytes."""
    first, second = (hashlib.sha256(app_archive(["protocol", "segno"])).digest() for _ in range(2))
    assert first == second


def test_archive_holds_source_only() -> None:
    """The archive has the Python files of its packages under their names, and nothing else."""
    archive = zipfile.ZipFile(io.BytesIO(app_archive(["protocol", "segno"])))
    names = archive.namelist()
    assert {"protocol/__init__.py", "protocol/codec.py", "segno/__init__.py"} <= set(names)
    assert all(name.endswith(".py") for name in names)
    made = {(entry.date_time, entry.create_system, entry.compress_type) for entry in archive.infolist()}
    assert made == {((1980, 1, 1, 0, 0, 0), 3, zipfile.ZIP_STORED)}
    assert archive.read("protocol/codec.py") == Path(codec.__file__).read_bytes()


def test_archive_is_importable(tmp_path: Path) -> None:
    """Python finds a package in the archive as it is."""
    (tmp_path / "app.zip").write_bytes(app_archive(["segno"]))
    assert zipimport.zipimporter(str(tmp_path / "app.zip")).find_spec("segno") is not None


@pytest.mark.parametrize("name", ["index.html", "pyodide/VERSION", *(f"pyodide/{name}" for name in RUNTIME_FILES)])
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
