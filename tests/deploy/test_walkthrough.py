"""What the walk-throughs in docs/deploy/ have people type does what it says."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from e2e.deploy.compose import EXAMPLE, read_compose, read_environment
from signaling.configuration.settings import Settings
from signaling.storage.tables import METADATA
from tests.project import ROOT
from tests.test_docs import DEPLOY

BLOCK = re.compile(r"```\n(.*?)```", re.DOTALL)
SHELL_SECONDS = 30


def block(page: str, begin: str) -> str:
    """Return the lines to type on a page, of the block that begins like this."""
    text = (DEPLOY / page).read_text(encoding="utf-8")
    blocks = [re.sub(r"^ +", "", found, flags=re.MULTILINE) for found in BLOCK.findall(text)]
    [wanted] = [text for text in blocks if text.startswith(begin)]
    return wanted


@pytest.mark.skipif(
    sys.platform != "linux", reason="Types what is written for Linux: sed -i has another form elsewhere."
)
def test_settings_for_docker_are_filled_in(tmp_path: Path) -> None:
    """After the lines for .env, Compose has all it needs, the server takes it, and nobody else may read it."""
    shutil.copy(EXAMPLE, tmp_path)
    lines = ["/bin/sh", "-ec", block("docker.md", "cp .env.example")]
    subprocess.run(lines, cwd=tmp_path, check=True, timeout=SHELL_SECONDS)  # noqa: S603  (our own document)
    env = tmp_path / ".env"
    assert env.stat().st_mode & 0o777 == 0o600
    variables = read_environment(env.read_text(encoding="utf-8"))
    settings = Settings.read({**variables, **read_compose(variables)["services"]["app"]["environment"]})
    assert settings.jwt_secret
    assert settings.turn_secret


def test_settings_for_docker_are_never_committed() -> None:
    """Git leaves alone the file that the secrets stand in."""
    command = ["git", "check-ignore", "--quiet", "deploy/.env"]
    assert subprocess.run(command, cwd=ROOT, check=False, timeout=SHELL_SECONDS).returncode == 0  # noqa: S603


def test_services_of_the_walkthrough_exist() -> None:
    """Whom the commands of Compose name is in the compose file."""
    services = read_compose(read_environment(filled_example()))["services"]
    text = (DEPLOY / "docker.md").read_text(encoding="utf-8")
    named = re.findall(r"docker compose (?:restart|exec|logs(?: --follow)?|kill --signal USR2) ([a-z]+)\b", text)
    copied = re.findall(r"docker compose cp ([a-z]+):", text)
    assert {"app", "caddy", "turn"} <= set(named)
    assert set(named + copied) <= set(services)


@pytest.mark.parametrize("page", ["docker.md", "systemd.md"])
def test_files_of_the_walkthrough_exist(page: str) -> None:
    """A file that somebody has to copy is there."""
    named = re.findall(r"`((?:deploy|requirements)/[\w./-]+)`", (DEPLOY / page).read_text(encoding="utf-8"))
    assert [name for name in named if not (ROOT / name).exists()] == []


def test_every_table_moves_to_postgresql() -> None:
    """Who moves from SQLite loses nothing: each table goes over, after those that its rows refer to."""
    lines = block("postgresql.md", "umask 077").splitlines()
    tables = " ".join(table.name for table in METADATA.sorted_tables)
    assert [line for line in lines if line.startswith("for ")] == [f"for table in {tables}; do"]
    assert lines[-1] == "rm " + " ".join(f"{table}.csv" for table in tables.split())


def filled_example() -> str:
    """Return the example with a value for every variable."""
    return re.sub(r"=$", "=something", EXAMPLE.read_text(encoding="utf-8"), flags=re.MULTILINE)
