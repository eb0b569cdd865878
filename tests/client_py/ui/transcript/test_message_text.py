from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from client_py.ui.transcript.message_portions import PORTION_CHARACTERS, PORTION_LINES
from client_py.ui.transcript.message_text import FOLDED_FROM, FOLDED_FROM_LINES, PORTIONS_AT_ONCE, LongText, is_long
from client_py.words.phrases import Words
from tests.fakes.document import FakeDocument, FakeElement

LINES = "line\n" * 100_000


@dataclass
class Folded:
    """A folded text on a page, with its buttons."""

    text: str
    resized: int = 0
    document: FakeDocument = field(default_factory=FakeDocument)

    def __post_init__(self) -> None:
        self.shown = self.document.create("div", {"class": "text"})
        self.view = LongText(self.document, Words(), self.shown, self.text, self._note)
        self.document.html.append(self.shown, *self.view.buttons)

    def _note(self) -> None:
        self.resized += 1

    @property
    def more(self) -> FakeElement:
        """The button that shows more."""
        return self.document.html.every(class_="fold")[0]

    @property
    def less(self) -> FakeElement:
        """The button that shows less."""
        return self.document.html.every(class_="fold")[1]

    @property
    def laid_out(self) -> list[str]:
        """The texts that the browser lays out, each by itself."""
        return [portion.text for portion in self.shown.every(class_="portion")]


@pytest.mark.parametrize(
    ("text", "long"),
    [
        ("x" * FOLDED_FROM, False),
        ("x" * (FOLDED_FROM + 1), True),
        ("\n" * FOLDED_FROM_LINES, False),
        ("\n" * (FOLDED_FROM_LINES + 1), True),
    ],
)
def test_characters_and_lines_make_a_message_long(text: str, long: bool) -> None:  # noqa: FBT001 - what is expected
    """Either would bury the conversation."""
    assert is_long(text) is long


def test_folded_text_shows_its_beginning() -> None:
    """The rest is there all the same, and costs no layout."""
    folded = Folded(LINES)
    assert folded.shown.get("data-folded") is not None
    assert folded.laid_out == ["line\n" * PORTION_LINES]
    assert folded.shown.text == LINES
    assert folded.shown.one(tag="span").hidden
    assert (folded.more.hidden, folded.less.hidden) == (False, True)


def test_text_is_unfolded_step_by_step() -> None:
    """However long it is, one press has the browser lay out a few portions and no more."""
    folded = Folded(LINES)
    for step in (1, 2, 3):
        folded.more.fire("click")
        assert folded.laid_out == ["line\n" * PORTION_LINES] * (1 + step * PORTIONS_AT_ONCE)
        assert folded.shown.text == LINES
        assert (folded.more.hidden, folded.less.hidden, folded.resized) == (False, False, step)
    assert folded.shown.get("data-folded") is None


def test_text_is_folded_again_wherever_it_is() -> None:
    """And it begins again at its beginning."""
    folded = Folded(LINES)
    folded.more.fire("click")
    folded.less.fire("click")
    assert folded.shown.get("data-folded") is not None
    assert folded.laid_out == ["line\n" * PORTION_LINES]
    assert folded.shown.text == LINES
    assert (folded.more.hidden, folded.less.hidden, folded.resized) == (False, True, 2)
    assert folded.document.focused is folded.more


def test_button_that_has_done_its_part_hands_the_keyboard_on() -> None:
    """What is hidden cannot have it. The other button is far below, and who has unfolded the text reads on above."""
    folded = Folded("word " * FOLDED_FROM)
    folded.more.fire("click")
    assert (folded.more.hidden, folded.less.hidden) == (True, False)
    assert folded.document.focused is folded.less
    scrolled_to = [folded.document.scrolled_to]
    folded.less.fire("click")
    scrolled_to.append(folded.document.scrolled_to)
    assert scrolled_to == [None, folded.more]
    assert folded.document.focused is folded.more
    assert (folded.more.hidden, folded.less.hidden) == (False, True)
    assert folded.shown.text == folded.text


def test_text_that_is_taken_away_listens_no_more() -> None:
    """What listens in a browser has to be given up, or stays."""
    folded = Folded(LINES)
    folded.view.dispose()
    folded.more.fire("click")
    assert folded.resized == 0


def test_line_that_is_longer_than_a_portion_is_laid_out_as_one() -> None:
    """No line ends where nobody ended one."""
    line = "x" * (3 * PORTION_CHARACTERS - 1) + "\n"
    text = line + "the end"
    folded = Folded(text)
    assert folded.laid_out == ["x" * PORTION_CHARACTERS]
    assert folded.shown.text == text
    folded.more.fire("click")
    assert folded.laid_out == [line, "the end"]


def test_link_can_be_followed() -> None:
    """It leads where it says, in another tab."""
    folded = Folded("https://example.org/page " + LINES)
    assert folded.shown.one(tag="a").get("href") == "https://example.org/page"


def test_unfolding_is_not_read_out() -> None:
    """Only what was just said is."""
    folded = Folded(LINES)
    folded.more.fire("click")
    assert folded.shown.get("aria-live") == "off"
