"""systemd understands the unit, and has little to say against it."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.project import ROOT

UNIT = ROOT / "deploy" / "p2p-chat.service"
ANALYZE_SECONDS = 60
MAX_EXPOSURE = 1.5
"""Of 10; what is left comes from serving the internet at all."""

needs_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="Needs systemd-analyze.")


def analyze(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Have systemd look at a unit."""
    command = ["systemd-analyze", *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=ANALYZE_SECONDS)  # noqa: S603


@needs_systemd
def test_unit_is_understood(tmp_path: Path) -> None:
    """Every line means something to systemd. The program is another one here, since ours is not installed there."""
    copy = tmp_path / UNIT.name
    text = UNIT.read_text(encoding="utf-8")
    copy.write_text(text.replace("/opt/p2p-chat/bin/p2p-chat", shutil.which("true") or ""), encoding="utf-8")
    process = analyze("verify", copy)
    # It looks at the units that ours names as well, which are not ours to mend.
    complaints = [line for line in process.stderr.splitlines() if UNIT.name in line]
    assert (process.returncode, complaints) == (0, [])


@needs_systemd
def test_unit_is_little_exposed() -> None:
    """A program that has been taken over can do little to the machine."""
    process = analyze("security", "--offline=true", "--no-pager", UNIT)
    found = re.search(r"exposure level for \S+: ([\d.]+)", process.stdout)
    assert found is not None, process.stdout + process.stderr
    assert float(found[1]) <= MAX_EXPOSURE


def test_unit_keeps_secrets_elsewhere() -> None:
    """Everybody may read a unit, so the secrets stand in another file."""
    text = UNIT.read_text(encoding="utf-8")
    assert "EnvironmentFile=/etc/p2p-chat.env" in text
    assert "SECRET" not in text


def test_unit_keeps_data_where_it_may_write() -> None:
    """The one folder that the unit may write is the one that the server is told."""
    text = UNIT.read_text(encoding="utf-8")
    assert "StateDirectory=p2p-chat\n" in text
    assert "P2PCHAT_DATA_DIR=/var/lib/p2p-chat\n" in text
