import errno
import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from signaling.configuration.settings import Settings
from signaling.errors import FolderUnusable, InvalidSetting
from signaling.storage import data_folder
from signaling.storage.data_folder import rotate_secret, sqlite_path, token_secrets

SECRET = "a secret of the tests, 32 bytes or more"
SOMEBODY = 12_345


def mode(path: Path) -> int:
    """Return the permissions of a file."""
    return stat.S_IMODE(path.stat().st_mode)


def test_secret_is_made_once(tmp_path: Path) -> None:
    """The secret of development mode is made on the first start, and kept."""
    settings = Settings(data_dir=tmp_path / "new" / "folder")
    [secret] = token_secrets(settings)
    assert len(secret) >= 32
    assert token_secrets(settings) == (secret,)


def test_secret_is_owners_alone(tmp_path: Path) -> None:
    """Nobody else may read the secret, or look into a folder that was made for it."""
    folder = tmp_path / "data"
    token_secrets(Settings(data_dir=folder))
    assert mode(folder) == 0o700
    assert mode(folder / "jwt-secret") == 0o600
    assert [path.name for path in folder.iterdir()] == ["jwt-secret"]


def test_secret_that_others_can_read_is_closed_to_them(tmp_path: Path) -> None:
    """Permissions that a copy or a backup has loosened are tightened."""
    (tmp_path / "jwt-secret").write_text(SECRET)
    (tmp_path / "jwt-secret").chmod(0o644)
    assert token_secrets(Settings(data_dir=tmp_path)) == (SECRET.encode(),)
    assert mode(tmp_path / "jwt-secret") == 0o600


def test_secrets_of_servers_that_start_at_once_are_one(tmp_path: Path) -> None:
    """Of several servers on one folder one makes the secret, and all have it."""
    with ThreadPoolExecutor(8) as executor:
        secrets = list(executor.map(token_secrets, [Settings(data_dir=tmp_path)] * 32))
    assert len(set(secrets)) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["jwt-secret"]


def test_second_secret_does_not_replace_first(tmp_path: Path) -> None:
    """Who comes second with a secret finds the first one's there, and leaves it."""
    path = tmp_path / "jwt-secret"
    data_folder._write_once(path, "first")
    data_folder._write_once(path, "second")
    assert path.read_text() == "first"
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("text", "fault"),
    [("short", "at least 32 bytes"), ("", "at least 32 bytes"), ("\n", "at least 32 bytes"), ("x" * 64, "at least 6")],
)
def test_secret_file_that_is_no_good_is_refused(tmp_path: Path, text: str, fault: str) -> None:
    """A file that was emptied, cut or written by hand is no secret, and the sentence says what to do."""
    (tmp_path / "jwt-secret").write_text(text)
    with pytest.raises(FolderUnusable, match=f"the secret in it must have {fault}.*; delete it"):
        token_secrets(Settings(data_dir=tmp_path))


def test_rotated_secret_is_new_and_the_ones_before_are_kept(tmp_path: Path) -> None:
    """The new one comes first, by which tokens are signed; of those before, a few are kept, the latest first."""
    settings = Settings(data_dir=tmp_path)
    secrets = list(token_secrets(settings))
    for _ in range(6):
        assert rotate_secret(settings) == tmp_path / "jwt-secret"
        new, *others = token_secrets(settings)
        assert new not in secrets
        assert others == secrets[:4]
        secrets = [new, *others]
    assert mode(tmp_path / "jwt-secret") == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["jwt-secret"]


def test_secret_of_a_person_stays_in_the_file(tmp_path: Path) -> None:
    """One that was written by hand, with spaces in it, in whichever encoding, is kept as it is; lines are set apart."""
    lines = [f"{SECRET} é".encode(), f"{SECRET} é".encode("latin-1")]
    (tmp_path / "jwt-secret").write_bytes(b"\n\n".join(lines) + b"\n\n")
    rotate_secret(Settings(data_dir=tmp_path))
    assert token_secrets(Settings(data_dir=tmp_path))[1:] == tuple(lines)


