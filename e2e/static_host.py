"""Runs a real static host, nginx, for the tests, on a free port."""

from __future__ import annotations

import re
import socket
from pathlib import Path

from bundle.site import ROOT
from e2e.nginx import Nginx
from e2e.server import free_port

EXAMPLE = ROOT / "deploy" / "nginx-static.conf"
PROBE_SECONDS = 1.0

RULES = """
    log_format short '$request_uri $status $sent_http_content_encoding';
    access_log {log} short;
    server {{
        listen 127.0.0.1:{port};
        root {root};
        {rules}
    }}
"""
WITH_OUR_RULES = f"include {EXAMPLE};"
"""As docs/deploy/static-page.md has it."""
WITHOUT_RULES = """
        types {{
            application/json json;
            application/manifest+json webmanifest;
            application/wasm wasm;
            image/png png;
            image/svg+xml svg;
            text/html html;
            text/javascript js mjs;
        }}
        error_page 404 {base}404.html;
"""
"""Like a host that sends no headers of ours, and has nothing but a page for what is missing, as GitHub Pages."""


class StaticHost:
    """An nginx that serves a folder; it can be stopped and started again on the same port."""

    def __init__(self, folder: Path, base: str, rules: str) -> None:
        self.port = free_port()
        self.origin = f"http://127.0.0.1:{self.port}"
        self.url = self.origin + base.removesuffix("/")
        root = folder / "root"
        self.site = root / base.strip("/")
        """The folder that is served at the base path."""
        self._log = folder / "access.log"
        root.mkdir(parents=True)
        self._nginx = Nginx(folder, RULES.format(log=self._log, port=self.port, root=root, rules=rules))

    def start(self) -> None:
        """Start nginx, and wait until it answers."""
        self._nginx.start(self._answers)

    def stop(self) -> None:
        """End nginx."""
        self._nginx.stop()

    def requests(self, since: int = 0) -> list[tuple[str, int, str]]:
        """Return what was asked for: paths with their status and content coding, from a place in the log on."""
        lines = self._log.read_text(encoding="utf-8").splitlines()[since:]
        found = (re.fullmatch(r"(\S+) (\d+) (\S+)", line) for line in lines)
        return [(match[1], int(match[2]), match[3]) for match in found if match]

    def _answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), PROBE_SECONDS).close()
        except OSError:
            return False
        return True
