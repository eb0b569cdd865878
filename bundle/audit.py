"""Asks the advisory services of PyPI and npm about everything that the lock files pin. Run as `make audit`.

It runs in the environment that holds pip-audit. The exit status is 1 where a hole is known, and 2 where none is but
some question was not answered: silence is no good news.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parent.parent
PYTHON_LOCKS = (
    *sorted((ROOT / "requirements").glob("*.lock")),
    ROOT / "bench" / "relay" / "peers" / "requirements.lock",
)
NPM_LOCKS = (ROOT / "bundle", ROOT / "e2e", ROOT / "bench" / "link", ROOT / "bench" / "relay" / "peers")
PATIENCE = 120
"""Seconds for one lock file: a service that hangs is one that does not answer."""
KNOWN, UNANSWERED = 1, 2
"""Exit statuses."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a service knows of one lock file."""

    source: str
    holes: tuple[str, ...] = ()
    unanswered: tuple[str, ...] = ()


def python_answer(source: str, text: str) -> Answer:
    """Return what `pip-audit --format json` has printed."""
    document = _read(text)
    if "dependencies" not in document:
        return Answer(source, unanswered=("the advisory service of PyPI",))
    packages = document["dependencies"]
    holes = (
        f"{package['name']} {package['version']}: {hole['id']}, {_mended(hole['fix_versions'])}"
        for package in packages
        for hole in package.get("vulns", ())
    )
    unknown = tuple(package["name"] for package in packages if "skip_reason" in package)
    return Answer(source, tuple(holes), unknown if len(unknown) < len(packages) else ("any of its packages",))


def npm_answer(source: str, text: str) -> Answer:
    """Return what `npm audit --json` has printed."""
    document = _read(text)
    if "vulnerabilities" not in document:
        return Answer(source, unanswered=("the advisory service of npm",))
    holes = (
        f"{name} {hole['range']}: {hole['severity']}, {_mended(['a later release'] if hole['fixAvailable'] else [])}"
        for name, hole in sorted(document["vulnerabilities"].items())
    )
    return Answer(source, tuple(holes))


def lines(answers: Iterable[Answer]) -> Iterator[str]:
    """Yield what a person reads."""
    for answer in answers:
        if not answer.holes and not answer.unanswered:
            yield f"{answer.source}: no hole is known."
        for hole in answer.holes:
            yield f"{answer.source}: {hole}"
        if answer.unanswered:
            yield f"{answer.source}: no answer about {', '.join(answer.unanswered)}."


def status(answers: Iterable[Answer]) -> int:
    """Return the exit status."""
    known = list(answers)
    if any(answer.holes for answer in known):
        return KNOWN
    return UNANSWERED if any(answer.unanswered for answer in known) else 0


def _mended(releases: list[str]) -> str:
    return f"mended in {', '.join(releases)}" if releases else "not mended yet"


def _read(text: str) -> dict[str, Any]:
    """Return the object that a tool has printed; an empty one if it has printed anything else."""
    try:
        document = json.loads(text)
    except ValueError:
        return {}
    return document if isinstance(document, dict) else {}


def _ask(command: list[str], folder: Path, seconds: float = PATIENCE) -> str:
    """Return what a tool prints; nothing if it is not installed, or does not come to an end.

    What it complains of goes to the terminal.
    """
    try:
        done = subprocess.run(  # noqa: S603 - our own command
            command,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            text=True,
            timeout=seconds,
            check=False,
        )
    except (subprocess.TimeoutExpired, FileNotFoundError):
        return ""
    return done.stdout


def _ask_python(lock: Path) -> Answer:
    options = ["--disable-pip", "--require-hashes", "--format", "json", "--progress-spinner", "off"]
    command = [sys.executable, "-m", "pip_audit", "--requirement", str(lock), *options]
    return python_answer(str(lock.relative_to(ROOT)), _ask(command, ROOT))


def _ask_npm(folder: Path) -> Answer:
    command = [shutil.which("npm") or "npm", "audit", "--package-lock-only", "--json", "--loglevel=silent"]
    return npm_answer(str(folder.relative_to(ROOT)), _ask(command, folder))


def main() -> int:
    """Ask about every lock file, print the answers, and return the exit status."""
    questions: list[tuple[Callable[[Path], Answer], Path]] = [
        *((_ask_python, lock) for lock in PYTHON_LOCKS),
        *((_ask_npm, folder) for folder in NPM_LOCKS),
    ]
    answers = []
    for ask, where in questions:
        answers.append(ask(where))
        print(*lines(answers[-1:]), sep="\n", flush=True)  # noqa: T201 - for the person who waits
    return status(answers)


if __name__ == "__main__":
    sys.exit(main())
