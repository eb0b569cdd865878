"""Runs in Pyodide, for `snapshot.mjs`: decides what of Python the application needs, and compiles that.

`snapshot.mjs` puts the sources of the application into the path, calls `compile_imported` in one Python, and
`prepare` in another, which starts from the files that the first has made.
"""

from __future__ import annotations

import gc
import importlib
import importlib.util
import io
import marshal
import sys
import zipfile
import zipimport

IMPORTED = ("client_py.app", "segno.encoder", "random", "struct", "difflib", "hashlib")
"""All that a page ever imports. The last ones are what gettext, traceback and random import when they need them."""
STRIPPED = 2
"""Without asserts and docstrings (`python -OO`), which nobody reads in a page: a fifth less to load."""
SIZES = (*(1 << power for power in range(20, 9, -1)), *range(504, 32, -8))
"""Of the allocations that find free memory, in bytes: small ones are kept by size, large ones are cut as need be."""
BYTES_OVERHEAD = sys.getsizeof(b"")


def import_all() -> None:
    """Import everything that a page needs."""
    for name in IMPORTED:
        importlib.import_module(name)


def compile_imported(program: str, library: str) -> tuple[bytes, bytes]:
    """Compile what is loaded of two archives, the application's and the standard library's, into two such archives."""
    import_all()
    return _compiled(program, _loaded_from(program)), _compiled(library, _loaded_from(library))


def prepare() -> None:
    """Bring Python's memory into the state in which pages start: everything imported, and nothing that is of no use."""
    import_all()
    # Where an archive is missing, its table of contents would have Python look into it in vain, and fail.
    zipimport._zip_directory_cache.clear()  # type: ignore[attr-defined]  # noqa: SLF001 - there is no other way
    sys.path_importer_cache.clear()
    gc.collect()
    _blank_free_memory()


def _loaded_from(archive: str) -> list[str]:
    """Name the source files of all modules that came, or could have come, from an archive."""
    files = {getattr(module, "__file__", None) or "" for module in tuple(sys.modules.values())}
    return sorted(file.removeprefix(archive + "/") for file in files if file.startswith(archive + "/"))


def _compiled(archive: str, names: list[str]) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(archive) as sources, zipfile.ZipFile(buffer, "w") as target:
        for name in names:
            code = compile(sources.read(name), f"{archive}/{name}", "exec", dont_inherit=True, optimize=STRIPPED)
            # No time: the same sources have to give the same bytes. Stored: the build compresses archives as a whole.
            header = importlib.util.MAGIC_NUMBER + bytes(12)
            target.writestr(zipfile.ZipInfo(name + "c"), header + marshal.dumps(code))
    return buffer.getvalue()


def _blank_free_memory() -> None:
    """Write zeros where nothing lives any more, so that it need not be kept: allocate all of it, and give it back."""
    top = max(map(id, gc.get_objects()))
    blanks = []
    for size in SIZES:
        while id(blank := bytes(size - BYTES_OVERHEAD)) < top:
            blanks.append(blank)
