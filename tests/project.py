"""What belongs to this project: the files that git tracks, and those that it would."""

import subprocess
from pathlib import Path

ROOT = Path(__file__).parent.parent


def project_files() -> list[Path]:
    """Every file of the working tree that git does not ignore, relative to ROOT."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listing = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True, timeout=30).stdout  # noqa: S603
    return sorted({Path(name) for name in listing.split("\0") if name and (ROOT / name).is_file()})
