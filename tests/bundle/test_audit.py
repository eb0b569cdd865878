"""What the advisory services say is told apart from their silence."""

import json
import sys
from typing import Any

import pytest

from bundle import audit
from bundle.audit import KNOWN, NPM_LOCKS, PYTHON_LOCKS, UNANSWERED, Answer, lines, npm_answer, python_answer, status
from tests.project import ROOT, project_files

CLEAN = {"dependencies": [{"name": "click", "version": "8.1", "vulns": []}], "fixes": []}
HOLE = {"id": "PYSEC-2026-1", "fix_versions": ["8.2"], "aliases": [], "description": "…"}
HOLED = {"dependencies": [{"name": "click", "version": "8.1", "vulns": [HOLE]}]}
SKIPPED = {"dependencies": [{"name": "click", "skip_reason": "Dependency not found on PyPI"}]}
NPM_HOLE = {"name": "ws", "severity": "high", "range": "<8.17.1", "fixAvailable": True, "via": []}


def test_clean_lock_is_said_to_be_clean() -> None:
    """Nothing known is good news only where every package was answered for."""
    answers = [python_answer("run.lock", json.dumps(CLEAN)), npm_answer("bundle", '{"vulnerabilities": {}}')]
    assert status(answers) == 0
    assert list(lines(answers)) == ["run.lock: no hole is known.", "bundle: no hole is known."]


def test_hole_is_named() -> None:
    """A hole is named with the package, and with the release that mends it."""
    answers = [
        python_answer("run.lock", json.dumps(HOLED)),
        npm_answer("bundle", json.dumps({"vulnerabilities": {"ws": NPM_HOLE}})),
    ]
    assert status(answers) == KNOWN
    assert list(lines(answers)) == [
        "run.lock: click 8.1: PYSEC-2026-1, mended in 8.2",
        "bundle: ws <8.17.1: high, mended in a later release",
    ]


@pytest.mark.parametrize(
    "answer",
    [
        python_answer("run.lock", json.dumps(SKIPPED)),
        python_answer("run.lock", ""),
        python_answer("run.lock", "[]"),
        npm_answer("bundle", '{"message": "405 Method Not Allowed", "statusCode": 405}'),
        npm_answer("bundle", "<html>"),
    ],
)
def test_silence_is_no_good_news(answer: Answer) -> None:
    """A service that does not know a package, or does not answer, fails the audit, and is named."""
    assert status([answer]) == UNANSWERED
    assert [line for line in lines([answer]) if "no answer about" in line]


def test_hole_that_nobody_has_mended_is_said_to_be_one() -> None:
    """There is no release to wait for."""
    holed = {"name": "click", "version": "8.1", "vulns": [HOLE | {"fix_versions": []}]}
    answers = [
        python_answer("run.lock", json.dumps({"dependencies": [holed]})),
        npm_answer("bundle", json.dumps({"vulnerabilities": {"ws": NPM_HOLE | {"fixAvailable": False}}})),
    ]
    assert [line.rpartition(", ")[2] for line in lines(answers)] == ["not mended yet"] * 2


def test_package_that_the_service_does_not_know_is_named() -> None:
    """One of several, so that a person can look it up."""
    packages: list[dict[str, Any]] = [*CLEAN["dependencies"], *SKIPPED["dependencies"]]
    answer = python_answer("run.lock", json.dumps({"dependencies": [packages[0], packages[1] | {"name": "ours"}]}))
    assert list(lines([answer])) == ["run.lock: no answer about ours."]


@pytest.mark.parametrize(
    "command",
    [[sys.executable, "-c", "import time; print('{', flush=True); time.sleep(600)"], ["no-such-tool"]],
    ids=["hangs", "missing"],
)
def test_tool_that_does_not_do_its_work_has_said_nothing(command: list[str]) -> None:
    """Which is no hole, whose exit status a traceback would have."""
    assert audit._ask(command, ROOT, 0.1) == ""


def test_hole_outweighs_silence() -> None:
    """What is known counts first."""
    assert status([Answer("a", unanswered=("click",)), Answer("b", holes=("click 8.1: X",))]) == KNOWN


def test_every_lock_is_asked_about() -> None:
    """A lock file that is added later is not forgotten."""
    asked = {*(lock.relative_to(ROOT) for lock in PYTHON_LOCKS)}
    asked |= {folder.relative_to(ROOT) / "package-lock.json" for folder in NPM_LOCKS}
    pinned = {path for path in project_files() if path.suffix == ".lock" or path.name == "package-lock.json"}
    assert asked == pinned


def test_npm_keeps_no_host_in_a_lock() -> None:
    """Each folder has the settings that have it leave them out, and none has come in."""
    for folder in NPM_LOCKS:
        assert "omit-lockfile-registry-resolved=true" in (folder / ".npmrc").read_text(encoding="utf-8"), folder
        assert '"resolved"' not in (folder / "package-lock.json").read_text(encoding="utf-8"), folder
