"""Serves the site of another folder, run like the program: `python -m e2e.other_site serve --host … --port …`."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
from pathlib import Path

from signaling.app import create_app
from signaling.configuration.settings import Settings
from signaling.monitoring import logs
from signaling.process.serving import listen, serve
from signaling.site.loading import load_site, static_folder

VARIABLE = "P2PCHAT_TEST_SITE"
PROGRAM = (sys.executable, "-m", __name__)


def copy_site(folder: Path) -> Path:
    """Return a folder like static/ whose small files can be changed."""
    static = folder / "static"
    shutil.copytree(static_folder(), static, ignore=shutil.ignore_patterns("pyodide", "built"))
    for name in ("pyodide", "built"):
        (static / name).symlink_to(static_folder() / name)
    return static


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser()
    parser.add_argument("command", choices=["serve"])
    parser.add_argument("--host")
    parser.add_argument("--port")
    options = parser.parse_args()
    site = load_site(Path(os.environ.pop(VARIABLE)))
    settings = Settings.read(os.environ, {"host": options.host, "port": options.port})
    logs.configure(settings.log_level)
    serve(create_app(settings, site), settings, listen(settings.host, settings.port), lambda: None)


if __name__ == "__main__":
    main()
