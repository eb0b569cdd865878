from __future__ import annotations

import re
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import segno
from cryptography import x509

from bundle.lan import (
    AUTHORITY,
    CERTIFICATE,
    KEY,
    LEAST_LEFT,
    LIFE,
    SECRET,
    environment,
    invitation,
    make_files,
    server_names,
)
from signaling.configuration.settings import Settings
from signaling.host_names import is_answered
from signaling.sockets.certificate import Certificate

NAMES = server_names("Kitchen-PC.example.org", "192.0.2.7")
NOW = datetime.now(UTC)
QUIET_ZONE = 2
ESCAPES = re.compile(r"\x1b\[[0-9;]*m")
DARK_HALVES = {"█": (0, 0), "▀": (0, 1), "▄": (1, 0), " ": (1, 1)}
"""Of a character that is drawn light on dark: the upper, and the lower."""


@pytest.fixture
def made(tmp_path: Path) -> Path:
    """A folder with what was made for the first start."""
    folder = tmp_path / "build" / "lan"
    make_files(folder, NAMES, NOW)
    return folder


def content(folder: Path) -> dict[str, bytes]:
    """Return what is in the files."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_server_has_its_names_and_addresses() -> None:
    """What this machine calls itself, what its neighbours call it, and the address in the QR code."""
    assert NAMES == ("localhost", "127.0.0.1", "::1", "kitchen-pc", "kitchen-pc.local", "192.0.2.7")
    assert server_names("localhost", None) == server_names("Küche", None) == ("localhost", "127.0.0.1", "::1")


def test_server_can_serve_with_what_is_made(made: Path) -> None:
    """Its settings are good, it answers by its names and no other, and says nothing of other ports."""
    inherited = {"P2PCHAT_STUN_URLS": "none", "P2PCHAT_HSTS": "", "P2PCHAT_DATA_DIR": str(made / "elsewhere")}
    settings = Settings.read(dict(environment(made, NAMES, inherited)))
    assert settings.ssl_certfile is not None
    Certificate(settings.ssl_certfile, settings.ssl_keyfile)
    assert settings.hsts == 0
    assert settings.stun_urls == ()
    assert settings.data_dir == made / "elsewhere", "what is set already counts more"
    assert dict(environment(made, NAMES, {}))["P2PCHAT_DATA_DIR"] == str(made)
    assert settings.jwt_secret == (made / SECRET).read_text()
    assert all(
        is_answered(f"{name}:3000", settings.allowed_hosts, only_here=False) for name in NAMES if ":" not in name
    )
    assert not is_answered("rebound.example", settings.allowed_hosts, only_here=False)


def test_secrets_are_the_owners(made: Path) -> None:
    """Nobody else on this machine may read them, and the authority's key is nowhere."""
    assert {path.name for path in made.iterdir()} == {CERTIFICATE, KEY, AUTHORITY, SECRET}
    assert {stat.S_IMODE((made / name).stat().st_mode) for name in (KEY, SECRET)} == {0o600}
    assert [name for name, text in content(made).items() if b"PRIVATE KEY" in text] == [KEY]


def test_certificate_is_believed_by_strict_systems(made: Path) -> None:
    """It is not too long for Apple's, and good already where a clock is some hours slow."""
    certificate = x509.load_pem_x509_certificate((made / CERTIFICATE).read_bytes())
    assert certificate.not_valid_after_utc - certificate.not_valid_before_utc < timedelta(days=398)
    assert certificate.not_valid_before_utc < NOW - timedelta(hours=23)


@pytest.mark.parametrize("names", [NAMES, NAMES[:-1]], ids=["same", "fewer"])
def test_certificate_is_kept(made: Path, names: tuple[str, ...]) -> None:
    """An exception that was made in a browser is for this very certificate."""
    before = content(made)
    make_files(made, names, NOW + LIFE - 2 * LEAST_LEFT)
    assert content(made) == before


@pytest.mark.parametrize(
    ("names", "later"),
    [((*NAMES, "192.0.2.8"), timedelta(0)), (NAMES, LIFE - LEAST_LEFT), (NAMES, LIFE)],
    ids=["new address", "expires soon", "expired"],
)
def test_certificate_is_made_anew(made: Path, names: tuple[str, ...], later: timedelta) -> None:
    """When it would not do any more; people who are logged in stay so."""
    before = content(made)
    make_files(made, names, NOW + later)
    after = content(made)
    assert {name for name in after if after[name] != before[name]} == {CERTIFICATE, KEY, AUTHORITY}


@pytest.mark.parametrize("name", [CERTIFICATE, KEY])
def test_half_of_a_certificate_is_replaced(made: Path, name: str) -> None:
    """Whatever became of the other half."""
    (made / name).unlink()
    make_files(made, NAMES, NOW)
    Certificate(made / CERTIFICATE, made / KEY)


def test_spoilt_certificate_is_replaced(made: Path) -> None:
    """What is no certificate is none."""
    (made / CERTIFICATE).write_text("-----BEGIN CERTIFICATE-----\nnothing\n-----END CERTIFICATE-----\n")
    make_files(made, NAMES, NOW)
    Certificate(made / CERTIFICATE, made / KEY)


def test_phone_is_shown_the_way() -> None:
    """The address in words, and as a QR code that is as light and dark as it has to be on every terminal."""
    first, *code, _, _ = invitation("192.0.2.7", "3000")
    assert first.endswith("https://192.0.2.7:3000")
    assert all(line.startswith("\x1b[97;40m") and line.endswith("\x1b[0m") for line in code)
    rows = [row for line in code for row in zip(*(DARK_HALVES[one] for one in ESCAPES.sub("", line)), strict=True)]
    code_drawn = segno.make("https://192.0.2.7:3000", error="l")
    expected = [tuple(row) for row in code_drawn.matrix_iter(border=QUIET_ZONE)]  # type: ignore[attr-defined]  # it has
    assert rows[: len(expected)] == expected
    assert next(invitation("192.0.2.7", "443")).endswith("https://192.0.2.7")
