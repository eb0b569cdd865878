"""Runs nginx for the tests: unprivileged, in a folder of its own."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from e2e.startup import wait_until_it_answers

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
    client_body_temp_path {folder}/temporary;
    proxy_temp_path {folder}/temporary;
    fastcgi_temp_path {folder}/temporary;
    uwsgi_temp_path {folder}/temporary;
    scgi_temp_path {folder}/temporary;
{rules}
}}
"""
"""What a distribution's own nginx.conf is, as far as it matters here."""


def nginx_fault() -> str | None:
    """Why nginx cannot run here, in a sentence; None where it can."""
    if find_nginx() is None:
        return "This test needs nginx; on Debian: apt-get install nginx-light."
    return None


def find_nginx() -> str | None:
    """Where nginx is; Debian has it in a folder that only root looks into."""
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/opt/homebrew/bin")


class Nginx:
    """An nginx with rules of its own; it can be stopped and started again."""

    def __init__(self, folder: Path, rules: str) -> None:
        self._errors = folder / "error.log"
        configuration = folder / "nginx.conf"
        # Started by root, its workers would be someone who may not read the folders of tests.
        user = "user root;" if os.geteuid() == 0 else ""
        configuration.write_text(MAIN.format(user=user, folder=folder, rules=rules), encoding="utf-8")
        self._command = [str(find_nginx()), "-p", str(folder), "-e", str(self._errors), "-c", str(configuration)]
        self._process: subprocess.Popen[bytes] | None = None

    def check(self) -> subprocess.CompletedProcess[str]:
        """Have nginx itself look at what it is configured by."""
        return subprocess.run(  # noqa: S603 - our own command, without a shell
            [*self._command, "-t"], capture_output=True, text=True, timeout=STOP_SECONDS, check=False
        )

    def start(self, answers: Callable[[], bool]) -> None:
        """Start the process, and wait until it answers."""
        self._process = subprocess.Popen(self._command)  # noqa: S603 - our own command, without a shell
        wait_until_it_answers(self._process, answers, self._errors)

    def stop(self) -> None:
        """End the process."""
        if self._process is not None:
            self._process.terminate()
            self._process.wait(STOP_SECONDS)
            self._process = None
