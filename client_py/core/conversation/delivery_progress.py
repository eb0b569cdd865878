"""Decides how far each of our items is shown to have come, from how far it is at every device that it is owed to.

An account has an item when one of its devices has it; and an item is delivered when all the accounts that it is owed to
have it. Our own account counts for nothing here: its other devices get what we write, and do not deliver it to anyone.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from client_py.core.conversation.delivery import Delivery
from client_py.core.conversation.history_records import Receipt
from client_py.core.conversation.notices import DeliveryChanged

MAX_FOLLOWED = 2_000
"""Items whose way is followed at once; beyond that, the oldest that were delivered stay shown as delivered."""


@dataclass(slots=True)
class _Progress:
    shown: Delivery = Delivery.QUEUED
    devices: dict[str, dict[str, Delivery]] = field(default_factory=dict)
    """How far the item is, by account and device; an account without devices is owed it all the same."""
    mirrored: dict[str, Delivery] = field(default_factory=dict)
    """How far it is at our own other devices."""


class Deliveries:
    """How far each of our items has come, from its writing until everyone has read it."""

    def __init__(self, own_account: str) -> None:
        self._own_account = own_account
        self._progress: dict[str, _Progress] = {}
        self._undelivered: dict[str, int] = {}
        self._undelivered_bytes = 0

    @property
    def undelivered_items(self) -> int:
        """How many items have yet to be delivered."""
        return len(self._undelivered)

    @property
    def undelivered_bytes(self) -> int:
        """How much text they have, in bytes of UTF-8."""
        return self._undelivered_bytes

    def add(self, item_id: str, size: int) -> None:
        """Begin to follow an item."""
        self._progress[item_id] = _Progress()
        self._undelivered[item_id] = size
        self._undelivered_bytes += size

    def restore(self, receipt: Receipt, size: int) -> None:
        """Follow an item again, of which this was kept."""
        self._progress[receipt.item_id] = _Progress(
            receipt.delivery,
            {account: dict(devices) for account, devices in receipt.owed.items()},
            dict(receipt.mirrored),
        )
        if receipt.delivery < Delivery.DELIVERED:
            self._undelivered[receipt.item_id] = size
            self._undelivered_bytes += size

    def receipts(self, ids: Iterable[str]) -> tuple[Receipt, ...]:
        """Return how far items have come, in the form in which it is kept; only those that are still followed."""
        return tuple(self._receipt(item_id) for item_id in ids if item_id in self._progress)

    def is_owed(self, item_id: str, account: str, device: str) -> bool:
        """Tell whether a device is owed an item or has it, or everyone else has read it already."""
        progress = self._progress.get(item_id)
        return progress is None or device in self._devices(progress, account)

    def is_owed_to_devices(self, item_id: str, account: str) -> bool:
        """Tell whether an account has devices that are owed an item, or have it."""
        return bool(self._devices(self._progress[item_id], account))

    def owe(self, item_id: str, account: str, device: str | None = None) -> None:
        """Owe an item to an account, and to one of its devices if there is one yet."""
        progress = self._progress[item_id]
        if account != self._own_account:
            progress.devices.setdefault(account, {})
        if device is not None:
            self._devices(progress, account)[device] = Delivery.QUEUED

    def forgive(self, ids: Iterable[str], account: str, device: str) -> None:
        """Owe items to one device of an account no longer, since others of its devices are owed them."""
        for item_id in ids:
            del self._devices(self._progress[item_id], account)[device]

    def outstanding(self) -> Iterator[tuple[str, str]]:
        """Yield item and account where an item is owed and not delivered; for tests."""
        for item_id in self._undelivered:
            for account, devices in self._progress[item_id].devices.items():
                if max(devices.values(), default=Delivery.QUEUED) < Delivery.DELIVERED:
                    yield item_id, account

    def advance(self, ids: Iterable[str], account: str, device: str, delivery: Delivery) -> list[DeliveryChanged]:
        """Note how far items are at a device, and tell where that changes what is shown."""
        notices = []
        for item_id in ids:
            progress = self._progress.get(item_id)
            if progress is None:
                continue  # it is not followed any more
            self._devices(progress, account)[device] = delivery
            notices += self._show(item_id, progress)
        return notices

    def forget_finished(self, receipts: Iterable[Receipt]) -> None:
        """Follow those items no longer that everyone has read, nor more of the delivered ones than is bearable."""
        for receipt in receipts:
            if receipt.is_finished:
                del self._progress[receipt.item_id]
        surplus = len(self._progress) - len(self._undelivered) - MAX_FOLLOWED
        if surplus > 0:
            settled = (item_id for item_id in self._progress if self._receipt(item_id).is_settled)
            for item_id in list(itertools.islice(settled, surplus)):
                del self._progress[item_id]

    def _receipt(self, item_id: str) -> Receipt:
        progress = self._progress[item_id]
        owed = {account: dict(states) for account, states in progress.devices.items()}
        return Receipt(item_id, owed, dict(progress.mirrored))

    def _devices(self, progress: _Progress, account: str) -> dict[str, Delivery]:
        return progress.mirrored if account == self._own_account else progress.devices.get(account, {})

    def _show(self, item_id: str, progress: _Progress) -> list[DeliveryChanged]:
        accounts = [max(devices.values(), default=Delivery.QUEUED) for devices in progress.devices.values()]
        shown = min(accounts, default=Delivery.QUEUED)
        if shown is progress.shown:
            return []
        progress.shown = shown
        if shown >= Delivery.DELIVERED and item_id in self._undelivered:
            self._undelivered_bytes -= self._undelivered.pop(item_id)
        return [DeliveryChanged(item_id, shown)]
