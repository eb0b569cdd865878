"""Shows what there is to know of the page: the keys that it listens to, its release, its licences."""

from __future__ import annotations

from typing import TYPE_CHECKING

from client_py.core.release import VERSION as RELEASE_VERSION
from client_py.core.release import WORKS
from client_py.ui.settings.rows import build_group, build_words
from client_py.words.page import APP_NAME
from client_py.words.settings import ABOUT, LICENCES, SHORTCUT_KEYS, SHORTCUTS, VERSION

if TYPE_CHECKING:
    from client_py.core.release import Work
    from client_py.ports.page import Document, Element
    from client_py.words.phrases import Words

RELEASE_CHARACTERS = 12
"""Of the checksum that names a build: enough to tell one from another."""


def build_shortcuts(document: Document, words: Words) -> Element:
    """Build the list of keys."""
    create = document.create
    rows = [
        create(
            "div",
            {"class": "setting", "data-testid": "shortcut"},
            build_words(document, words.say(phrase)),
            create("span", {"class": "keys"}, *(create("kbd", {"translate": "no"}, key) for key in keys)),
        )
        for phrase, keys in SHORTCUT_KEYS.items()
    ]
    return build_group(document, "shortcuts", words.say(SHORTCUTS), create("div", {"class": "sheet"}, *rows))


def build_about(document: Document, words: Words) -> Element:
    """Build what the release is called, and whose work is in it."""
    create, root = document.create, document.root()
    release = (root.get("data-release") or "")[:RELEASE_CHARACTERS]
    version = words.say(VERSION, version=RELEASE_VERSION)
    note = create("span", {"class": "note", "translate": "no"}, release)
    app = create(
        "div",
        {"class": "setting", "data-testid": "version"},
        build_words(document, APP_NAME, note),
        create("span", {"class": "value"}, version),
    )
    licences = create("p", {"class": "note"}, words.say(LICENCES))
    works = create("div", {"class": "sheet"}, *(_work(document, work) for work in WORKS))
    sheet = create("div", {"class": "sheet"}, app)
    return build_group(document, "about", words.say(ABOUT), sheet, licences, works)


def _work(document: Document, work: Work) -> Element:
    create = document.create
    address = (create("span", {"class": "note"}, work.address),) if work.address else ()
    return create(
        "div",
        {"class": "setting", "data-testid": "licence", "translate": "no"},
        build_words(document, work.name, *address),
        create("span", {"class": "value"}, work.licence),
    )
