"""Decides how far each of our messages is shown to have come, from how far it is at every device that it is owed to.

An account has a message when one of its devices has it; and a message is delivered when all the accounts that it is
owed to have it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from client_py.core.models import Delivery
from client_py.core.notices import DeliveryChanged
from client_py.core.records import Receipt

MAX_FOLLOWED = 2_000
"""Messages whose way is followed at once; beyond that, the oldest that were delivered stay shown as delivered."""


@dataclass(slots=True)
class _Progress:
    shown: Delivery = Delivery.QUEUED
    devices: dict[str, dict[str, Delivery]] = field(default_factory=dict)
    """How far the message is, by account and device; an account without devices is owed it all the same."""


class Deliveries:
    """How far each of our messages has come, from its writing until everyone has read it."""

    def __init__(self) -> None:
        self._progress: dict[str, _Progress] = {}
        self._undelivered: dict[str, int] = {}
        self._undelivered_bytes = 0

    @property
    def undelivered_messages(self) -> int:
        """How many messages have yet to be delivered."""
        return len(self._undelivered)

    @property
    def undelivered_bytes(self) -> int:
        """How much text they have, in bytes of UTF-8."""
        return self._undelivered_bytes

    def add(self, message_id: str, size: int) -> None:
        """Begin to follow a message."""
        self._progress[message_id] = _Progress()
        self._undelivered[message_id] = size
        self._undelivered_bytes += size

    def restore(self, receipt: Receipt, size: int) -> None:
        """Follow a message again, of which this was kept."""
        self._progress[receipt.message_id] = _Progress(
            receipt.delivery, {account: dict(devices) for account, devices in receipt.owed.items()}
        )
        if receipt.delivery < Delivery.DELIVERED:
            self._undelivered[receipt.message_id] = size
            self._undelivered_bytes += size

    def receipts(self, ids: Iterable[str]) -> tuple[Receipt, ...]:
        """Give how far messages are, as it is to be kept; of those that are still followed."""
        return tuple(self._receipt(message_id) for message_id in ids if message_id in self._progress)

    def is_owed(self, message_id: str, account: str, device: str) -> bool:
        """Tell whether a device is owed a message or has it, or everyone else has read it already."""
        progress = self._progress.get(message_id)
        return progress is None or device in progress.devices.get(account, {})

    def is_owed_to_devices(self, message_id: str, account: str) -> bool:
        """Tell whether an account has devices that are owed a message, or have it."""
        return bool(self._progress[message_id].devices.get(account))

    def owe(self, message_id: str, account: str, device: str | None = None) -> None:
        """Owe a message to an account, and to one of its devices if there is one yet."""
        devices = self._progress[message_id].devices.setdefault(account, {})
        if device is not None:
            devices[device] = Delivery.QUEUED

    def forgive(self, ids: Iterable[str], account: str, device: str) -> None:
        """Owe messages to one device of an account no longer, since others of its devices are owed them."""
        for message_id in ids:
            del self._progress[message_id].devices[account][device]

    def outstanding(self) -> Iterator[tuple[str, str]]:
        """Give message and account where a message is owed and not delivered; for tests."""
        for message_id in self._undelivered:
            for account, devices in self._progress[message_id].devices.items():
                if max(devices.values(), default=Delivery.QUEUED) < Delivery.DELIVERED:
                    yield message_id, account

    def advance(self, ids: Iterable[str], account: str, device: str, delivery: Delivery) -> list[DeliveryChanged]:
        """Note how far messages are at a device, and tell where that changes what is shown."""
        notices = []
        for message_id in ids:
            progress = self._progress.get(message_id)
            if progress is None:
                continue  # it is not followed any more
            progress.devices[account][device] = delivery
            notices += self._show(message_id, progress)
        return notices

    def forget_finished(self, receipts: Iterable[Receipt]) -> None:
        """Follow those messages no longer that everyone has read, nor more of the delivered ones than is bearable."""
        for receipt in receipts:
            if receipt.is_finished:
                del self._progress[receipt.message_id]
        surplus = len(self._progress) - len(self._undelivered) - MAX_FOLLOWED
        if surplus > 0:
            settled = (message_id for message_id in self._progress if self._receipt(message_id).is_settled)
            for message_id in list(itertools.islice(settled, surplus)):
                del self._progress[message_id]

    def _receipt(self, message_id: str) -> Receipt:
        devices = self._progress[message_id].devices
        return Receipt(message_id, {account: dict(states) for account, states in devices.items()})

    def _show(self, message_id: str, progress: _Progress) -> list[DeliveryChanged]:
        accounts = [max(devices.values(), default=Delivery.QUEUED) for devices in progress.devices.values()]
        shown = min(accounts, default=Delivery.QUEUED)
        if shown is progress.shown:
            return []
        progress.shown = shown
        if shown >= Delivery.DELIVERED and message_id in self._undelivered:
            self._undelivered_bytes -= self._undelivered.pop(message_id)
        return [DeliveryChanged(message_id, shown)]
