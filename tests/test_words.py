"""What a person reads stands in client_py/words/, or is marked in index.html and bootstrap.js: nowhere else."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.project import ROOT, project_files

SENTENCE = re.compile(r"[^\W\d_]{2,}\S*\s+\S*[^\W\d_]{2,}|[^\W\d_]{2,}…|^[A-Z][a-z]+([ .,:;!?…]|$)")
"""Two words, an ellipsis, or a word with a capital."""

STRING = re.compile(
    r"""//[^\n]*|/\*.*?\*/|(?P<text>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)""", re.DOTALL
)
"""Comments and strings of JavaScript."""
CALL = re.compile(r"(\w+)\(\s*$")
"""What is called with a string that comes next."""

SCRIPT_LET_BE = {"gettext", "Error", "info", "runPython"}
PROGRAM = re.compile(r"\b(import|from) [a-z_.]+\b.*;")
"""What JavaScript has Python run."""
FOR_DEVELOPERS = {"Warn", "_warn", "warn"}
"""What goes to the browser's console is English, like code."""
TECHNICAL = {"class", "rel", "d", "viewBox", "transform", "data-testid"}
"""Attributes that are no words for anybody."""

ALLOWED = {
    "client_py/browser/notifications.py": {"Notification"},
    "client_py/browser/http.py": {"Authorization", "Bearer "},
    "client_py/core/conversation/display_names.py": {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp", "Mn", "Me"},
    "client_py/core/frame_budgets.py": {"item message"},
    "client_py/core/release.py": {"Pyodide", "Emscripten"},
    "client_py/core/peer/sdp.py": {"c=IN IP4 0.0.0.0"},
    "client_py/drivers/retention.py": {"no, but not removed yet"},
    "client_py/ui/page.py": {"Tab"},
    "client_py/ui/room/composer.py": {"Enter"},
    "client_py/ui/transcript/message.py": {"tick second"},
    "client_py/ui/room/search.py": {"Enter"},
    "client_py/ui/widgets/icons.py": {"icon turns"},
}
"""Names of keys, headers, frames and classes of CSS, lines of SDP, and what is stored."""
ROOM_NAMES = Path("client_py/ui/room_name_generator.py")
"""Names for rooms are made of English words in every language: the address of a room has these letters only."""


def is_sentence(text: str) -> bool:
    """Tell whether a person would read this."""
    return SENTENCE.search(text) is not None


def sentences(source: str, allowed: set[str]) -> Iterator[str]:
    """Find what looks like words for a person in a module."""
    tree = ast.parse(source)
    let_be = {id(node) for node in exempt(tree)}
    for node in ast.walk(tree):
        match node:
            case ast.Constant(str(text)) if id(node) not in let_be and is_sentence(text) and text not in allowed:
                yield f"{node.lineno}: {text}"


def exempt(tree: ast.AST) -> Iterator[ast.AST]:
    """Yield the strings that are docstrings, errors, names, patterns, or for developers."""
    for node in ast.walk(tree):
        match node:
            case ast.Expr(ast.Constant() as docstring):
                yield docstring
            case ast.Raise() | ast.Assert():
                yield from ast.walk(node)
            case ast.Call(ast.Name(name) | ast.Attribute(_, name)) if name in FOR_DEVELOPERS or name.endswith("Error"):
                yield from ast.walk(node)
            case ast.Assign([ast.Name("__all__")]) | ast.Call(ast.Name("TypeVar") | ast.Attribute(ast.Name("re"))):
                yield from ast.walk(node)
            case ast.Dict(keys, values):
                for key, value in zip(keys, values, strict=True):
                    if isinstance(key, ast.Constant) and key.value in TECHNICAL:
                        yield value
            case ast.FunctionDef("__str__"):
                yield from ast.walk(node)


class Unmarked(HTMLParser):
    """Finds the words of a page that `data-words` does not mark."""

    READ = frozenset({"alt", "aria-label", "placeholder", "title"})
    NOT_READ = frozenset({"script", "style", "title", "noscript"})
    """`title` has the name of the application. Without JavaScript, nothing could choose another language."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._open: list[bool] = []
        """Of each element around, whether its text is let be."""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Look at the attributes."""
        attributes = dict(attrs)
        marked = attributes.get("data-words")
        names = self.READ | ({"content"} if attributes.get("name") == "description" else set())
        self.found += [text for name, text in attrs if text and name in names - {marked}]
        if tag not in VOID:
            let_be = "data-words" in attributes or attributes.get("translate") == "no" or tag in self.NOT_READ
            self._open.append(let_be or any(self._open[-1:]))

    def handle_endtag(self, _tag: str) -> None:
        """Leave an element."""
        self._open.pop()

    def handle_data(self, data: str) -> None:
        """Look at a text."""
        if re.search(r"[^\W\d_]", TEMPLATE_PLACE.sub("", data)) and not self._open[-1]:
            self.found.append(data.strip())


VOID = {"input", "link", "meta"}
TEMPLATE_PLACE = re.compile(r"\{\{.+?\}\}")


def unmarked(page: str) -> list[str]:
    """Return the words of an HTML page that nobody could translate."""
    parser = Unmarked()
    parser.feed(page)
    return parser.found


def spoken(script: str) -> Iterator[str]:
    """Find the words for a person in JavaScript that are not said by `gettext`."""
    for found in STRING.finditer(script):
        text, called_by = found["text"], CALL.search(script, 0, found.start())
        name = called_by[1] if called_by else ""
        if text and is_sentence(text[1:-1]) and name not in SCRIPT_LET_BE and not PROGRAM.search(text):
            yield text


def modules() -> Iterator[Path]:
    """Yield what of the page is in Python, but the words themselves."""
    for path in project_files():
        if path.parts[0] == "client_py" and path.suffix == ".py" and path.parts[1] != "words" and path != ROOM_NAMES:
            yield path


def test_sentences_stand_in_words() -> None:
    """Core, drivers, browser and views give codes and fields."""
    found = [
        f"{path}:{sentence}"
        for path in modules()
        for sentence in sentences((ROOT / path).read_text("utf-8"), ALLOWED.get(path.as_posix(), set()))
    ]
    assert "\n".join(found) == ""


def test_nothing_is_allowed_that_is_not_there() -> None:
    """The list stays as short as it can be."""
    for path, texts in ALLOWED.items():
        source = (ROOT / path).read_text("utf-8")
        found = {sentence.partition(": ")[2] for sentence in sentences(source, set())}
        assert texts <= found, path


@pytest.mark.parametrize(
    "source",
    [
        'create("p", {}, "Whoever reads this")',
        'create("p", {"aria-label": "Close"})',
        'f"Hello, {name}"',
        'label = "Room " + name',
        'text = "Signing in…"',
    ],
)
def test_sentence_elsewhere_is_found(source: str) -> None:
    """A planted one is."""
    assert list(sentences(source, set())) != []


@pytest.mark.parametrize(
    "source",
    [
        '"""Shows the page."""',
        'def f():\n    """Show the page."""',
        'raise ValueError("This is for developers")',
        'effects = [Warn(f"The server sent {what} that cannot be read")]',
        'create("p", {"class": "screen narrow"})',
        '__all__ = ["Room"]',
        'PATH = "M15 5l-7 7 7 7"',
        "words.say(CLOSE)",
    ],
)
def test_what_nobody_reads_is_let_be(source: str) -> None:
    """Docstrings, errors, the console, and names."""
    assert list(sentences(source, set())) == []


def test_words_of_the_page_are_marked() -> None:
    """What is there before Python comes can be said in another language too."""
    assert unmarked((ROOT / "static" / "index.html").read_text("utf-8")) == []
    assert list(spoken((ROOT / "static" / "bootstrap.js").read_text("utf-8"))) == []
    assert list(spoken((ROOT / "static" / "before-paint.js").read_text("utf-8"))) == []


@pytest.mark.parametrize(
    "page",
    [
        "<p>Hello</p>",
        '<input placeholder="Hello">',
        '<input data-words="title" title="Hello" placeholder="Hello">',
        '<meta name="description" content="Hello">',
        "<p data-words>Hello</p><p>there</p>",
    ],
)
def test_unmarked_words_of_a_page_are_found(page: str) -> None:
    """A planted one is."""
    assert len(unmarked(page)) == 1


@pytest.mark.parametrize(
    "script", ['element.textContent = "Please wait";', "show(`Starting ${name} now`);", 'show("Loading…")']
)
def test_words_of_a_script_are_found(script: str) -> None:
    """A planted one is."""
    assert len(list(spoken(script))) == 1


@pytest.mark.parametrize(
    "script",
    [
        'show(gettext("Please wait"));',
        'throw new Error("The snapshot is one of another runtime.");',
        'console.info("Python starts the other way:", error);',
        'python.runPython("import sys; sys.path");',
        "// It waits for Python\nstart();",
    ],
)
def test_script_may_speak_to_developers(script: str) -> None:
    """And to a person by `gettext`."""
    assert list(spoken(script)) == []
