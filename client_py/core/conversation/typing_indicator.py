"""Decides when we say that we are writing, and for how long someone else is shown as writing."""

from __future__ import annotations

from dataclasses import dataclass

from client_py.core.conversation.notices import TypingChanged

TYPING_SENT_EVERY_SECONDS = 3.0
TYPING_AFTER_MESSAGE_SECONDS = 0.5
"""A message ends what is shown of the writing before it; who writes one after the other needs no word between them."""
TYPING_SHOWN_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class StartTypingTimer:
    """Call `typing_timer_fired` for this peer after some seconds; starting it again restarts it."""

    peer_id: str
    seconds: float


class TypingIndicator:
    """Who is writing just now: we, as the others were told, and the others, as far as is shown here."""

    def __init__(self) -> None:
        self._said_at = float("-inf")
        self._writers: dict[str, str] = {}
        """The accounts of peers who are writing, by peer, in the order in which they began."""
        self._shown: tuple[str, ...] = ()

    # What we say

    def is_due(self, now: float) -> bool:
        """Tell whether a key that is pressed now is worth a word; `now` in seconds since the epoch."""
        return not 0 <= now - self._said_at < TYPING_SENT_EVERY_SECONDS  # the clock may have been set back

    def said(self, now: float) -> None:
        """The others were told that we write."""
        self._said_at = now

    def message_written(self, now: float) -> None:
        """A message of ours ends what is shown of us."""
        self._said_at = now - TYPING_SENT_EVERY_SECONDS + TYPING_AFTER_MESSAGE_SECONDS

    # What is shown

    def heard(self, peer_id: str, account: str) -> list[TypingChanged | StartTypingTimer]:
        """A peer of somebody else says that they are writing."""
        self._writers.setdefault(peer_id, account)
        return [*self._show(), StartTypingTimer(peer_id, TYPING_SHOWN_SECONDS)]

    def ended(self, peer_id: str) -> list[TypingChanged]:
        """A message of a peer came, nothing more came in time, or their channel is gone."""
        self._writers.pop(peer_id, None)
        return self._show()

    def silenced(self) -> list[TypingChanged]:
        """The person wants to see nothing of it any more."""
        self._writers.clear()
        return self._show()

    def _show(self) -> list[TypingChanged]:
        accounts = tuple(dict.fromkeys(self._writers.values()))
        if accounts == self._shown:
            return []
        self._shown = accounts
        return [TypingChanged(accounts)]
