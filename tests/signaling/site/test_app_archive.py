import hashlib
import io
import zipfile
import zipimport
from pathlib import Path

from protocol import codec
from signaling.site.app_archive import app_archive


def test_archive_is_the_same_every_time() -> None:
    """Two archives of the same source are the same bytes."""
    first, second = (hashlib.sha256(app_archive(["protocol", "segno"])).digest() for _ in range(2))
    assert first == second


def test_archive_holds_source_only() -> None:
    """The archive has the Python files of its packages under their names, and nothing else."""
    archive = zipfile.ZipFile(io.BytesIO(app_archive(["protocol", "segno"])))
    names = archive.namelist()
    assert {"protocol/__init__.py", "protocol/codec.py", "segno/encoder.py"} <= set(names)
    assert archive.read("segno/__init__.py") == b"", "it would import much that nobody uses"
    assert all(name.endswith(".py") for name in names)
    made = {(entry.date_time, entry.create_system, entry.compress_type) for entry in archive.infolist()}
    assert made == {((1980, 1, 1, 0, 0, 0), 3, zipfile.ZIP_STORED)}
    assert archive.read("protocol/codec.py") == Path(codec.__file__).read_bytes()


def test_archive_is_importable(tmp_path: Path) -> None:
    """Python finds a package in the archive as it is."""
    (tmp_path / "app.zip").write_bytes(app_archive(["segno"]))
    assert zipimport.zipimporter(str(tmp_path / "app.zip")).find_spec("segno") is not None
