"""What the build makes of a site: it is whole, it is what the server looks for, and nothing old stays beside it."""

from __future__ import annotations

import gzip
import json
import shutil
import zipfile
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from bundle.site import EVERYDAY, HASTE, RECIPE, RELEASE, _forget_other_recipes, build_site, release_quality
from signaling.site.loading import Site, load_site, served_files
from signaling.site.prebuilt import digest
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
    build_site(folder, EVERYDAY)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def site(static: Path) -> Site:
    """That site, as the server reads it."""
    return load_site(static)


def file_of(site: Site, name: str) -> Path:
    """Find what the build has made among the assets."""
    path = site.assets[name].content
    assert isinstance(path, Path)
    return path


def test_wheel_is_made_as_small_as_can_be(monkeypatch: pytest.MonkeyPatch) -> None:
    """Unless a test is in a hurry."""
    monkeypatch.delenv(HASTE, raising=False)
    assert release_quality() == RELEASE
    monkeypatch.setenv(HASTE, "1")
    assert release_quality() == EVERYDAY


def test_server_finds_the_snapshot(site: Site) -> None:
    """It describes itself, and holds the memory with the application in it, but not what WebAssembly has anyway."""
    content = file_of(site, "python.snapshot").read_bytes()
    length = int.from_bytes(content[:4], "little")
    description = json.loads(content[4 : 4 + length])
    starts, ends = description["runs"][::2], description["runs"][1::2]
    assert sum(ends) - sum(starts) == len(content) - 4 - length
    assert all(before < after for before, after in pairwise([0, *description["runs"]]))
    assert description["end"] == ends[-1]
    assert description["version"] == site.runtime_version
    assert b"client_py.core.server.session" in content
    assert b"Python documentation" not in content, "docstrings are left out"
    assert str(ROOT).encode() not in content, "it says where it was made"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("library.zip", {"asyncio/__init__.pyc", "dataclasses.pyc", "difflib.pyc", "encodings/utf_8.pyc"}),
        ("app.zip", {"client_py/app.pyc", "protocol/codec.pyc", "segno/__init__.pyc", "segno/encoder.pyc"}),
    ],
)
def test_archives_hold_what_is_imported_compiled(site: Site, name: str, expected: set[str]) -> None:
    """No source, and nothing that no page imports."""
    entries = zipfile.ZipFile(file_of(site, name)).infolist()
    names = [entry.filename for entry in entries]
    assert len(set(names)) == len(names)
    assert expected <= set(names)
    assert all(name.endswith(".pyc") for name in names)
    assert not {"segno/writers.pyc", "email/message.pyc", "unittest/mock.pyc", "client_py/ui/../x.pyc"} & set(names)
    assert {entry.compress_type for entry in entries} == {zipfile.ZIP_STORED}


def test_server_finds_what_is_worth_compressing(site: Site) -> None:
    """Each file in three codings, with the same content and fewer bytes; some are compressed already."""
    assert site.page.encoded
    for name, asset in {"worker": site.worker, **site.assets, **site.runtime}.items():
        if name in ("python_stdlib.zip", "empty-library.zip") or name.endswith(".png"):
            assert not asset.encoded, name
            continue
        content = asset.content if isinstance(asset.content, bytes) else asset.content.read_bytes()
        assert asset.encoded.keys() == {"br", "zstd", "gzip"}, name
        assert gzip.decompress(asset.encoded["gzip"].read_bytes()) == content
        sizes = [path.stat().st_size for path in asset.encoded.values()]
        assert sizes == sorted(sizes)
        assert sizes[-1] < len(content), name


def test_nothing_old_stays(static: Path, site: Site) -> None:
    """What nothing is made of any more is gone, whatever made it."""
    for name in ("89ab.snapshot", "cdef.br"):
        (static / "built" / name).touch()
    build_site(static, EVERYDAY)
    stems = {path.stem for path in (static / "built").iterdir() if path.is_file()}
    digests = {digest(content) for _, content in served_files(site)}
    assert stems <= digests | {file_of(site, "python.snapshot").stem, RECIPE}


def test_second_build_makes_nothing(static: Path) -> None:
    """What stands there already is left alone."""
    before = {path: path.stat().st_mtime_ns for path in (static / "built").iterdir()}
    build_site(static, EVERYDAY)
    assert {path: path.stat().st_mtime_ns for path in (static / "built").iterdir()} == before


def test_other_recipe_makes_everything_again(tmp_path: Path) -> None:
    """What another build has made is not taken for this one's."""
    built = tmp_path / "built"
    built.mkdir()
    (built / RECIPE).write_text("another")
    for name in ("0123.snapshot", "0123.br", "kept.txt"):
        (built / name).touch()
    _forget_other_recipes(built)
    assert {path.name for path in built.iterdir()} == {RECIPE, "kept.txt"}
    (built / "4567.br").touch()
    _forget_other_recipes(built)
    assert (built / "4567.br").is_file()
