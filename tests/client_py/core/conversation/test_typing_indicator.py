from __future__ import annotations

from client_py.core.conversation.notices import TypingChanged
from client_py.core.conversation.typing_indicator import (
    TYPING_AFTER_MESSAGE_SECONDS,
    TYPING_SENT_EVERY_SECONDS,
    TYPING_SHOWN_SECONDS,
    StartTypingTimer,
    TypingIndicator,
)

NOW = 1_700_000_000.0


def test_keys_are_told_now_and_then() -> None:
    """A key is told, the next ones after some seconds, and one after the clock was set back."""
    typing = TypingIndicator()
    assert typing.is_due(NOW)
    typing.said(NOW)
    assert not typing.is_due(NOW)
    assert not typing.is_due(NOW + TYPING_SENT_EVERY_SECONDS - 0.1)
    assert typing.is_due(NOW + TYPING_SENT_EVERY_SECONDS)
    assert typing.is_due(NOW - 86_400)


def test_key_after_message_is_told_soon() -> None:
    """A message ends what was shown, so the next key is told, but not within the same moment."""
    typing = TypingIndicator()
    typing.said(NOW)
    typing.message_written(NOW)
    assert not typing.is_due(NOW + TYPING_AFTER_MESSAGE_SECONDS - 0.1)
    assert typing.is_due(NOW + TYPING_AFTER_MESSAGE_SECONDS)


def test_writer_is_shown_until_it_ends() -> None:
    """Each word starts the time from its beginning, and only what changes is shown."""
    typing = TypingIndicator()
    timer = StartTypingTimer("ben-1", TYPING_SHOWN_SECONDS)
    assert typing.heard("ben-1", "ben") == [TypingChanged(("ben",)), timer]
    assert typing.heard("ben-1", "ben") == [timer]
    assert typing.ended("ben-1") == [TypingChanged(())]
    assert typing.ended("ben-1") == []


def test_account_is_shown_once_for_all_its_devices() -> None:
    """People are shown in the order in which they began, each until the last of their devices has stopped."""
    typing = TypingIndicator()
    typing.heard("cleo-1", "cleo")
    assert typing.heard("ben-1", "ben")[0] == TypingChanged(("cleo", "ben"))
    assert typing.heard("cleo-2", "cleo") == [StartTypingTimer("cleo-2", TYPING_SHOWN_SECONDS)]
    assert typing.ended("cleo-1") == [TypingChanged(("ben", "cleo"))]
    assert typing.ended("cleo-2") == [TypingChanged(("ben",))]
