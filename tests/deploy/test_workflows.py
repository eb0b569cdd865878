"""The workflows run what is there, by actions that cannot be exchanged, with no right more than each job needs."""

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from bundle.bill_of_materials import BILL
from signaling.cli import main
from tests.project import ROOT

WORKFLOWS = sorted((ROOT / ".github" / "workflows").iterdir())
USES = re.compile(r"uses: (\S+)(?: # (\S+))?")
PINNED = re.compile(r"[\w-]+/[\w-]+@[0-9a-f]{40}")
WRITES = {
    ("ci.yml", "publish"): {"packages"},
    ("ci.yml", "release"): {"contents", "id-token", "attestations"},
    ("pages.yml", "deploy"): {"pages", "id-token"},
}
"""Who may change something, and what."""


def jobs(path: Path) -> dict[str, dict[str, Any]]:
    """Return a workflow's jobs."""
    found: dict[str, dict[str, Any]] = read(path)["jobs"]
    return found


def read(path: Path) -> dict[str, Any]:
    """Read a workflow."""
    document: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return document


def commands(path: Path) -> Iterator[str]:
    """Yield every line that a workflow runs."""
    for job in jobs(path).values():
        for step in job["steps"]:
            yield from step.get("run", "").splitlines()


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_actions_are_pinned(path: Path) -> None:
    """An action is named by its commit, and by the version that a person knows it by."""
    uses = USES.findall(path.read_text(encoding="utf-8"))
    assert uses
    for action, version in uses:
        assert PINNED.fullmatch(action), action
        assert re.fullmatch(r"v\d+\.\d+\.\d+", version), action


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_jobs_have_least_rights(path: Path) -> None:
    """Nobody has a right by default, and only who publishes may write."""
    assert read(path)["permissions"] == {}
    for name, job in jobs(path).items():
        writes = {scope for scope, right in job["permissions"].items() if right != "read"}
        assert writes == WRITES.get((path.name, name), set()), name
        assert job["timeout-minutes"] > 0


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_checkouts_leave_no_credentials(path: Path) -> None:
    """What the tests run finds no token in the checkout."""
    steps = [step for job in jobs(path).values() for step in job["steps"]]
    checkouts = [step for step in steps if step.get("uses", "").startswith("actions/checkout@")]
    assert all(step["with"] == {"persist-credentials": False} for step in checkouts)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_commands_hold_no_expression(path: Path) -> None:
    """What somebody may name as he likes (a branch, say) does not become a part of a command."""
    assert [line for line in commands(path) if "${{" in line] == []


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_commands_are_there(path: Path) -> None:
    """Every target of make, and every command and option of ours, exists."""
    targets = set(re.findall(r"^([a-z0-9-]+):.*## ", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for line in commands(path):
        if found := re.fullmatch(r"make (\S+)", line):
            assert found[1] in targets
        if found := re.match(r"\S*p2p-chat (\S+)", line):
            command = main.commands[found[1]]
            known = {option for parameter in command.params for option in parameter.opts}
            assert set(re.findall(r"--[\w-]+", line)) <= known


def test_every_python_is_tested() -> None:
    """Those that the package says it is for."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    promised = re.findall(r"Python :: (3\.\d+)", " ".join(project["classifiers"]))
    [matrix] = [
        job["strategy"]["matrix"] for job in jobs(ROOT / ".github/workflows/ci.yml").values() if "strategy" in job
    ]
    assert matrix["python"] == promised


@pytest.mark.parametrize("name", ["publish", "release"])
def test_tags_alone_publish(name: str) -> None:
    """And only when everything else has passed."""
    every = jobs(ROOT / ".github" / "workflows" / "ci.yml")
    assert every[name]["if"] == "startsWith(github.ref, 'refs/tags/v')"
    assert set(every[name]["needs"]) == set(every) - {"publish", "release"}


def test_release_is_attested() -> None:
    """A person who downloads the wheel can check where it was built (SLSA provenance), and what it is made of."""
    steps = {step["uses"].partition("@")[0]: step["with"] for step in release_steps() if "uses" in step}
    assert steps["actions/attest-build-provenance"] == {"subject-path": "dist/*.whl"}
    assert steps["actions/attest-sbom"] == {"subject-path": "dist/*.whl", "sbom-path": f"dist/{BILL}"}


def test_release_attests_before_it_publishes() -> None:
    """Nobody can download what is not attested yet."""
    last = release_steps()[-1]
    assert last["run"].startswith("gh release create ")


def release_steps() -> list[dict[str, Any]]:
    """Return what publishes the wheel."""
    steps: list[dict[str, Any]] = jobs(ROOT / ".github" / "workflows" / "ci.yml")["release"]["steps"]
    return steps


def test_dependabot_looks_where_dependencies_are() -> None:
    """Every folder that names dependencies exists and names them."""
    named = {"pip": "pyproject.toml", "npm": "package.json", "docker": "Dockerfile", "docker-compose": "compose.yaml"}
    for update in read(ROOT / ".github" / "dependabot.yml")["updates"]:
        for folder in update.get("directories", [update.get("directory")]):
            if file := named.get(update["package-ecosystem"]):
                assert (ROOT / folder.lstrip("/") / file).is_file(), folder
