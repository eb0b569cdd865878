from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client_py.core.launch import MAX_SHARED_CHARACTERS, MAX_SHARED_LINES, SHARED, shared_text


@given(st.text(max_size=200))
def test_text_that_was_shared_is_read(text: str) -> None:
    """As it is, but for blanks around it."""
    assert shared_text(SHARED + quote(text, safe="")) == text.strip()


@pytest.mark.parametrize("fragment", ["", "new", "hello", "SHARE=hello", "share", "share=", "share=%20"])
def test_other_fragments_share_nothing(fragment: str) -> None:
    """Whatever they are for."""
    assert shared_text(fragment) == ""


def test_text_is_bounded() -> None:
    """Whoever made the address; and what is no text is not taken for one."""
    assert len(shared_text(SHARED + "x" * 10**6)) == MAX_SHARED_CHARACTERS
    assert shared_text(SHARED + "x%0A" * 5000).count("\n") == MAX_SHARED_LINES - 1
    assert shared_text(SHARED + "%ff%") == "\ufffd%"