def test_secret_of_the_settings_is_not_rotated(tmp_path: Path) -> None:
    """Where no file has the secret, none is written, and the sentence says where to look."""
    for settings in (Settings(data_dir=tmp_path, jwt_secret=SECRET), Settings(data_dir=tmp_path, development="off")):
        with pytest.raises(InvalidSetting, match=r"P2PCHAT_JWT_SECRET is the secret here.*backup-and-upgrade"):
            rotate_secret(settings)
    assert list(tmp_path.iterdir()) == []


def test_secret_that_no_server_has_made_is_not_rotated(tmp_path: Path) -> None:
    """Whoever asks for it in the folder of another server, or in none, would believe it done."""
    folder = tmp_path / "data"
    with pytest.raises(FolderUnusable, match=r"jwt-secret.*no such file; .*P2PCHAT_JWT_SECRET"):
        rotate_secret(Settings(data_dir=folder))
    assert not folder.exists()


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may give files away")
def test_secret_that_root_rotates_is_the_servers(tmp_path: Path) -> None:
    """The server has a user of its own, who could not read it otherwise."""
    settings = Settings(data_dir=tmp_path)
    token_secrets(settings)
    os.chown(tmp_path / "jwt-secret", SOMEBODY, SOMEBODY)
    rotate_secret(settings)
    rotated = (tmp_path / "jwt-secret").stat()
    assert (rotated.st_uid, rotated.st_gid, rotated.st_mode & 0o777) == (SOMEBODY, SOMEBODY, 0o600)


def test_other_secrets_follow_the_one_that_signs(tmp_path: Path) -> None:
    """Set beside the secret, or beside that of the data folder."""
    others = (SECRET + " one", SECRET + " two")
    settings = Settings(data_dir=tmp_path, jwt_secret=SECRET, jwt_other_secrets=others)
    assert token_secrets(settings) == tuple(each.encode() for each in (SECRET, *others))
    assert token_secrets(Settings(data_dir=tmp_path, jwt_other_secrets=others))[1:] == tuple(map(str.encode, others))


def test_set_secret_needs_no_folder(tmp_path: Path) -> None:
    """Where the secret is set, no file is made, whatever the address."""
    for host in ("127.0.0.1", "203.0.113.5"):
        assert token_secrets(Settings(host=host, data_dir=tmp_path / "no", jwt_secret=SECRET)) == (SECRET.encode(),)
    assert not (tmp_path / "no").exists()


@pytest.mark.parametrize("settings", [Settings(host="203.0.113.5"), Settings(development="off")])
def test_public_server_needs_secret(settings: Settings, tmp_path: Path) -> None:
    """Outside of development mode a server does not start without a secret of its own, and says so."""
    with pytest.raises(InvalidSetting, match="P2PCHAT_JWT_SECRET must be set"):
        token_secrets(settings)
    assert list(tmp_path.iterdir()) == []


def test_database_is_owners_alone(tmp_path: Path) -> None:
    """Nobody else may read the hashes of passwords."""
    path = sqlite_path(Settings(data_dir=tmp_path / "data"))
    assert (path.parent, mode(path)) == (tmp_path / "data", 0o600)
    path.write_bytes(b"kept")
    assert sqlite_path(Settings(data_dir=tmp_path / "data")).read_bytes() == b"kept"


@pytest.mark.parametrize("use", [token_secrets, sqlite_path])
def test_unusable_folder_is_refused_in_words(tmp_path: Path, use: object) -> None:
    """A data folder that cannot be made is named, with a way out."""
    (tmp_path / "file").touch()
    assert callable(use)
    with pytest.raises(FolderUnusable, match=r"file.*P2PCHAT_DATA_DIR"):
        use(Settings(data_dir=tmp_path / "file" / "data"))


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() != 0, reason="only root may give folders away")
def test_folder_of_somebody_else_is_told_of(tmp_path: Path) -> None:
    """Where permission is denied, the sentence names whose the folder is, and who the server is."""
    denied = PermissionError(errno.EACCES, "Permission denied", str(tmp_path / "accounts.sqlite3"))
    with pytest.raises(FolderUnusable, match=r"Permission denied\)"), data_folder._complaining(tmp_path):
        raise denied
    os.chown(tmp_path, SOMEBODY, SOMEBODY)
    told = f"Permission denied; {tmp_path} belongs to user {SOMEBODY}, and this is user 0"
    with pytest.raises(FolderUnusable, match=told), data_folder._complaining(tmp_path):
        raise denied
