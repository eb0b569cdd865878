"""Runs nginx with the server at a path, as docs/deploy/reverse-proxy.md has it: passed on to it, or taken away."""

from __future__ import annotations

import re
import socket
from pathlib import Path

from e2e.nginx import Nginx
from e2e.server import free_port
from tests.project import ROOT

PAGE = ROOT / "docs" / "deploy" / "reverse-proxy.md"
BASE = "/chat-app/"
UPSTREAM = "http://127.0.0.1:3000"
PROBE_SECONDS = 1.0


def documented() -> str:
    """Return what the page has people write into the server block of nginx."""
    [block] = re.findall(rf"^```\n(location {BASE} .*?)^```$", PAGE.read_text("utf-8"), re.DOTALL | re.MULTILINE)
    return str(block)


def taking_path_away(rules: str) -> str:
    """Return the same with the addresses that the page names for a proxy that takes the path away."""
    text = PAGE.read_text("utf-8").replace("\n", " ")
    root, websocket = f"{UPSTREAM}/", f"{UPSTREAM}/ws"
    assert f"`proxy_pass {root};`" in text
    assert f"`{websocket};`" in text
    before, after = rules.split(f"proxy_pass {UPSTREAM};", 1)
    return f"{before}proxy_pass {root};" + after.replace(f"proxy_pass {UPSTREAM};", f"proxy_pass {websocket};")


class SubPath:
    """An nginx that has a server at a path."""

    def __init__(self, folder: Path, server_url: str, *, passes_on: bool) -> None:
        self.port = free_port()
        self.origin = f"http://127.0.0.1:{self.port}"
        self.url = self.origin + BASE.removesuffix("/")
        rules = documented() if passes_on else taking_path_away(documented())
        rules = rules.replace(UPSTREAM, server_url)
        folder.mkdir()
        self._nginx = Nginx(folder, f"access_log off;\nserver {{ listen 127.0.0.1:{self.port};\n{rules} }}")

    def start(self) -> None:
        """Start nginx, and wait until it answers."""
        self._nginx.start(self._answers)

    def stop(self) -> None:
        """End nginx."""
        self._nginx.stop()

    def _answers(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), PROBE_SECONDS).close()
        except OSError:
            return False
        return True
