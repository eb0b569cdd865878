"""What a room tells its view, one notice a change."""

from __future__ import annotations

from dataclasses import dataclass

from client_py.core.conversation.notices import ConversationNotice
from client_py.core.peer.ice_servers import RelayChoice
from client_py.core.retention import Retention
from client_py.core.status_line import StatusLine


@dataclass(frozen=True, slots=True)
class Member:
    """Another member of the room."""

    peer_id: str
    username: str
    """By which the conversation knows them."""
    called: str = ""
    """Their name of now, where it is another: that of an account, of somebody who has been a guest here."""


@dataclass(frozen=True, slots=True)
class StatusChanged:
    """The connection's state or its detail is another."""

    line: StatusLine


@dataclass(frozen=True, slots=True)
class MembersChanged:
    """The others in the room, in the order in which they came."""

    members: tuple[Member, ...]


@dataclass(frozen=True, slots=True)
class RetentionChanged:
    """Messages are kept in this browser now, or are not any more."""

    keeping: Retention


@dataclass(frozen=True, slots=True)
class RelayChoiceChanged:
    """The person chose otherwise, or it became known whether there is a relay to choose."""

    choice: RelayChoice


@dataclass(frozen=True, slots=True)
class DraftLoaded:
    """A message had been begun in the room, and was not sent."""

    text: str


@dataclass(frozen=True, slots=True)
class ReadingChanged:
    """The newest message came before the person's eyes, or is no longer there."""

    reading: bool


Notice = (
    ReadingChanged
    | DraftLoaded
    | StatusChanged
    | MembersChanged
    | RetentionChanged
    | RelayChoiceChanged
    | ConversationNotice
)
