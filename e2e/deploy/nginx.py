"""Runs nginx with deploy/nginx.conf, on free ports and without TLS."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import httpx

from e2e.server import free_port
from e2e.startup import wait_until_it_answers
from e2e.static_host import find_nginx
from tests.project import ROOT

EXAMPLE = ROOT / "deploy" / "nginx.conf"
STOP_SECONDS = 10
MAIN = """
{user}
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{
    worker_connections 1024;
}}
http {{
    access_log off;
    client_body_temp_path {folder}/temporary;
    proxy_temp_path {folder}/temporary;
    fastcgi_temp_path {folder}/temporary;
    uwsgi_temp_path {folder}/temporary;
    scgi_temp_path {folder}/temporary;
{rules}
}}
"""
"""What a distribution's own nginx.conf is, as far as it matters here."""


class Nginx:
    """An nginx in front of a server."""

    def __init__(self, folder: Path, upstream: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._errors = folder / "error.log"
        self._configuration = folder / "nginx.conf"
        user = "user root;" if os.geteuid() == 0 else ""
        rules = self._rules(EXAMPLE.read_text(encoding="utf-8"), upstream)
        self._configuration.write_text(MAIN.format(user=user, folder=folder, rules=rules), encoding="utf-8")
        self._command = [str(find_nginx()), "-p", str(folder), "-e", str(self._errors), "-c", str(self._configuration)]
        self._process: subprocess.Popen[bytes] | None = None

    def check(self) -> subprocess.CompletedProcess[str]:
        """Have nginx itself look at the file."""
        return subprocess.run(  # noqa: S603 - our own command, without a shell
            [*self._command, "-t"], capture_output=True, text=True, timeout=STOP_SECONDS, check=False
        )

    def start(self) -> None:
        """Start the process, and wait until it answers."""
        self._process = subprocess.Popen(self._command)  # noqa: S603 - our own command, without a shell
        wait_until_it_answers(self._process, self._answers, self._errors)

    def stop(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(STOP_SECONDS)
            self._process = None

    def _rules(self, example: str, upstream: str) -> str:
        """Put free ports in place of the example's, and leave TLS out."""
        rules = example.replace("listen 80;", f"listen 127.0.0.1:{free_port()};")
        rules = rules.replace("listen 443 ssl;", f"listen 127.0.0.1:{self.port};")
        rules = rules.replace("server 127.0.0.1:3000;", f"server {upstream};")
        return re.sub(r"^ *ssl_certificate.*\n", "", rules, flags=re.MULTILINE)

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/healthz", trust_env=False).is_success
        except httpx.TransportError:
            return False
