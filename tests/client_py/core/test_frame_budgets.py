from __future__ import annotations

from collections import Counter

import pytest

from client_py.core.conversation.features import OURS, Abilities
from client_py.core.conversation.inbox import MAX_UNSTORED
from client_py.core.conversation.outbox import Outbox, Outgoing
from client_py.core.conversation.typing_indicator import TYPING_AFTER_MESSAGE_SECONDS
from client_py.core.frame_budgets import BUDGETS, UNKNOWN, budget_of
from client_py.core.frames import FRAMES, MAX_ITEM_BYTES, WINDOW_BYTES, WINDOW_MESSAGES, Ack, Frame, Read, Signal
from client_py.core.peer.negotiation import MAX_CANDIDATES
from protocol.webrtc import Candidate, Description

STANDING_SECONDS = 600
"""How long a page may stand still, and then find what has come meanwhile."""


def on_their_way(texts: list[str], abilities: Abilities) -> list[str]:
    """Return the frames that an honest peer sends of messages that nobody acknowledges."""
    outbox = Outbox()
    outbox.resume(0, abilities)
    for position, text in enumerate(texts, start=1):
        outbox.add(
            Outgoing(f"message-{position:056}", "text", text, 1_700_000_000.123456, position, len(text.encode()))
        )
    return [FRAMES.encode(frame) for _, frames in outbox.send_more(len(texts)) for frame in frames]


def fits(kind: str, frames: list[Frame]) -> bool:
    """Tell whether frames of one kind are received that come all at once."""
    texts = [FRAMES.encode(frame) for frame in frames]
    return len(texts) <= budget_of(kind).frames and sum(map(len, texts)) <= budget_of(kind).characters


def test_every_frame_has_its_budget() -> None:
    """A kind that nobody thought of would be taken for one that does not exist."""
    assert sorted(" ".join(BUDGETS).split(" ")) == sorted([*FRAMES.types, UNKNOWN])


def test_frame_begins_with_its_type() -> None:
    """By that it is told, before it is read."""
    assert FRAMES.encode(Ack(1)).startswith('{"type":"ack"')


@pytest.mark.parametrize(("kind", "abilities"), [("message", Abilities(1)), ("item", OURS)])
@pytest.mark.parametrize(
    "texts",
    [
        ["\x01" * MAX_ITEM_BYTES, "\x01" * (MAX_ITEM_BYTES - 1), "\x01" * MAX_ITEM_BYTES],
        ["\x01" * (WINDOW_BYTES // WINDOW_MESSAGES)] * WINDOW_MESSAGES,
        ["a"] * 10 * WINDOW_MESSAGES,
        ["\U0001f600" * (MAX_ITEM_BYTES // 4)] * 10,
    ],
    ids=["long and escaped", "many and escaped", "many and short", "wide"],
)
def test_budget_has_room_for_all_that_may_be_on_its_way(texts: list[str], kind: str, abilities: Abilities) -> None:
    """However slow this page is: who keeps to the window is never over the budget."""
    frames = on_their_way(texts, abilities)
    budget = budget_of(kind)
    assert len(frames) <= budget.frames
    assert sum(map(len, frames)) <= budget.characters
    assert budget.per_second == 0


def test_budget_has_room_for_the_answers_to_all_that_is_on_its_way() -> None:
    """One acknowledgement for each of our messages, and each of them read by itself."""
    largest = 2**52
    assert fits("ack", [Ack(largest)] * WINDOW_MESSAGES)
    assert fits("read", [Read(largest)] * WINDOW_MESSAGES)
    assert BUDGETS["ack"].per_second == BUDGETS["read"].per_second == 0
    assert WINDOW_MESSAGES <= MAX_UNSTORED


def test_budget_has_room_for_who_types_while_the_page_stands() -> None:
    """Somebody who writes one short message after the other says so for each."""
    typing = BUDGETS["typing"]
    assert typing.frames >= STANDING_SECONDS / TYPING_AFTER_MESSAGE_SECONDS
    assert typing.per_second > 1 / TYPING_AFTER_MESSAGE_SECONDS


def test_budget_has_room_for_negotiations() -> None:
    """A description and its candidates, of a few generations."""
    signals: list[Frame] = [Signal(Description("offer", "x" * 2_000))]
    signals += [Signal(candidate=Candidate("c" * 200, "0", 0, "f" * 8))] * (MAX_CANDIDATES - 1)
    assert fits("signal", signals * 3)


def test_budgets_are_small_enough_together() -> None:
    """All that can wait of one peer takes a fraction of what a page has, at two bytes for a character."""
    assert sum(budget.characters for budget in BUDGETS.values()) * 2 < 20_000_000
    assert Counter(budget.per_second > 0 for budget in BUDGETS.values())[False] == 3
