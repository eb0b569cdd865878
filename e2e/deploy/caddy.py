"""Runs Caddy with deploy/Caddyfile, on free ports and with a certificate of its own."""

from __future__ import annotations

import json
import os
import socket
import ssl
import subprocess
import time
from pathlib import Path
from typing import Any

from e2e.server import free_port
from tests.project import ROOT

CADDYFILE = ROOT / "deploy" / "Caddyfile"
HOST = "127.0.0.1"
"""An address for which Caddy makes the certificate itself; not every machine knows the name localhost."""
PATIENCE = 30.0
"""Seconds for what takes one or two."""


class Caddy:
    """A Caddy in front of a server."""

    def __init__(self, folder: Path, upstream: str) -> None:
        self.port = free_port()
        self.url = f"https://{HOST}:{self.port}"
        self.log = folder / "caddy.log"
        self._folder = folder
        self._environment = {
            **{name: str(folder / name) for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME")},
            "PATH": os.environ["PATH"],
            "CHAT_HOST": HOST,
            "UPSTREAM": upstream,
        }
        self._admin = f"127.0.0.1:{free_port()}"
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def health_address(self) -> str:
        """What the compose file's health check asks for, on the port that it has here."""
        return f"http://{self._admin}/config/"

    @property
    def authority(self) -> ssl.SSLContext:
        """Trust the authority that has signed the certificate, and nobody else."""
        root = self._folder / "XDG_DATA_HOME" / "caddy" / "pki" / "authorities" / "local" / "root.crt"
        return ssl.create_default_context(cafile=root)

    def start(self) -> None:
        """Start it, and wait until it shows its certificate."""
        configuration = self._folder / "caddy.json"
        configuration.write_text(json.dumps(self.configuration()), encoding="utf-8")
        with self.log.open("ab") as log:
            command = ["caddy", "run", "--config", str(configuration)]
            self._process = subprocess.Popen(command, env=self._environment, stdout=log, stderr=log)  # noqa: S603
        deadline = time.monotonic() + PATIENCE
        while not self._answers():
            assert self._process.poll() is None, f"Caddy ended at once:\n{self.log.read_text()}"
            assert time.monotonic() < deadline, f"Caddy does not answer:\n{self.log.read_text()}"

    def stop(self) -> None:
        """End the process, and wait for its end."""
        if self._process is not None:
            self._process.kill()
            self._process.wait(PATIENCE)
            self._process = None

    def configuration(self) -> dict[str, Any]:
        """Return the Caddyfile as Caddy itself understands it, with free ports in place of 80, 443 and 2019."""
        adapt = ["caddy", "adapt", "--config", str(CADDYFILE), "--adapter", "caddyfile"]
        text = subprocess.run(adapt, env=self._environment, check=True, capture_output=True, timeout=PATIENCE).stdout  # noqa: S603
        document: dict[str, Any] = json.loads(text)
        http = document["apps"]["http"]
        [server] = http["servers"].values()
        assert server["listen"] == [":443"]
        server["listen"] = [f"{HOST}:{self.port}"]
        http |= {"https_port": self.port, "http_port": free_port()}
        # The tests should trust the certificate's authority, and this machine should not.
        document["apps"]["pki"] = {"certificate_authorities": {"local": {"install_trust": False}}}
        document["admin"] = {"listen": self._admin}
        return document

    def format(self, path: Path) -> None:
        """Have Caddy lay out a Caddyfile again."""
        subprocess.run(["caddy", "fmt", "--overwrite", path], env=self._environment, check=True, timeout=PATIENCE)  # noqa: S603, S607

    def _answers(self) -> bool:
        try:
            with (
                socket.create_connection((HOST, self.port), PATIENCE) as connection,
                self.authority.wrap_socket(connection, server_hostname=HOST),
            ):
                return True
        except OSError:
            return False
