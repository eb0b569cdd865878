from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from client_py.core.conversation.faults import ItemFault
from client_py.core.conversation.items import Reaction, Text
from client_py.core.conversation.notices import ItemRefused
from client_py.core.frames import MAX_ITEM_BYTES
from client_py.core.notices import DraftLoaded
from client_py.ui.page import Page
from client_py.ui.room.composer import MAX_LINES
from client_py.ui.room.room_screen import RoomScreen
from client_py.words.room import ITEM_FAULTS
from tests.client_py.ui.view_context import World, open_room
from tests.fakes.document import FakeElement

TOO_MANY = ITEM_FAULTS[ItemFault.TOO_MANY_WAITING]


@pytest.fixture
def box(world: World, room: RoomScreen) -> FakeElement:  # noqa: ARG001 - the room has to be on the page
    """Return its composer."""
    return world.document.by_test_id("composer")


def fault(world: World) -> str:
    """Return what the composer complains of."""
    return world.document.html.one(class_="composer").one(role="alert").text


def test_enter_sends(world: World, box: FakeElement) -> None:
    """Enter sends what stands there, empties the box, and writes no line break."""
    box.type("hello")
    assert box.fire("keydown", key="Enter")
    assert world.asked.of("send") == [("send", "hello")]
    assert box.value == ""


@pytest.mark.parametrize("modifier", ["shift", "composing"])
def test_enter_is_left_to_the_line_and_to_the_input_method(world: World, box: FakeElement, modifier: str) -> None:
    """Shift+Enter breaks the line; Enter while composing chooses a character."""
    box.type("hello")
    assert not box.fire("keydown", key="Enter", **{modifier: True})  # type: ignore[arg-type]  # one of the two flags
    assert world.asked.of("send") == []
    assert box.value == "hello"


def test_other_keys_are_left_alone(world: World, box: FakeElement) -> None:
    """Only Enter means something."""
    box.type("hello")
    assert not box.fire("keydown", key="a")
    assert world.asked.of("send") == []


def test_button_sends_and_the_box_keeps_the_keyboard(world: World, box: FakeElement) -> None:
    """A click on the button sends; pressing it does not take the keyboard from the box."""
    box.type("hello")
    world.document.focused = None
    assert world.document.by_test_id("send").fire("mousedown")
    assert world.document.html.one(class_="compose").fire("submit")
    assert world.asked.of("send") == [("send", "hello")]
    assert world.document.focused is box


@given(text=st.text())
@example(text=" \n\t")
@example(text="  indented \n")
def test_text_is_sent_exactly_as_it_was_typed(text: str) -> None:
    """Nothing is trimmed or changed; only what is blank all over is not sent, and stays."""
    world = World()
    open_room(Page(world.context, world.asked), world.asked)
    box = world.document.by_test_id("composer")
    box.type(text)
    box.fire("keydown", key="Enter")
    assert world.asked.of("send") == ([("send", text)] if text.strip() else [])
    assert box.value == ("" if text.strip() else text)


def test_typing_is_told(world: World, box: FakeElement) -> None:
    """Every change of the text is told, for the other side's typing indicator."""
    box.type("h")
    box.type("he")
    assert world.asked.of("typed") == [("typed",), ("typed",)]


def test_refused_text_comes_back(world: World, room: RoomScreen, box: FakeElement) -> None:
    """What could not be taken stands in the box again, with the reason, which goes at the next key."""
    box.type("hello")
    box.fire("keydown", key="Enter")
    room.apply(ItemRefused(Text("hello"), ItemFault.TOO_MANY_WAITING))
    assert box.value == "hello"
    assert fault(world) == TOO_MANY
    box.type("hello!")
    assert fault(world) == ""


def test_sending_again_clears_the_reason(world: World, room: RoomScreen, box: FakeElement) -> None:
    """What was refused may be sent again as it is, and the old reason goes."""
    room.apply(ItemRefused(Text("hello"), ItemFault.TOO_MANY_WAITING))
    box.fire("keydown", key="Enter")
    assert world.asked.of("send") == [("send", "hello")]
    assert fault(world) == ""


def test_reason_of_a_refusal_does_not_cover_the_newest_message(world: World, room: RoomScreen) -> None:
    """The transcript stays at its end when the reason takes a line from it."""
    log = world.document.by_test_id("transcript")
    log.scroll_height, log.client_height = 1000, 400
    seen: list[str] = []

    def fit(max_height: float) -> None:
        assert max_height >= 0
        seen.append(fault(world))

    world.document.by_test_id("composer").fit_to_content = fit  # type: ignore[method-assign]  # to look at that moment
    room.apply(ItemRefused(Text("hello"), ItemFault.TOO_MANY_WAITING))
    assert seen == [TOO_MANY]
    assert log.scroll_top == 600


