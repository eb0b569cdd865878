"""Decides how far each of our messages is shown to have come, from how far it is at every device that it is owed to.

An account has a message when one of its devices has it; and a message is delivered when all the accounts that it is
owed to have it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from client_py.core.models import Delivery
from client_py.core.notices import DeliveryChanged


@dataclass(slots=True)
class _Progress:
    shown: Delivery = Delivery.QUEUED
    devices: dict[str, dict[str, Delivery]] = field(default_factory=dict)
    """How far the message is, by account and device; an account without devices is owed it all the same."""


class Deliveries:
    """How far each of our messages has come."""

    def __init__(self) -> None:
        self._progress: dict[str, _Progress] = {}
        self._undelivered: dict[str, int] = {}

    @property
    def undelivered_messages(self) -> int:
        """How many messages have yet to be delivered."""
        return len(self._undelivered)

    @property
    def undelivered_bytes(self) -> int:
        """How much text they have, in bytes of UTF-8."""
        return sum(self._undelivered.values())

    def add(self, message_id: str, size: int) -> None:
        """Begin to follow a message."""
        self._progress[message_id] = _Progress()
        self._undelivered[message_id] = size

    def is_owed(self, message_id: str, account: str, device: str) -> bool:
        """Tell whether a device is owed a message, or has it."""
        return device in self._progress[message_id].devices.get(account, {})

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
            self._progress[message_id].devices[account][device] = delivery
            notices += self._show(message_id)
        return notices

    def _show(self, message_id: str) -> list[DeliveryChanged]:
        progress = self._progress[message_id]
        accounts = [max(devices.values(), default=Delivery.QUEUED) for devices in progress.devices.values()]
        shown = min(accounts, default=Delivery.QUEUED)
        if shown is progress.shown:
            return []
        progress.shown = shown
        if shown >= Delivery.DELIVERED:
            self._undelivered.pop(message_id, None)
        return [DeliveryChanged(message_id, shown)]
