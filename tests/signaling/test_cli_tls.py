"""The command with a certificate, in a process of its own: what it says, and what SIGHUP does."""

from __future__ import annotations

import signal
import ssl
from pathlib import Path

import httpx
import pytest

from tests.signaling.certificates import Files, certificate_files
from tests.signaling.test_cli import SECRET, Serving, refusing, serving


def options(files: Files) -> tuple[str, ...]:
    """Return what is typed to serve with a certificate."""
    return ("--ssl-certfile", str(files.certfile), "--ssl-keyfile", str(files.keyfile))


def healthy(server: Serving, files: Files) -> bool:
    """Whether a client that believes in these files is answered."""
    url = f"https://{server.address}/healthz"
    return httpx.get(url, verify=files.trusting, trust_env=False).is_success


def hang_up(server: Serving, event: str) -> str:
    """Send SIGHUP, and wait for what the log says of it."""
    assert server.process.stderr is not None
    server.process.send_signal(signal.SIGHUP)
    for line in server.process.stderr:
        if event in line:
            return line
    raise AssertionError("the server has ended")


def test_new_certificate_is_read_at_sighup(tmp_path: Path) -> None:
    """The server goes on, with the new files, or with the old ones where the new cannot be used."""
    old = certificate_files(tmp_path)
    with serving(tmp_path, *options(old)) as server:
        assert server.greeting.startswith("P2P Chat is at https://127.0.0.1:")
        assert healthy(server, old)
        new = certificate_files(tmp_path)
        assert healthy(server, old)
        hang_up(server, "event=certificate_reloaded")
        assert healthy(server, new)
        new.keyfile.write_text("half of a")
        assert "it has no private key in PEM form" in hang_up(server, "event=certificate_kept")
        assert healthy(server, new)
        with pytest.raises(httpx.ConnectError):
            healthy(server, old)
        code, _, errors = server.interrupt()
    assert (code, errors.count("Traceback")) == (0, 0)


def test_unusable_certificate_is_refused(tmp_path: Path) -> None:
    """A sentence says which file, before anything is listened on."""
    files = certificate_files(tmp_path)
    files.keyfile.unlink()
    sentence = refusing(tmp_path, *options(files))
    assert f"The certificate cannot be used ({files.keyfile}: No such file or directory)." in sentence


def test_public_server_with_certificate_needs_no_hint(tmp_path: Path) -> None:
    """Browsers on other machines are served as they are."""
    files = certificate_files(tmp_path)
    with serving(tmp_path, *options(files), "--host", "0.0.0.0", P2PCHAT_JWT_SECRET=SECRET) as server:  # noqa: S104
        context = files.trusting
        context.minimum_version = ssl.TLSVersion.TLSv1_3
        response = httpx.get(f"https://localhost:{server.port}/", verify=context, trust_env=False)
        _, output, _ = server.interrupt()
    assert response.headers["strict-transport-security"] == "max-age=31536000"
    assert output == f"P2P Chat is at https://localhost:{server.port} (Ctrl-C stops it).\n"