def test_refused_text_does_not_push_out_what_was_written_since(room: RoomScreen, box: FakeElement) -> None:
    """Both texts stand in the box, in the order of their writing."""
    box.type("next")
    room.apply(ItemRefused(Text("first"), ItemFault.TOO_MANY_WAITING))
    assert box.value == "first\nnext"


def test_refusal_of_something_else_is_told_too(world: World, room: RoomScreen, box: FakeElement) -> None:
    """Of a reaction there is no text to give back: the reason is there, and what stands in the box stays as it is."""
    box.type("next")
    room.apply(ItemRefused(Reaction("bob", "0123456789abcdef", "👍"), ItemFault.TOO_MANY_WAITING))
    assert fault(world) == TOO_MANY
    assert box.value == "next"


def test_refusal_within_sending_brings_the_text_back(world: World, page: Page) -> None:
    """A room may refuse before `send` returns."""

    class Refusing(type(world.asked)):  # type: ignore[misc]  # the class of the recorder, whatever it is
        def send(self, text: str) -> None:
            screen.apply(ItemRefused(Text(text), ItemFault.TOO_MANY_WAITING))

    screen = open_room(page, Refusing())
    box = world.document.by_test_id("composer")
    box.type("hello")
    box.fire("keydown", key="Enter")
    assert box.value == "hello"
    assert fault(world) == TOO_MANY


def test_box_grows_to_a_share_of_the_window(world: World, box: FakeElement) -> None:
    """A long draft takes two fifths of the height at most."""
    world.document.html.client_height = 1000
    box.type("one\ntwo\nthree")
    assert box.max_height == 400


def test_box_of_many_lines_is_not_measured(world: World, box: FakeElement) -> None:
    """A browser would lay out all of them for it, and again for the height that comes of it."""
    world.document.html.client_height = 1000
    box.type("line\n" * 1_000)
    assert (box.max_height, box.height) == (None, 400)
    box.type("line")
    assert (box.max_height, box.height) == (400, None)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("line\n" * MAX_LINES, f"This text has more than {MAX_LINES} lines."),
        ("x" * (MAX_ITEM_BYTES + 1), "This message is longer than 256 KiB."),
    ],
)
def test_text_that_would_hold_the_page_is_not_taken(world: World, box: FakeElement, text: str, sentence: str) -> None:
    """Nothing is lost: it stands where it was copied, and the draft stays as it is."""
    box.type("draft")
    box.paste(text)
    assert box.value == "draft"
    assert fault(world).startswith(sentence)
    box.type("draft, and more")
    assert fault(world) == ""


def test_lines_are_counted_with_those_that_are_there(world: World, box: FakeElement) -> None:
    """A text cannot be pasted piece by piece either; a word still can."""
    box.paste("line\n" * (MAX_LINES - 1))
    assert fault(world) == ""
    box.paste("line\n")
    assert fault(world) != ""
    box.type("line\n" * MAX_LINES)
    box.paste("word")
    assert box.value == "line\n" * MAX_LINES + "word"


def test_room_opens_with_the_keyboard_in_the_box(world: World, box: FakeElement) -> None:
    """One can write at once, connected or not."""
    assert world.document.focused is box
    assert not box.disabled


def test_draft_is_told_and_put_back(world: World, room: RoomScreen, box: FakeElement) -> None:
    """What stands in the box is kept elsewhere, until it is sent; what is begun already is not written over."""
    room.apply(DraftLoaded("half a sen"))
    assert box.value == "half a sen"
    box.type("half a sentence")
    room.apply(DraftLoaded("another"))
    assert box.value == "half a sentence"
    box.fire("keydown", key="Enter")
    room.apply(ItemRefused(Text("half a sentence"), ItemFault.TOO_MANY_WAITING))
    told = [text for _, text in world.asked.of("draft_changed")]
    assert told == ["half a sentence", "", "half a sentence"]


def test_text_runs_in_its_own_direction(world: World, box: FakeElement) -> None:
    """An empty box follows the page; where there are many lines, the browser does not have to look at each."""
    assert box.get("dir") is None
    box.type("שלום")
    assert box.get("dir") == "auto"
    box.type("שלום\n" * 1000)
    assert box.get("dir") == "rtl"
    box.type("hello")
    box.fire("keydown", key="Enter")
    assert world.asked.of("send") == [("send", "hello")]
    assert box.get("dir") is None
