"""Touches the data folder: makes it, readable by its owner alone, and keeps the secret of development mode in it."""

from __future__ import annotations

import contextlib
import os
import secrets
import tempfile
from collections.abc import Iterator
from pathlib import Path

from signaling.configuration.settings import SQLITE_FILE, Settings
from signaling.configuration.values import GOOD_SECRET, MAX_OTHER_SECRETS, NO_HOME, secret_fault
from signaling.errors import FolderUnusable, InvalidSetting

SECRET_FILE = "jwt-secret"  # noqa: S105 - the name of a file
NOT_MADE = "no such file; a server in development mode makes it, and any other has its secret in P2PCHAT_JWT_SECRET"
FOLDER_MODE = 0o700
FILE_MODE = 0o600
ROOT = 0
"""The user who writes files for others, and has to give them to those."""


def token_secrets(settings: Settings) -> tuple[bytes, ...]:
    """Return the secret that signs tokens, and the others whose tokens are taken.

    They are settings, or in development mode in a file that is made when it is missing.
    """
    others = tuple(os.fsencode(secret) for secret in settings.jwt_other_secrets)
    if settings.jwt_secret:
        return os.fsencode(settings.jwt_secret), *others
    if settings.is_development:
        return *_kept_secrets(settings.data_dir), *others
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


def rotate_secret(settings: Settings) -> Path:
    """Put a new secret before those in the data folder, and return the file; the oldest goes where there are many.

    InvalidSetting where the secret is none of that folder, FolderUnusable where no server has made one there.
    """
    if settings.jwt_secret or not settings.is_development:
        raise InvalidSetting(
            "P2PCHAT_JWT_SECRET",
            "is the secret here, and no file: docs/deploy/backup-and-upgrade.md says how it is changed",
        )
    folder = settings.data_dir
    path = folder / SECRET_FILE
    with _complaining(folder):
        if folder != NO_HOME and not path.exists():
            raise FolderUnusable(path, NOT_MADE)
        known = _kept_secrets(folder)[:MAX_OTHER_SECRETS]
        text = "\n".join([_new_secret(), *map(os.fsdecode, known)])
        with _scratch(path, text) as scratch:
            give_to_owner_of(path, Path(scratch))
            Path(scratch).replace(path)
    return path


def give_to_owner_of(path: Path, scratch: Path) -> None:
    """Let the server read what root writes in the place of its own file, or into its folder."""
    scratch.chmod(FILE_MODE)
    if hasattr(os, "geteuid") and os.geteuid() == ROOT:
        owner = (path if path.exists() else path.parent).stat()
        os.chown(scratch, owner.st_uid, owner.st_gid)


def _kept_secrets(folder: Path) -> tuple[bytes, ...]:
    path = folder / SECRET_FILE
    with _complaining(folder):
        _make_folder(folder)
        if not path.exists():
            _write_once(path, _new_secret())
        path.chmod(FILE_MODE)
        found = tuple(line.strip() for line in path.read_bytes().splitlines() if line.strip()) or (b"",)
    for secret in found:
        if fault := secret_fault(secret):
            raise FolderUnusable(path, f"the secret in it {fault}; delete it for a new one")
    return found


def _new_secret() -> str:
    return secrets.token_urlsafe(48)


def _write_once(path: Path, text: str) -> None:
    """Write a whole file or none: of two servers that start at once, one writes it and both read the same."""
    with _scratch(path, text) as scratch, contextlib.suppress(FileExistsError):
        path.hardlink_to(scratch)


@contextlib.contextmanager
def _scratch(path: Path, text: str) -> Iterator[str]:
    """Write a text into another file beside a path; what is still there in the end is removed."""
    descriptor, scratch = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)  # its mode is 0600
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8", errors="surrogateescape") as file:
            file.write(text)
        yield scratch
    finally:
        Path(scratch).unlink(missing_ok=True)


def _make_folder(folder: Path) -> None:
    if folder == NO_HOME:
        raise FolderUnusable(folder, "the user who runs this has no home")
    folder.mkdir(FOLDER_MODE, parents=True, exist_ok=True)


@contextlib.contextmanager
def _complaining(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        path = Path(error.filename or folder)
        raise FolderUnusable(path, (error.strerror or str(error)) + _whose(path, error)) from error


def _whose(path: Path, error: OSError) -> str:
    """Say to whom a file or its folder belongs that may not be used: in a container, its maker is often root."""
    if not isinstance(error, PermissionError) or not hasattr(os, "geteuid"):
        return ""
    existing = next(each for each in (path.absolute(), *path.absolute().parents) if os.path.exists(each))  # noqa: PTH110 - Path.exists fails in a folder that may not be entered
    owner, own = existing.stat().st_uid, os.geteuid()
    return "" if owner == own else f"; {existing} belongs to user {owner}, and this is user {own}"
