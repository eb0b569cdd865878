"""What the build makes of a site: it is whole, it is what the server looks for, and nothing old stays beside it."""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from build_site import EVERYDAY_QUALITY, build_site
from signaling.built import SNAPSHOT_ENDING, digest
from signaling.site import Site, load_site
from tests.project import ROOT


@pytest.fixture(scope="module")
def static(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The checkout's site, built, in a copy; something old stood there before."""
    folder = tmp_path_factory.mktemp("site") / "static"
    shutil.copytree(ROOT / "static", folder, ignore=shutil.ignore_patterns("built"))
    (folder / "built").mkdir()
    (folder / "built" / "0123.snapshot").touch()
    (folder / "built" / "4567.br").touch()
    (folder / "built" / "a folder of somebody's").mkdir()
    build_site(folder, EVERYDAY_QUALITY)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def site(static: Path) -> Site:
    """That site, as the server reads it."""
    return load_site(static)


def snapshot_of(site: Site) -> Path:
    """Find the snapshot among the assets."""
    [path] = [asset.content for name, asset in site.assets.items() if name.endswith(SNAPSHOT_ENDING)]
    assert isinstance(path, Path)
    return path


def test_server_finds_the_snapshot(site: Site) -> None:
    """It is a memory of WebAssembly, in pages of 64 KiB, with the application in it."""
    memory = snapshot_of(site).read_bytes()
    assert len(memory) > 16 * 1024 * 1024
    assert b"client_py.core.session" in memory
    assert str(ROOT).encode() not in memory, "it says where it was made"


def test_server_finds_what_is_worth_compressing(site: Site) -> None:
    """Each file twice, with the same content and fewer bytes; the standard library is compressed already."""
    assert site.page.encoded
    for name, asset in {**site.assets, **site.runtime}.items():
        if name in ("python_stdlib.zip", "nothing.zip"):
            assert not asset.encoded, name
            continue
        content = asset.content if isinstance(asset.content, bytes) else asset.content.read_bytes()
        assert list(asset.encoded) == ["br", "gzip"], name
        assert gzip.decompress(asset.encoded["gzip"].read_bytes()) == content
        assert asset.encoded["br"].stat().st_size < asset.encoded["gzip"].stat().st_size < len(content), name


def test_nothing_old_stays(static: Path, site: Site) -> None:
    """What nothing is made of any more is gone."""
    stems = {path.stem for path in (static / "built").iterdir() if path.is_file()}
    contents = [asset.content for asset in (site.page, *site.assets.values(), *site.runtime.values())]
    digests = {digest(content if isinstance(content, bytes) else content.read_bytes()) for content in contents}
    assert stems <= digests | {snapshot_of(site).stem}


def test_second_build_makes_nothing(static: Path) -> None:
    """What stands there already is left alone."""
    before = {path: path.stat().st_mtime_ns for path in (static / "built").iterdir()}
    build_site(static, EVERYDAY_QUALITY)
    assert {path: path.stat().st_mtime_ns for path in (static / "built").iterdir()} == before
