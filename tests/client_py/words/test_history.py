from __future__ import annotations

import pytest

from client_py.core.conversation.history_search import Match
from client_py.core.conversation.notices import MessagesFound
from client_py.words.history import summary_of
from client_py.words.phrases import Words
from tests.client_py.ui.view_context import incoming


@pytest.mark.parametrize(
    ("count", "complete", "words"),
    [
        (0, True, "No message found"),
        (0, False, "The messages could not be searched. Please try again, or reload this page."),
        (1, True, "1 message found"),
        (2, True, "2 messages found"),
        (2, False, "Showing the newest 2"),
    ],
)
def test_summary_is_worded(count: int, words: str, *, complete: bool) -> None:
    """It says where there may be more than these, and does not call a search that failed one that found nothing."""
    assert summary_of(Words(), MessagesFound("x", (Match(incoming(), "x"),) * count, complete)) == words
