"""What a conversation keeps beyond the life of its page, as frozen values; `database_rows.py` writes them down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from client_py.core.conversation.delivery import Delivery
from client_py.core.conversation.items import Item


@dataclass(frozen=True, slots=True)
class Mark:
    """How far we are with one device of another member, both ways."""

    account: str
    device: str
    heard: int
    """Its place in the order in which devices were heard of last; the account of the last one was the last here."""
    received: int
    """Every item of its up to this number is kept."""
    read: int
    """Every item of its up to this number was before the person's eyes."""
    acknowledged: int
    """Every item of ours up to this number is kept there."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """How far an item of ours has come; nothing more needs to be kept of it once everyone has read it."""

    item_id: str
    owed: Mapping[str, Mapping[str, Delivery]]
    """By account and device. An account without a device is owed it too; without accounts, the next person to come."""
    mirrored: Mapping[str, Delivery] = field(default_factory=dict)
    """By device of our own account. They get what we write, and count for nothing in how far it has come."""

    @property
    def delivery(self) -> Delivery:
        """Return how far it is with the account that is furthest behind."""
        accounts = [max(devices.values(), default=Delivery.QUEUED) for devices in self.owed.values()]
        return min(accounts, default=Delivery.QUEUED)

    def inherited(self) -> Receipt:
        """Return what another device of ours takes over: how far the item is, but not by whose count of numbers."""
        return Receipt(
            self.item_id,
            {
                account: {"" if state >= Delivery.DELIVERED else device: state for device, state in devices.items()}
                for account, devices in self.owed.items()
            },
        )

    def without(self, own_account: str) -> Receipt:
        """Return it with nobody of our own account among those who count, as releases before 0.2 kept them."""
        if own_account not in self.owed:
            return self
        others = {account: devices for account, devices in self.owed.items() if account != own_account}
        return Receipt(self.item_id, others, self.owed[own_account])

    @property
    def is_settled(self) -> bool:
        """Whether nobody is owed the item any more, not even another device of an account that has it."""
        states = [state for devices in (*self.owed.values(), self.mirrored) for state in devices.values()]
        return self.delivery >= Delivery.DELIVERED and all(state >= Delivery.DELIVERED for state in states)

    @property
    def is_finished(self) -> bool:
        """Whether nothing more can be learned of the item."""
        return self.is_settled and self.delivery is Delivery.READ


@dataclass(frozen=True, slots=True)
class Entry:
    """What one transaction keeps: all of it or nothing."""

    item: Item | None = None
    """For the end of the conversation, unless an item of this id is kept already."""
    receipts: tuple[Receipt, ...] = ()
    marks: tuple[Mark, ...] = ()
    forgotten: tuple[tuple[str, str], ...] = ()
    """Accounts and devices whose marks need not be kept any more."""


@dataclass(frozen=True, slots=True)
class Kept:
    """An entry that is safe now."""

    entry: Entry
    new: bool = True
    """Whether its item was not there already."""
    position: int = 0
    """Where a new item stands; before others, if another tab of this browser had stored it already."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What was kept of a room when its page was opened."""

    items: tuple[Item, ...] = ()
    """The newest of the conversation, the oldest of them first."""
    has_earlier: bool = False
    pending: tuple[Item, ...] = ()
    """Our items that somebody has yet to get, in the order of writing."""
    receipts: tuple[Receipt, ...] = ()
    """Of those and of the ones that somebody has yet to read, in the order of writing."""
    marks: tuple[Mark, ...] = ()
    resume_token: str | None = None
    """Lets the server recognize this device as the peer that it was."""
