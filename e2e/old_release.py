"""Runs the server and the page of an earlier release from its commit, for pages of today to talk to."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bundle.site import ROOT
from e2e.server import Server

RELEASE = "2a6c14c5"
"""The last commit whose pages speak version 1 of the peer protocol, and keep texts alone."""
KNOWN = frozenset(
    {
        "P2PCHAT_BCRYPT_COST",
        "P2PCHAT_DATA_DIR",
        "P2PCHAT_JWT_SECRET",
        "P2PCHAT_LOGIN_LIMIT",
        "P2PCHAT_REGISTER_LIMIT",
        "P2PCHAT_STUN_URLS",
    }
)
"""What the release can be told."""


def has_release() -> bool:
    """Tell whether the release is here; a shallow clone lacks it."""
    return _git("cat-file", "-e", f"{RELEASE}^{{commit}}").returncode == 0


@contextmanager
def checked_out(folder: Path) -> Iterator[Path]:
    """Yield the tree of the release, with the runtime of today, in a folder that is not there yet."""
    added = _git("worktree", "add", "--detach", "--force", str(folder), RELEASE)
    assert added.returncode == 0, added.stderr
    try:
        (folder / "static" / "pyodide").symlink_to(ROOT / "static" / "pyodide", target_is_directory=True)
        yield folder
    finally:
        _git("worktree", "remove", "--force", str(folder))


def server_of(tree: Path, successor: Server) -> Server:
    """Return a server of the release that another one will follow: on its port, with its data and its secret."""
    # Without the folder that the tests are started in, which has the modules of today.
    old = Server(successor.log.parent, program=(sys.executable, "-P", "-m", "signaling"))
    known = {name: value for name, value in successor.settings.items() if name in KNOWN}
    old.settings = {**known, "PYTHONPATH": str(tree)}
    old.port, old.url = successor.port, successor.url
    return old


def _git(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["git", *arguments], cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603, S607 - our own repository
