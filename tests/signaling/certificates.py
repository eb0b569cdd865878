"""Certificates for the tests, made on the spot, and what clients believe them by."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path

import trustme

NAMES = ("localhost", "127.0.0.1")


@dataclass(frozen=True)
class Files:
    """The files of a server's certificate, and the authority that has signed it."""

    certfile: Path
    keyfile: Path
    authority: trustme.CA

    @property
    def trusting(self) -> ssl.SSLContext:
        """What a client connects with that believes this authority and no other."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        self.authority.configure_trust(context)
        return context


def certificate_files(folder: Path, *names: str) -> Files:
    """Write a certificate into a folder, in place of one that is there."""
    authority = trustme.CA()
    certificate = authority.issue_cert(*(names or NAMES))
    files = Files(folder / "certificate.pem", folder / "key.pem", authority)
    certificate.private_key_pem.write_to_path(files.keyfile)
    for number, blob in enumerate(certificate.cert_chain_pems):
        blob.write_to_path(files.certfile, append=number > 0)
    return files
