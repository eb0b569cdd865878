from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from signaling.errors import CertificateUnusable
from signaling.sockets.certificate import Certificate
from tests.signaling.certificates import Files, certificate_files

Spoil = Callable[[Files], object]


@pytest.fixture
def files(tmp_path: Path) -> Files:
    """A certificate that can be used."""
    return certificate_files(tmp_path)


def encrypt(files: Files) -> None:
    """Encrypt the key."""
    key = load_pem_private_key(files.keyfile.read_bytes(), None)
    encryption = BestAvailableEncryption(b"a password")
    files.keyfile.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption))


def replace_key(files: Files) -> None:
    """Put the key of another certificate in its place."""
    (files.keyfile.parent / "other").mkdir(exist_ok=True)
    other = certificate_files(files.keyfile.parent / "other")
    other.keyfile.replace(files.keyfile)


def make_folder(files: Files) -> None:
    """Have a folder stand in the key's place."""
    files.keyfile.unlink()
    files.keyfile.mkdir()


def garble(path: Path) -> None:
    """Spoil what is between the first line and the last."""
    first, *_, last = path.read_text().strip().splitlines()
    path.write_text(f"{first}\nnothing that OpenSSL could read\n{last}\n")


FAULTS: dict[str, tuple[Spoil, str, str]] = {
    "no certificate file": (lambda files: files.certfile.unlink(), "certificate.pem", "No such file or directory"),
    "no key file": (lambda files: files.keyfile.unlink(), "key.pem", "No such file or directory"),
    "folder": (make_folder, "key.pem", "Is a directory"),
    "empty": (lambda files: files.certfile.write_text(""), "certificate.pem", "it has no certificate in PEM form"),
    "DER": (
        lambda files: files.certfile.write_bytes(b"\x30\x82\x01\x0a\xff"),
        "certificate.pem",
        "it has no certificate in PEM form",
    ),
    "swapped": (
        lambda files: files.keyfile.write_bytes(files.certfile.read_bytes()),
        "key.pem",
        "it has no private key in PEM form",
    ),
    "encrypted": (
        encrypt,
        "key.pem",
        "its private key is encrypted, and nobody is there to type the password; `openssl pkey` decrypts it",
    ),
    "another's key": (replace_key, "key.pem", "its private key is not the one of the certificate in"),
    "garbled certificate": (
        lambda files: garble(files.certfile),
        "certificate.pem",
        "OpenSSL cannot read the certificate",
    ),
    "garbled key": (lambda files: garble(files.keyfile), "key.pem", "OpenSSL cannot use it"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_unusable_files_are_told_in_a_sentence(files: Files, fault: str) -> None:
    """It names the file, what is wrong with it, and the settings."""
    spoil, name, reason = FAULTS[fault]
    spoil(files)
    with pytest.raises(CertificateUnusable) as caught:
        Certificate(files.certfile, files.keyfile)
    sentence = str(caught.value)
    assert sentence.startswith(f"The certificate cannot be used ({files.certfile.parent / name}: {reason}")
    assert "P2PCHAT_SSL_CERTFILE" in sentence
    assert "\n" not in sentence


def test_key_may_stand_with_its_certificate(files: Files) -> None:
    """As some tools write both into one file."""
    files.certfile.write_bytes(files.certfile.read_bytes() + files.keyfile.read_bytes())
    assert Certificate(files.certfile).context.minimum_version is ssl.TLSVersion.TLSv1_2


def test_keys_are_agreed_upon_once(files: Files) -> None:
    """A client could have the server do it over and over; among ciphers, the server chooses."""
    options = Certificate(files.certfile, files.keyfile).context.options
    assert options & ssl.OP_NO_RENEGOTIATION
    assert options & ssl.OP_CIPHER_SERVER_PREFERENCE, "Python asks for that by itself"


def test_new_files_are_read(files: Files, caplog: pytest.LogCaptureFixture) -> None:
    """At the wish of who has replaced them."""
    caplog.set_level("INFO")
    certificate = Certificate(files.certfile, files.keyfile)
    before = certificate.context
    certificate_files(files.certfile.parent)
    certificate.reload()
    assert certificate.context is not before
    assert caplog.messages == [f"event=certificate_reloaded file={files.certfile}"]


@pytest.mark.parametrize("fault", FAULTS)
def test_unusable_files_leave_the_certificate_as_it_was(
    files: Files, fault: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Half of a renewal costs nobody the server; the log has the sentence."""
    certificate = Certificate(files.certfile, files.keyfile)
    before = certificate.context
    FAULTS[fault][0](files)
    certificate.reload()
    assert certificate.context is before
    [line] = caplog.messages
    assert line.startswith('event=certificate_kept reason="The certificate cannot be used (')


def test_file_that_goes_while_it_is_read_leaves_the_certificate_as_it_was(
    files: Files, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As when somebody renews it in this moment: the files are read twice, to say what is wrong with them."""
    certificate = Certificate(files.certfile, files.keyfile)
    before = certificate.context

    def gone(*_arguments: object, **_options: object) -> None:
        raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr(ssl.SSLContext, "load_cert_chain", gone)
    certificate.reload()
    assert certificate.context is before
    assert "event=certificate_kept" in caplog.text
