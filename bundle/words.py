"""Brings the catalogs of what the page says up to date. Run as `python -m bundle.words`, or `make words`.

    client_py/words/p2p-chat.pot    every phrase of client_py/words/, index.html and bootstrap.js, for translators
    client_py/words/<language>.po   what they are in a language; new phrases are added, and old ones set aside
    static/words/<language>.mo      the same, compiled, as the page reads it

All of it is checked in, and a test keeps it up to date: serving or building the page needs no Babel.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from html.parser import HTMLParser
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).parent.parent
WORDS = Path("client_py", "words")
TEMPLATE = "p2p-chat.pot"
PAGE = Path("static", "index.html")
SCRIPT = Path("static", "bootstrap.js")
COMPILED = Path("static", "words")

PYTHON_KEYWORDS: dict[str, tuple[int, ...] | None] = {"Phrase": None, "Counted": (1, 2)}
SCRIPT_KEYWORDS: dict[str, tuple[int, ...] | None] = {"gettext": None}

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NOT_KEPT = (
    "POT-Creation-Date",
    "PO-Revision-Date",
    "Generated-By",
    "Project-Id-Version",
    "Report-Msgid-Bugs-To",
    "Last-Translator",
    "Language-Team",
)
"""Headers that would change without any phrase, or that Git answers better."""
COMMENT = "For translators:"
"""Begins what is said of a phrase, in a comment above it."""


@dataclass(frozen=True, slots=True)
class Found:
    """A phrase, or the forms of a counted one; where it stands, and what translators are told of it."""

    message: str | tuple[str, ...]
    path: Path
    comments: tuple[str, ...] = ()


class MarkedWords(HTMLParser):
    """Finds the words that `data-words` marks: an element's text, or the attribute that it names."""

    def __init__(self) -> None:
        super().__init__()
        self.phrases: list[str] = []
        self._text: list[str] | None = None

    def handle_starttag(self, _tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take an attribute, or begin to take a text."""
        attributes = dict(attrs)
        if "data-words" not in attributes:
            return
        place = attributes["data-words"]
        if place:
            self.phrases.append(attributes[place] or "")
        else:
            self._text = []

    def handle_data(self, data: str) -> None:
        """Take a piece of a text."""
        if self._text is not None:
            self._text.append(data)

    def handle_endtag(self, _tag: str) -> None:
        """End a text; a marked element has no others in it."""
        if self._text is not None:
            self.phrases.append(" ".join("".join(self._text).split()))
            self._text = None


def phrases(root: Path = ROOT) -> Iterator[Found]:
    """Find all that the page says, in the order of the files."""
    for path in sorted((root / WORDS).glob("*.py")):
        yield from _called("python", root, path.relative_to(root), PYTHON_KEYWORDS)
    yield from (Found(phrase, PAGE) for phrase in marked_words((root / PAGE).read_text(encoding="utf-8")))
    yield from _called("javascript", root, SCRIPT, SCRIPT_KEYWORDS)


def _called(language: str, root: Path, path: Path, keywords: dict[str, tuple[int, ...] | None]) -> Iterator[Found]:
    """Find what some functions are called with."""
    source = io.BytesIO((root / path).read_bytes())
    for _line, message, comments, _context in extract(language, source, keywords, [COMMENT], strip_comment_tags=True):
        yield Found(message, path, tuple(comments))


def marked_words(page: str) -> list[str]:
    """Find the words of an HTML page."""
    parser = MarkedWords()
    parser.feed(page)
    return parser.phrases


def template(root: Path = ROOT) -> Catalog:
    """Make the catalog that has every phrase and no translation."""
    catalog = Catalog(project="P2P Chat", copyright_holder="The P2P Chat developers", charset="utf-8")
    catalog.header_comment = "# What the page of P2P Chat says. Made by `make words`."
    for number, found in enumerate(phrases(root)):
        catalog.add(found.message, locations=[(found.path.as_posix(), number)], auto_comments=found.comments)
    return catalog


def written(catalog: Catalog) -> str:
    """Write a catalog down, the same text for the same phrases."""
    file = io.BytesIO()
    write_po(file, catalog, sort_by_file=True, include_lineno=False)
    lines = file.getvalue().decode().splitlines(keepends=True)
    headers = tuple(f'"{name}:' for name in NOT_KEPT)
    return "".join(line for line in lines if not line.startswith(headers))


def compiled(catalog: Catalog) -> bytes:
    """Compile a catalog for the page."""
    catalog.creation_date = catalog.revision_date = EPOCH
    file = io.BytesIO()
    write_mo(file, catalog)
    return file.getvalue()


def updated(root: Path = ROOT) -> dict[Path, bytes]:
    """Return what the files should contain, by their paths in the tree."""
    current = template(root)
    files = {WORDS / TEMPLATE: written(current).encode()}
    for path in sorted((root / WORDS).glob("*.po")):
        catalog = read_po(io.BytesIO(path.read_bytes()), locale=path.stem)
        catalog.update(current)
        files[WORDS / path.name] = written(catalog).encode()
        files[COMPILED / f"{path.stem}.mo"] = compiled(catalog)
    return files


def build_words(root: Path = ROOT) -> None:
    """Write them."""
    for path, content in updated(root).items():
        (root / path).parent.mkdir(exist_ok=True)
        (root / path).write_bytes(content)


if __name__ == "__main__":
    build_words()
