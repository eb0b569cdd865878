"""Touches the data folder: makes it, readable by its owner alone, and keeps the secret of development mode in it."""

from __future__ import annotations

import contextlib
import os
import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path

from signaling.configuration.settings import SQLITE_FILE, Settings
from signaling.configuration.values import GOOD_SECRET, NO_HOME, secret_fault
from signaling.errors import FolderUnusable, InvalidSetting

SECRET_FILE = "jwt-secret"  # noqa: S105 - the name of a file
FOLDER_MODE = 0o700
FILE_MODE = 0o600


def token_secret(settings: Settings) -> bytes:
    """Return the secret that signs tokens: the setting, or in development mode a file that is made when missing."""
    if settings.jwt_secret:
        return os.fsencode(settings.jwt_secret)
    if settings.is_development:
        return _kept_secret(settings.data_dir)
    where = f"{settings.host} is an address that others can reach" if settings.development == "auto" else "it is off"
    raise InvalidSetting(
        "P2PCHAT_JWT_SECRET",
        f"must be set outside of development mode ({where}); {GOOD_SECRET}",
    )


def sqlite_path(settings: Settings) -> Path:
    """Return the file for the accounts, made if it is missing: nobody else may read the hashes of passwords."""
    path = settings.data_dir / SQLITE_FILE
    with _complaining(settings.data_dir):
        _make_folder(settings.data_dir)
        path.touch(FILE_MODE)
        with path.open("ab"):
            return path


def _kept_secret(folder: Path) -> bytes:
    path = folder / SECRET_FILE
    with _complaining(folder):
        _make_folder(folder)
        if not path.exists():
            _write_once(path, secrets.token_urlsafe(48))
        path.chmod(FILE_MODE)
        secret = path.read_bytes().strip()
    if fault := secret_fault(secret):
        raise FolderUnusable(path, f"the secret in it {fault}; delete it for a new one")
    return secret


def _write_once(path: Path, text: str) -> None:
    """Write a whole file or none: of two servers that start at once, one writes it and both read the same."""
    descriptor, scratch = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)  # its mode is 0600
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(text)
        with contextlib.suppress(FileExistsError):
            path.hardlink_to(scratch)
    finally:
        Path(scratch).unlink()


def _make_folder(folder: Path) -> None:
    if folder == NO_HOME:
        raise FolderUnusable(folder, "the user who runs this has no home")
    folder.mkdir(FOLDER_MODE, parents=True, exist_ok=True)


@contextlib.contextmanager
def _complaining(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise FolderUnusable(Path(error.filename or folder), error.strerror or str(error)) from error
