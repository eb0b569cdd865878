"""Shows where what is new to the reader begins, until they write or leave; then it begins elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

from client_py.core.conversation.delivery import Direction
from client_py.words.transcript import NEW

if TYPE_CHECKING:
    from collections.abc import Sequence

    from client_py.core.conversation.items import Item
    from client_py.ui.transcript.message_list import MessageList
    from client_py.words.phrases import Words


class UnreadDivider:
    """A line above the first message that nobody has seen here; it stays when they have been seen."""

    def __init__(self, messages: MessageList, words: Words) -> None:
        self.count = 0
        """How many messages came in from that one on, as long as nobody saw them."""
        self._messages = messages
        self._words = words
        self._glances = 0
        """How often somebody had begun to read when the last of them came in."""

    def message_came(self, message_id: str, glances: int) -> None:
        """Note a message that comes in while nobody reads; what came before the last glance is not new any more."""
        if self.count == 0 or glances != self._glances:
            self._glances, self.count = glances, 0
            self._messages.divide_before(message_id)
        self.count += 1
        self._name()

    def load(self, messages: Sequence[Item], unread: int) -> None:
        """Note that of these, so many of others at the end were not seen when the page was here last."""
        new = [message for message in messages if message.direction is Direction.INCOMING][-unread:]
        if new:
            self.count = unread
            self._messages.divide_before(new[0].id)
            self._name()

    def is_unseen(self, glances: int) -> bool:
        """Tell whether nobody has read since."""
        return self.count > 0 and glances == self._glances

    def end(self) -> None:
        """Take it away."""
        if self.count:
            self.count = 0
            self._messages.divide_before(None)

    def _name(self) -> None:
        self._messages.name_divider(self._words.count(NEW, self.count))
