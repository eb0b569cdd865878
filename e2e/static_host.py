"""Runs a real static host, nginx, for the tests: unprivileged, on a free port, in a folder of its own."""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
from pathlib import Path

from build_site import ROOT
from e2e.server import free_port
from e2e.startup import wait_until_it_answers

EXAMPLE = ROOT / "deploy" / "nginx-static.conf"
STOP_SECONDS = 10
PROBE_SECONDS = 1.0

MAIN = """
{user}
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{
    worker_connections 256;
}}
http {{
    log_format short '$request_uri $status $sent_http_content_encoding';
    access_log {folder}/access.log short;
    client_body_temp_path {folder}/temporary;
    proxy_temp_path {folder}/temporary;
    fastcgi_temp_path {folder}/temporary;
    uwsgi_temp_path {folder}/temporary;
    scgi_temp_path {folder}/temporary;
    server {{
        listen 127.0.0.1:{port};
        root {root};
        {rules}
    }}
}}
"""
WITH_OUR_RULES = f"include {EXAMPLE};"
"""As docs/deploy.md has it."""
WITHOUT_RULES = """
        types {{
            application/json json;
            application/wasm wasm;
            image/svg+xml svg;
            text/html html;
            text/javascript js mjs;
        }}
        error_page 404 {base}404.html;
"""
"""Like a host that sends no headers of ours, and has nothing but a page for what is missing, as GitHub Pages."""


def nginx_fault() -> str | None:
    """Why nginx cannot run here, in a sentence; None where it can."""
    if find_nginx() is None:
        return "The tests of the static host need nginx; on Debian: apt-get install nginx-light."
    return None


def find_nginx() -> str | None:
    """Where nginx is; Debian has it in a folder that only root looks into."""
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/opt/homebrew/bin")


class StaticHost:
    """An nginx that serves a folder; it can be stopped and started again on the same port."""

    def __init__(self, folder: Path, base: str, rules: str) -> None:
        self.port = free_port()
        self.origin = f"http://127.0.0.1:{self.port}"
        self.url = self.origin + base.removesuffix("/")
        root = folder / "root"
        self.site = root / base.strip("/")
        """The folder that is served at the base path."""
        self._folder = folder
        self._log = folder / "access.log"
        self._configuration = folder / "nginx.conf"
        root.mkdir(parents=True)
        # Started by root, its workers would be someone who may not read the folders of tests.
        user = "user root;" if os.geteuid() == 0 else ""
        text = MAIN.format(user=user, folder=folder, port=self.port, root=root, rules=rules)
        self._configuration.write_text(text, encoding="utf-8")
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the process, and wait until it answers."""
        program = find_nginx()
        assert program is not None
        errors = self._folder / "error.log"
        command = [program, "-p", str(self._folder), "-e", str(errors), "-c", str(self._configuration)]
        self._process = subprocess.Popen(command)  # noqa: S603  (our own command, without a shell)
        wait_until_it_answers(self._process, self._answers, errors)

    def stop(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(STOP_SECONDS)
            self._process = None

    def requests(self, since: int = 0) -> list[tuple[str, int, str]]:
        """Give what was asked for: paths with their status and content coding, from a place in the log on."""
        lines = self._log.read_text(encoding="utf-8").splitlines()[since:]
        found = (re.fullmatch(r"(\S+) (\d+) (\S+)", line) for line in lines)
        return [(match[1], int(match[2]), match[3]) for match in found if match]

    def _answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), PROBE_SECONDS).close()
        except OSError:
            return False
        return True
