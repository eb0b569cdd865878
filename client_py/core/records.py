"""What a conversation keeps beyond the life of its page, as frozen values; `rows.py` writes them down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from client_py.core.models import Delivery, Message


@dataclass(frozen=True, slots=True)
class Mark:
    """How far we are with one device of another member, both ways."""

    account: str
    device: str
    heard: int
    """Its place in the order in which devices were heard of last; the account of the last one was the last here."""
    received: int
    """Every message of its up to this number is kept."""
    read: int
    """Every message of its up to this number was before the person's eyes."""
    acknowledged: int
    """Every message of ours up to this number is kept there."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """How far a message of ours has come; nothing more needs to be kept of it once everyone has read it."""

    message_id: str
    owed: Mapping[str, Mapping[str, Delivery]]
    """By account and device. An account without a device is owed it too; without accounts, whoever comes is."""

    @property
    def delivery(self) -> Delivery:
        """Give how far it is with the account that is furthest behind."""
        accounts = [max(devices.values(), default=Delivery.QUEUED) for devices in self.owed.values()]
        return min(accounts, default=Delivery.QUEUED)

    def inherited(self) -> Receipt:
        """Give what another device of ours takes over: how far the message is, but not by whose count of numbers."""
        return Receipt(
            self.message_id,
            {
                account: {"" if state >= Delivery.DELIVERED else device: state for device, state in devices.items()}
                for account, devices in self.owed.items()
            },
        )

    @property
    def is_settled(self) -> bool:
        """Whether nobody is owed the message any more, not even another device of an account that has it."""
        states = [state for devices in self.owed.values() for state in devices.values()]
        return self.delivery >= Delivery.DELIVERED and all(state >= Delivery.DELIVERED for state in states)

    @property
    def is_finished(self) -> bool:
        """Whether nothing more can be learned of the message."""
        return self.is_settled and self.delivery is Delivery.READ


@dataclass(frozen=True, slots=True)
class Entry:
    """What is to be kept in one transaction: all of it or nothing."""

    message: Message | None = None
    """For the end of the transcript, unless a message of this id is kept already."""
    receipts: tuple[Receipt, ...] = ()
    marks: tuple[Mark, ...] = ()
    forgotten: tuple[tuple[str, str], ...] = ()
    """Accounts and devices whose marks need not be kept any more."""


@dataclass(frozen=True, slots=True)
class Kept:
    """An entry that is safe now."""

    entry: Entry
    new: bool = True
    """Whether its message was not there already."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What was kept of a room when its page was opened."""

    messages: tuple[Message, ...] = ()
    """The newest of the transcript, the oldest of them first."""
    has_earlier: bool = False
    pending: tuple[Message, ...] = ()
    """Our messages that somebody has yet to get, in the order of writing."""
    receipts: tuple[Receipt, ...] = ()
    """Of those and of the ones that somebody has yet to read, in the order of writing."""
    marks: tuple[Mark, ...] = ()
    resume_token: str | None = None
    """By which the server takes this device for the peer that it was."""
