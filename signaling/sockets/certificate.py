"""Touches the files of a certificate: makes what TLS is spoken with, at the start and when they have changed."""

from __future__ import annotations

import ssl
from pathlib import Path

from signaling.errors import CertificateUnusable
from signaling.monitoring.logs import WARNING, log

CERTIFICATE = "-----BEGIN CERTIFICATE-----"
PRIVATE_KEY = "PRIVATE KEY-----"
OTHER_KEY = "KEY_VALUES_MISMATCH"
"""OpenSSL's reason."""
PROTOCOLS = ("http/1.1",)
"""What is spoken inside (RFC 7301)."""


class _Encrypted(Exception):
    """Raised when OpenSSL asks for a password."""


class Certificate:
    """The certificate of a server, with its key: what is in the files, or was there when it could last be used."""

    def __init__(self, certfile: Path, keyfile: Path | None = None) -> None:
        """Read the files; CertificateUnusable if there is nothing in them to serve with.

        Without a second file, the first has the key as well.
        """
        self._certfile = certfile
        self._keyfile = keyfile or certfile
        self.context = _context(self._certfile, self._keyfile)
        """For the connections that come from now on."""

    def reload(self) -> None:
        """Read the files again. If they cannot be used, what was there before stays, and the log says so."""
        try:
            # Another one, since a context into which half of it was loaded would serve nobody.
            self.context = _context(self._certfile, self._keyfile)
        except CertificateUnusable as error:
            log("certificate_kept", level=WARNING, reason=str(error))
        else:
            log("certificate_reloaded", file=self._certfile)


def _context(certfile: Path, keyfile: Path) -> ssl.SSLContext:
    _check_form(certfile, CERTIFICATE, "it has no certificate in PEM form")
    _check_form(keyfile, PRIVATE_KEY, "it has no private key in PEM form")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    # A client could have the keys agreed upon over and over, each time for less than it costs the server.
    context.options |= ssl.OP_NO_RENEGOTIATION
    context.set_alpn_protocols(list(PROTOCOLS))
    try:
        context.load_cert_chain(certfile, keyfile, password=_refuse_to_ask)
    except _Encrypted:
        reason = "its private key is encrypted, and nobody is there to type the password; `openssl pkey` decrypts it"
        raise CertificateUnusable(keyfile, reason) from None
    except ssl.SSLError as error:
        raise _unusable(certfile, keyfile, error) from error
    except OSError as error:  # one of them was taken away since it was looked at
        raise CertificateUnusable(keyfile, error.strerror or str(error)) from error
    return context


def _check_form(path: Path, mark: str, fault: str) -> None:
    try:
        text = path.read_text("latin-1")
    except OSError as error:
        raise CertificateUnusable(path, error.strerror or str(error)) from error
    if mark not in text:
        raise CertificateUnusable(path, fault)


def _refuse_to_ask() -> str:
    raise _Encrypted


def _unusable(certfile: Path, keyfile: Path, error: ssl.SSLError) -> CertificateUnusable:
    if error.reason == OTHER_KEY:
        return CertificateUnusable(keyfile, f"its private key is not the one of the certificate in {certfile}")
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(certfile)
    except ssl.SSLError:
        return CertificateUnusable(certfile, f"OpenSSL cannot read the certificate ({error.reason or error})")
    return CertificateUnusable(keyfile, f"OpenSSL cannot use it ({error.reason or error})")
