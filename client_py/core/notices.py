"""What a room tells its view, one notice a change."""

from __future__ import annotations

from dataclasses import dataclass

from client_py.core.models import Delivery, Keeping, Member, Message, RelayChoice, StatusLine


@dataclass(frozen=True, slots=True)
class StatusChanged:
    """The connection's state or its detail is another."""

    line: StatusLine


@dataclass(frozen=True, slots=True)
class MembersChanged:
    """The others in the room, in the order in which they came."""

    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class HistoryLoaded:
    """Messages of before stand at the beginning of the transcript, the oldest first."""

    messages: tuple[Message, ...]
    has_earlier: bool
    """Whether there are still earlier ones than these."""
    before: str = ""
    """The id of the message that they stand before, if they were asked for."""


@dataclass(frozen=True, slots=True)
class LaterLoaded:
    """Messages stand behind one that the page ends with, the oldest first."""

    messages: tuple[Message, ...]
    has_later: bool
    """Whether there are still later ones than these."""
    after: str
    """The id of that one."""


@dataclass(frozen=True, slots=True)
class NewestLoaded:
    """These stand at the end of the transcript, the oldest first."""

    messages: tuple[Message, ...]
    has_earlier: bool


@dataclass(frozen=True, slots=True)
class HistoryCleared:
    """The history was cleared: nothing stands in the transcript but these, which have yet to be delivered."""

    messages: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class MessagesFound:
    """What a search came to."""

    query: str
    """As the person wrote it; an answer to an earlier question is not to be shown."""
    messages: tuple[Message, ...]
    """The newest first."""
    complete: bool
    """Whether these are all; a search stops at so many."""


@dataclass(frozen=True, slots=True)
class KeepingChanged:
    """Messages are kept in this browser now, or are not any more."""

    keeping: Keeping


@dataclass(frozen=True, slots=True)
class RelayChoiceChanged:
    """The person chose otherwise, or it became known whether there is a relay to choose."""

    choice: RelayChoice


@dataclass(frozen=True, slots=True)
class MessageAdded:
    """A message stands at the end of the transcript."""

    message: Message


@dataclass(frozen=True, slots=True)
class DeliveryChanged:
    """An outgoing message came further, or is being sent again."""

    message_id: str
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
class MessageRefused:
    """What was typed could not be taken; the composer keeps the text, and the sentence says why."""

    text: str
    sentence: str


Notice = (
    StatusChanged
    | MembersChanged
    | HistoryLoaded
    | LaterLoaded
    | NewestLoaded
    | HistoryCleared
    | MessagesFound
    | KeepingChanged
    | RelayChoiceChanged
    | MessageAdded
    | DeliveryChanged
    | TypingChanged
    | UnreadChanged
    | MessageRefused
)
