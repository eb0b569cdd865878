from __future__ import annotations

import pytest

from client_py.ui.transcript.scroll_end import ScrollEnd
from tests.fakes.document import FakeDocument


@pytest.mark.parametrize(("at", "expected"), [(100, 350), (0, 250), (600, 850)])
def test_holding_keeps_what_the_reader_looks_at(at: float, expected: float) -> None:
    """Content that comes in above moves a reader along with what they read, and leaves the end to who is there."""
    document = FakeDocument()
    element = document.create("div")
    element.scroll_height, element.client_height = 1000, 400
    end = ScrollEnd(document, element, lambda: None)
    element.scroll_to(at)
    with end.holding():
        element.scroll_height = 1250
    assert element.scroll_top == expected
    end.dispose()
    assert document.live_listeners == 0


def test_holding_does_not_add_to_what_the_browser_did() -> None:
    """A browser may have moved the reader already (CSS Scroll Anchoring)."""
    document = FakeDocument()
    element = document.create("div")
    element.scroll_height, element.client_height = 1000, 400
    end = ScrollEnd(document, element, lambda: None)
    element.scroll_to(100)
    with end.holding():
        element.scroll_height = 1250
        element.scroll_top = 350
    assert element.scroll_top == 350
