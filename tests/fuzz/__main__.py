"""Has each harness played inputs that atheris makes, for a while: `python -m tests.fuzz --seconds 600`, or `make fuzz`.

It ends with 1 where an input has failed, and names its file. With `--keep`, what has reached something that the kept
inputs do not is added to them, as far as it is small.
"""

from __future__ import annotations

import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import click

from tests.fuzz import kept_inputs
from tests.fuzz.harnesses import HARNESSES, Harness
from tests.project import ROOT

FOLDER = ROOT / "build" / "fuzz"
LIMIT_SECONDS, LIMIT_MIB = 20, 2_048
"""For one input: what takes longer, or more memory, is a finding too."""
MAX_KEPT_BYTES, MAX_KEPT = 600, 80
"""Of one input, and of all inputs of a harness: they are played at each run of the tests, and read in reviews."""
FAULTS = ("crash-*", "timeout-*", "oom-*", "leak-*")
FIGURES = re.compile(r"^#(\d+)\s+DONE\s+cov: (\d+) ft: (\d+)", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What has come of one harness."""

    name: str
    figures: str
    faults: tuple[Path, ...]
    has_ended: bool
    """Whether its time was up; otherwise it has found a fault, or could not be played at all."""


def fuzz(harness: Harness, seconds: int) -> Outcome:
    """Play a harness in a process of its own, which the first failure ends."""
    folder = FOLDER / harness.name
    found, kept = folder / "found", folder / "kept"
    found.mkdir(parents=True, exist_ok=True)
    kept_inputs.unpack(kept_inputs.read(harness.name), kept)
    libfuzzer(harness, f"-max_total_time={seconds}", *_dictionary(harness, folder), str(found), str(kept))
    written = (folder / "log").read_text(errors="replace")
    match = FIGURES.search(written)
    figures = "{} inputs, {} branches, {} features".format(*match.groups()) if match else f"see {folder / 'log'}"
    faults = tuple(path for fault in FAULTS for path in folder.glob(fault))
    return Outcome(harness.name, figures, faults, has_ended=match is not None)


def libfuzzer(harness: Harness, *arguments: str) -> None:
    """Run libFuzzer over a harness, with a log in its folder."""
    folder = FOLDER / harness.name
    options = [
        f"-artifact_prefix={folder}/",
        f"-max_len={harness.max_bytes}",
        f"-timeout={LIMIT_SECONDS}",
        f"-rss_limit_mb={LIMIT_MIB}",
    ]
    command = [sys.executable, "-m", "tests.fuzz.one", harness.name, *options, *arguments]
    with (folder / "log").open("wb") as log:
        subprocess.run(command, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT, check=False)  # noqa: S603 - our own


def keep(harness: Harness) -> int:
    """Add to the kept inputs what reaches more than they do; returns how many there are then."""
    folder = FOLDER / harness.name
    small, chosen = folder / "small", folder / "chosen"
    chosen.mkdir(exist_ok=True)
    known = kept_inputs.read(harness.name)
    found = [each for each in kept_inputs.pack(folder / "found") if len(each) <= MAX_KEPT_BYTES]
    kept_inputs.unpack(found, small)
    libfuzzer(harness, "-merge=1", str(chosen), str(folder / "kept"), str(small))
    kept = {*known, *sorted(kept_inputs.pack(chosen), key=len)[:MAX_KEPT]}
    kept_inputs.write(harness.name, kept)
    return len(kept)


def _dictionary(harness: Harness, folder: Path) -> list[str]:
    """Write the words of a harness as libFuzzer reads them."""
    if not harness.words:
        return []
    lines = [f'"{"".join(map(_escaped, word.encode()))}"\n' for word in harness.words]
    path = folder / "words"
    path.write_text("".join(lines), encoding="ascii")
    return [f"-dict={path}"]


def _escaped(byte: int) -> str:
    character = chr(byte)
    return character if character.isprintable() and byte < 127 and character not in '"\\' else f"\\x{byte:02x}"


@click.command()
@click.option("--seconds", default=600, help="For how long each harness is played.")
@click.option("--processes", default=2, help="How many are played side by side.")
@click.option("--only", default="", help="The name of one harness.")
@click.option("--keep", "keeps", is_flag=True, help="Add to the kept inputs what reaches more than they do.")
def main(seconds: int, processes: int, only: str, *, keeps: bool) -> None:
    """Play the harnesses, and tell what came of them."""
    chosen = [harness for harness in HARNESSES if only in ("", harness.name)]
    with ThreadPoolExecutor(processes) as executor:
        outcomes = list(executor.map(partial(fuzz, seconds=seconds), chosen))
    for outcome in outcomes:
        click.echo(f"{outcome.name}: {outcome.figures}")
        for path in outcome.faults:
            click.echo(f"  {path.relative_to(ROOT)}")
    if keeps:
        for harness in chosen:
            click.echo(f"{harness.name}: {keep(harness)} inputs are kept")
    sys.exit(0 if all(outcome.has_ended and not outcome.faults for outcome in outcomes) else 1)


if __name__ == "__main__":
    main()
