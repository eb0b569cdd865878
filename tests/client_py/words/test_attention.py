from __future__ import annotations

from client_py.core.attention import Announce
from client_py.core.conversation_list import LastLine
from client_py.words.attention import body_of
from client_py.words.phrases import Words

LAST = LastLine("one", "The tomatoes are ripe", is_own=False, author="ben", at=1.0)


def test_notification_says_who_said_what_and_how_much_is_new() -> None:
    """Without words, the number alone; of what has none, that it is something else."""
    words = Words()
    assert "ben" in (one := body_of(words, Announce("den", 1, LAST, "one", is_alert=True)))
    assert one.endswith("The tomatoes are ripe")
    assert body_of(words, Announce("den", 3, LAST, "one", is_alert=True)).endswith("\n3 new messages")
    assert body_of(words, Announce("den", 1, None, "", is_alert=True)) == "1 new message"
    wordless = LastLine("one", "", is_own=False, author="ben", at=1.0)
    assert "cannot show" in body_of(words, Announce("den", 1, wordless, "one", is_alert=True))
