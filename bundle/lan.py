"""Makes what a test in the local network needs, `make run TLS=1`: a certificate, and a QR code of the address.

Away from localhost, browsers keep WebCrypto, service workers and microphones for pages that came by https. What is made
here is for trying: browsers do not know who has signed it, and say so once.
"""

from __future__ import annotations

import io
import ipaddress
import os
import secrets
import socket
import sys
from collections.abc import Collection, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import segno
import trustme
from cryptography import x509

FOLDER = Path("build/lan")
"""Of the working directory: what is made is kept, so that a browser's exception for it stays, and so are accounts."""
CERTIFICATE, KEY, AUTHORITY, SECRET = "certificate.pem", "key.pem", "authority.pem", "jwt-secret"
LIFE = timedelta(days=396)
"""With the day before it was made, less than the 398 days of which Apple's systems believe a certificate at most."""
LEAST_LEFT = timedelta(days=1)
ELSEWHERE = ("192.0.2.1", 9)
"""An address that nobody has (RFC 5737): no packet goes there, but the system says from where it would."""
HTTPS = "443"
LIGHT_ON_DARK, USUAL = "\x1b[97;40m", "\x1b[0m"


def main() -> None:
    """Make what is missing, say where a phone finds the page, and become the server."""
    _, host, port = sys.argv
    address = lan_address()
    names = server_names(socket.gethostname(), address)
    make_files(FOLDER, names, datetime.now(UTC))
    if address is None:
        print("This machine is in no network that a phone could reach it by.")  # noqa: T201 - a program's output
    else:
        print("\n".join(invitation(address, port)))  # noqa: T201 - likewise
        sys.stdout.flush()
    command = [sys.executable, "-m", "signaling", "serve", "--host", host, "--port", port]
    os.execve(sys.executable, command, dict(environment(FOLDER, names, os.environ)))  # noqa: S606 - the server itself


def lan_address() -> str | None:
    """Return the address by which others in the local network reach this machine; None without one."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(ELSEWHERE)
        except OSError:
            return None
        address = str(probe.getsockname()[0])
    return None if ipaddress.ip_address(address).is_loopback else address


def server_names(hostname: str, address: str | None) -> tuple[str, ...]:
    """Return the names and addresses that the server is asked by."""
    name = hostname.lower().partition(".")[0]
    own = [name, f"{name}.local"] if name and name.isascii() and name != "localhost" else []
    return ("localhost", "127.0.0.1", "::1", *own, *([address] if address else []))


def make_files(folder: Path, names: Collection[str], now: datetime) -> None:
    """Make a secret and a certificate for some names, unless those that are there will do."""
    folder.mkdir(parents=True, exist_ok=True)
    if not (folder / SECRET).exists():
        _write_private(folder / SECRET, secrets.token_urlsafe(48).encode())
    if not _will_do(folder, names, now):
        # The authority's own key is kept nowhere: who trusts the authority trusts this one certificate.
        authority = trustme.CA(organization_name="P2P Chat, for tests in the local network")
        made = authority.issue_cert(*names, not_before=now - timedelta(days=1), not_after=now + LIFE)
        _write_private(folder / KEY, made.private_key_pem.bytes())
        authority.cert_pem.write_to_path(folder / AUTHORITY)
        (folder / CERTIFICATE).write_bytes(b"".join(blob.bytes() for blob in made.cert_chain_pems))


def invitation(address: str, port: str) -> Iterator[str]:
    """Yield the lines that show a phone the way."""
    url = f"https://{address}" if port == HTTPS else f"https://{address}:{port}"
    yield f"For a phone in the same network: {url}"
    yield from _drawn(url)
    yield "Its browser does not know who signed the certificate, and asks whether to go on anyway. Where it does not"
    yield f"ask, or the page finds no server, install {FOLDER / AUTHORITY} on it: see README.md."


def environment(folder: Path, names: Collection[str], inherited: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield the variables of the server; what is set already counts more."""
    settings = {
        "P2PCHAT_SSL_CERTFILE": str(folder / CERTIFICATE),
        "P2PCHAT_SSL_KEYFILE": str(folder / KEY),
        "P2PCHAT_HSTS": "0",  # other servers of this machine may have no certificate
        "P2PCHAT_ALLOWED_HOSTS": ",".join(names),
        "P2PCHAT_DATA_DIR": str(folder),
        "P2PCHAT_JWT_SECRET": (folder / SECRET).read_text("ascii"),
    }
    yield from (settings | {name: value for name, value in inherited.items() if value}).items()


def _will_do(folder: Path, names: Collection[str], now: datetime) -> bool:
    """Whether there is a certificate of all these names, which is good for a while."""
    if not (folder / KEY).exists() or not (folder / CERTIFICATE).exists():
        return False
    try:
        found = x509.load_pem_x509_certificate((folder / CERTIFICATE).read_bytes())
        alternatives = found.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (ValueError, x509.ExtensionNotFound):
        return False
    known = {str(one.value) for one in alternatives}
    return known.issuperset(names) and found.not_valid_after_utc - now > LEAST_LEFT


def _drawn(url: str) -> Iterator[str]:
    """Yield the QR code, light on dark whatever the terminal's own colours are."""
    out = io.StringIO()
    segno.make(url, error="l").terminal(out, border=2, compact=True)
    for line in out.getvalue().splitlines():
        yield f"{LIGHT_ON_DARK}{line}{USUAL}"


def _write_private(path: Path, content: bytes) -> None:
    """Write a file that only its owner can read."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)


if __name__ == "__main__":
    main()
