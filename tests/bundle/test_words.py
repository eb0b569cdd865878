"""The catalogs of what the page says: they have all of it, they are up to date, and their fields are the phrases'."""

from __future__ import annotations

import shutil
import string
from collections.abc import Iterator, Sequence
from operator import attrgetter
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.pofile import read_po

from bundle.words import COMPILED, PAGE, SCRIPT, WORDS, build_words, marked_words, template, updated, written
from client_py.words.lobby import HELLO
from client_py.words.phrases import Words
from client_py.words.transcript import NEW
from tests.project import ROOT

LANGUAGE = "de"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """Return the files that phrases stand in, in a copy."""
    shutil.copytree(ROOT / WORDS, tmp_path / WORDS)
    (tmp_path / PAGE.parent).mkdir()
    for path in (PAGE, SCRIPT):
        shutil.copy(ROOT / path, tmp_path / path)
    return tmp_path


def translate(root: Path, translations: dict[str, str | tuple[str, ...]]) -> None:
    """Add a language, as a translator does."""
    catalog = template(root)
    catalog.locale = LANGUAGE
    for message, translation in translations.items():
        catalog[message].string = translation
    (root / WORDS / f"{LANGUAGE}.po").write_text(written(catalog), encoding="utf-8")


def compiled(root: Path) -> Words:
    """Return the words of that language, as the page has them."""
    return Words((root / COMPILED / f"{LANGUAGE}.mo").read_bytes())


def fields_of(*texts: str) -> set[str]:
    """Name what stands in braces."""
    parts = (part for text in texts for part in string.Formatter().parse(text))
    return {name for _text, name, _spec, _conversion in parts if name is not None}


def forms_of(text: Sequence[str] | None) -> Sequence[str]:
    """Return the forms of a counted phrase, or the one of another."""
    return [text] if isinstance(text, str) else text or []


def faults(catalog: Catalog) -> Iterator[str]:
    """Find translations whose fields are not those of their phrase."""
    for message in filter(attrgetter("id"), catalog):
        known, forms = fields_of(*forms_of(message.id)), forms_of(message.string)
        for translation in filter(None, forms):
            # One form of several may do without its number: "one new message".
            fields = fields_of(translation) | ({"count"} & known if len(forms) > 1 else set())
            if fields != known:
                yield translation


def test_catalogs_are_up_to_date() -> None:
    """After adding a phrase, run `make words`."""
    stale = [path for path, content in updated().items() if (ROOT / path).read_bytes() != content]
    assert stale == []


def test_template_has_phrases_of_every_kind() -> None:
    """Those of Python with their forms, those that index.html marks, and those that bootstrap.js says."""
    catalog = template()
    for phrase in (HELLO, NEW.one, "Username", "Starting Python…"):
        assert phrase in catalog
    assert catalog[NEW.one].id == (NEW.one, NEW.many)


def test_marked_words_are_texts_and_attributes() -> None:
    """Line breaks within a text are those of the file."""
    page = '<p data-words>One\n  two.</p><input data-words="placeholder" placeholder="Three"><p>Four</p>'
    assert marked_words(page) == ["One two.", "Three"]


def test_language_is_compiled_for_the_page(tree: Path) -> None:
    """In its own forms of number."""
    translate(tree, {HELLO: "Hallo {username}", NEW.one: ("{count} neue Nachricht", "{count} neue Nachrichten")})
    build_words(tree)
    assert compiled(tree).say(HELLO, username="Ada") == "Hallo Ada"
    assert compiled(tree).count(NEW, 2) == "2 neue Nachrichten"
    before = {path: (tree / path).read_bytes() for path in updated(tree)}
    build_words(tree)
    assert {path: (tree / path).read_bytes() for path in before} == before


def test_new_phrase_comes_to_every_language(tree: Path) -> None:
    """What was translated stays."""
    translate(tree, {HELLO: "Hallo {username}"})
    new = tree / WORDS / "new.py"
    new.write_text('NEW = Phrase("Something new")\n', encoding="utf-8")
    build_words(tree)
    assert 'msgid "Something new"' in (tree / WORDS / f"{LANGUAGE}.po").read_text(encoding="utf-8")
    assert compiled(tree).say(HELLO, username="Ada") == "Hallo Ada"


def test_translations_have_the_fields_of_their_phrases() -> None:
    """Another one would be an error in the page, and only in that language."""
    for path in sorted((ROOT / WORDS).glob("*.po")):
        with path.open("rb") as file:
            assert list(faults(read_po(file, locale=path.stem))) == []


@pytest.mark.parametrize(
    ("translation", "is_faulty"),
    [("Hallo {username}", False), ("Hallo", True), ("Hallo {name}", True)],
)
def test_translation_with_other_fields_is_found(translation: str, *, is_faulty: bool) -> None:
    """A field that was translated, or left out."""
    catalog = Catalog(LANGUAGE)
    catalog.add(HELLO, translation)
    catalog.add((NEW.one, NEW.many), ("eine neue Nachricht", "{count} neue Nachrichten"))
    assert list(faults(catalog)) == ([translation] if is_faulty else [])
