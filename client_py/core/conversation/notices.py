"""What a conversation tells its view, one notice a change."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum, auto

from client_py.core.conversation.delivery import Delivery
from client_py.core.conversation.faults import HistoryFault, ItemFault
from client_py.core.conversation.history_search import Match
from client_py.core.conversation.items import Body, Item


class HistoryPart(Enum):
    """What a page asks the history for."""

    EARLIER = auto()
    """What stands before the first message on the page."""
    LATER = auto()
    """What stands after the last one."""
    NEWEST = auto()
    """The end of the conversation, in the place of what is on the page."""


@dataclass(frozen=True, slots=True)
class ProfileChanged:
    """A person has said what they want to be called, and in which colour; nothing and 0 are as if they never had."""

    account: str
    name: str
    """As it may be shown (`display_names.py`)."""
    hue: int


@dataclass(frozen=True, slots=True)
class HistoryLoaded:
    """Messages of before stand at the beginning of the transcript, the oldest first."""

    items: tuple[Item, ...]
    has_earlier: bool
    """Whether there are still earlier ones than these."""
    before: str = ""
    """The id of the message that they stand before, if they were asked for."""


@dataclass(frozen=True, slots=True)
class LaterLoaded:
    """The messages that follow the last one on the page, the oldest first."""

    items: tuple[Item, ...]
    has_later: bool
    """Whether there are still later ones than these."""
    after: str
    """The id of that one."""


@dataclass(frozen=True, slots=True)
class NewestLoaded:
    """These stand at the end of the transcript, the oldest first."""

    items: tuple[Item, ...]
    has_earlier: bool


@dataclass(frozen=True, slots=True)
class HistoryNotLoaded:
    """A part of the history could not be read; everything is as it was, and it can be asked for again."""

    part: HistoryPart


@dataclass(frozen=True, slots=True)
class HistoryCleared:
    """The history was cleared: nothing stands in the transcript but these, which have yet to be delivered."""

    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class HistoryFailed:
    """What was asked of the history could not be done, and everything is as it was."""

    fault: HistoryFault


@dataclass(frozen=True, slots=True)
class MessagesFound:
    """What a search came to."""

    query: str
    """As the person wrote it; an answer to an earlier question is not shown."""
    matches: tuple[Match, ...]
    """The newest first."""
    complete: bool
    """Whether these are all; a search stops at a limit, and one that fails finds none and is not complete."""


@dataclass(frozen=True, slots=True)
class ItemAdded:
    """An item stands at the end of the conversation; or before, if another tab of this browser has stored it before."""

    item: Item


@dataclass(frozen=True, slots=True)
class DeliveryChanged:
    """An item of ours came further, or is being sent again."""

    item_id: str
    delivery: Delivery


@dataclass(frozen=True, slots=True)
class TypingChanged:
    """Who is writing just now, by username."""

    usernames: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UnreadChanged:
    """How many messages came in since the person last looked."""

    count: int


@dataclass(frozen=True, slots=True)
class ItemRefused:
    """What the person said could not be taken; the composer keeps a text."""

    body: Body
    fault: ItemFault


ConversationNotice = (
    HistoryLoaded
    | LaterLoaded
    | NewestLoaded
    | HistoryNotLoaded
    | HistoryCleared
    | HistoryFailed
    | MessagesFound
    | ItemAdded
    | DeliveryChanged
    | TypingChanged
    | UnreadChanged
    | ItemRefused
    | ProfileChanged
)
