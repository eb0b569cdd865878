from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client_py.ui.room_name_generator import ANIMALS, COLOURS, MOODS, make_up_room_name
from protocol.room_names import is_room_name
from tests.client_py.ui.view_context import Dice

CHANCE = st.floats(min_value=0, max_value=1, exclude_max=True)


@given(st.lists(CHANCE, min_size=4, max_size=4))
def test_made_up_name_is_a_room_name(numbers: list[float]) -> None:
    """Whatever chance says, the name can be gone to."""
    assert is_room_name(make_up_room_name(Dice(numbers)))


def test_made_up_name_is_drawn_from_the_words() -> None:
    """Each word and the digits come from a draw of their own."""
    assert make_up_room_name(Dice([0.0, 0.0, 0.0, 0.042])) == "amiable-amber-badger-042"
    assert make_up_room_name(Dice([0.999])) == "young-white-wren-999"


@pytest.mark.parametrize("words", [MOODS, COLOURS, ANIMALS])
def test_words_are_all_different(words: tuple[str, ...]) -> None:
    """A word that stood twice would be drawn twice as often."""
    assert len(set(words)) == len(words)
