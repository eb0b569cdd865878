from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from client_py.ui.widgets.confirmation import Confirmation, Question
from client_py.words.phrases import Phrase
from tests.client_py.ui.view_context import World
from tests.fakes.document import FakeElement


@dataclass
class Asking:
    """A question in the place of a button, on the page."""

    world: World
    answers: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        document = self.world.document
        self.button = document.create("button")
        self.confirmation = Confirmation(
            document,
            self.world.words,
            Question(Phrase("Burn it?"), Phrase("Burn"), "confirm-burning"),
            replaced=self.button,
            origin=self.button,
            confirmed=lambda: self.answers.append("yes"),
        )
        document.by_id("stage").append(self.confirmation.element)

    @property
    def question(self) -> FakeElement:
        """What asks."""
        return self.world.document.html.one(class_="question")

    def press(self, label: str) -> None:
        """Answer."""
        next(each for each in self.question.every(tag="button") if each.text == label).fire("click")


@pytest.fixture
def asking(world: World) -> Asking:
    """Return a confirmation that has not asked yet."""
    return Asking(world)


def test_question_takes_the_place_of_its_element(world: World, asking: Asking) -> None:
    """It is there only when it asks, and the keyboard is at the answer that does no harm."""
    assert (asking.button.is_shown(), asking.question.is_shown()) == (True, False)
    asking.confirmation.ask()
    assert (asking.button.is_shown(), asking.question.is_shown()) == (False, True)
    assert asking.question.get("aria-label") == "Burn it?"
    assert asking.question.one(tag="p").text == "Burn it?"
    assert world.document.focused is asking.question.every(tag="button")[-1]
    assert world.document.focused.text == "Cancel"
    assert asking.answers == []


@pytest.mark.parametrize(("answer", "answers"), [("Burn", ["yes"]), ("Cancel", [])])
def test_answer_ends_the_question(world: World, asking: Asking, answer: str, answers: list[str]) -> None:
    """Only a yes does what was asked about; either answer gives the keyboard back."""
    asking.confirmation.ask()
    asking.press(answer)
    assert asking.answers == answers
    assert (asking.button.is_shown(), asking.question.is_shown()) == (True, False)
    assert world.document.focused is asking.button


def test_question_can_be_taken_back(world: World, asking: Asking) -> None:
    """Without an answer, and without taking the keyboard from where it is by now."""
    asking.confirmation.ask()
    before = world.document.focused
    asking.confirmation.rest()
    assert (asking.button.is_shown(), asking.question.is_shown()) == (True, False)
    assert world.document.focused is before


def test_confirmation_stops_listening(world: World, asking: Asking) -> None:
    """Its buttons do nothing any more."""
    listeners = world.document.live_listeners
    asking.confirmation.dispose()
    assert world.document.live_listeners == listeners - 2
