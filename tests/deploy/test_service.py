"""systemd understands the unit, and has little to say against it."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.deploy.test_walkthrough import block
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


@pytest.mark.skipif(sys.platform != "linux", reason="What systemd is on has a chown of GNU's.")
def test_certificate_stands_where_service_reads_it(tmp_path: Path) -> None:
    """The hook of certbot puts the files where the settings name them, in the one folder that is the service's own."""
    [folder] = re.findall("^StateDirectory=(.+)$", UNIT.read_text(encoding="utf-8"), re.MULTILINE)
    named = re.findall("^P2PCHAT_SSL_.*FILE=(.+)$", block("tls.md", "P2PCHAT_HOST="), re.MULTILINE)
    assert named == [f"/var/lib/{folder}/fullchain.pem", f"/var/lib/{folder}/privkey.pem"]
    hook = tmp_path / "hook"
    text = block("tls.md", "#!/bin/sh").replace("systemctl", "true")
    assert UNIT.stem in text
    hook.write_text(text.replace("/var/lib", str(tmp_path)), encoding="utf-8")
    (tmp_path / folder).mkdir()
    renewed = tmp_path / "renewed"
    renewed.mkdir()
    for path in named:
        (renewed / Path(path).name).touch()
    command = ["/bin/sh", "-e", str(hook)]
    subprocess.run(command, env={**os.environ, "RENEWED_LINEAGE": str(renewed)}, check=True, timeout=ANALYZE_SECONDS)  # noqa: S603
    for path in named:
        status = Path(path.replace("/var/lib", str(tmp_path))).stat()
        assert (status.st_mode & 0o777, status.st_uid) == (0o600, (tmp_path / folder).stat().st_uid)


def test_settings_mean_the_same_to_a_shell(tmp_path: Path) -> None:
    """Where there is no systemd, a shell reads the file, and takes a URL with all its options for one value."""
    file = tmp_path / "p2p-chat.env"
    url = "/p2p_chat?sslmode=verify-full&sslrootcert=system"
    file.write_text(block("several-processes.md", "P2PCHAT_WORKERS=").replace("/p2p_chat", url), encoding="utf-8")
    reading, _ = block("several-processes.md", "set -a").replace("/etc/p2p-chat.env", str(file)).splitlines()
    command = ["/bin/sh", "-ec", f'{reading}; printf %s "$P2PCHAT_DATABASE_URL"']
    read = subprocess.run(command, capture_output=True, text=True, check=True, timeout=ANALYZE_SECONDS)  # noqa: S603
    assert read.stdout.endswith(url)
