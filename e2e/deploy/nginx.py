"""Runs nginx with deploy/nginx.conf, or the least that the page on proxies names, on free ports and without TLS."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import httpx

from e2e.nginx import Nginx
from e2e.server import free_port
from tests.project import ROOT

EXAMPLE = ROOT / "deploy" / "nginx.conf"
PAGE = ROOT / "docs" / "deploy" / "reverse-proxy.md"


def example() -> str:
    """Return the file that people are to copy."""
    return EXAMPLE.read_text(encoding="utf-8")


def least() -> str:
    """Return the least that people are told to write."""
    text = PAGE.read_text(encoding="utf-8")
    [block] = re.findall(r"^ +```\n( +server \{.*?)^ +```$", text, re.DOTALL | re.MULTILINE)
    return str(block)


class NginxProxy:
    """An nginx in front of a server."""

    def __init__(self, folder: Path, upstream: str, example: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self._nginx = Nginx(folder, f"access_log off;\n{self._rules(example, upstream)}")

    def check(self) -> subprocess.CompletedProcess[str]:
        """Have nginx itself look at the file."""
        return self._nginx.check()

    def start(self) -> None:
        """Start nginx, and wait until the server answers through it."""
        self._nginx.start(self._answers)

    def stop(self) -> None:
        """End nginx."""
        self._nginx.stop()

    def _rules(self, example: str, upstream: str) -> str:
        """Put free ports in place of the example's, and leave TLS out."""
        rules = example.replace("listen 80;", f"listen 127.0.0.1:{free_port()};")
        rules = rules.replace("listen 443 ssl;", f"listen 127.0.0.1:{self.port};")
        rules = rules.replace("127.0.0.1:3000;", f"{upstream};")
        rules = re.sub(r"^ *listen \[::\].*\n", "", rules, flags=re.MULTILINE)
        return re.sub(r"^ *ssl_certificate.*\n", "", rules, flags=re.MULTILINE)

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/healthz", trust_env=False).is_success
        except httpx.TransportError:
            return False
