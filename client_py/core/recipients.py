"""Decides which device is owed which of our messages.

A message is owed to everyone who is in the room when it is written; with nobody there, to the account that we talked
with last; and before there was one, to whoever comes, unless the next message is written to somebody before that. An
account may speak through several devices: one that says hello is given, in the order of writing, all that its account
is owed and has not acknowledged. So what waits for a tab that is gone for good reaches the tab that comes after it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from client_py.core.deliveries import Deliveries
from client_py.core.inbox import Inbox
from client_py.core.models import Delivery
from client_py.core.outbox import Outbox, Outgoing
from client_py.core.records import Mark, Snapshot

MAX_DEVICES = 16
"""Devices whose marks are kept; one that is forgotten is only put in step anew."""


@dataclass(slots=True, eq=False)
class Stream:
    """What we know of one device: what it has of ours, and what we have of its."""

    account: str
    device: str
    outbox: Outbox = field(default_factory=Outbox)
    inbox: Inbox = field(default_factory=Inbox)
    heard: int = 0
    """Its place in the order in which devices were heard of last."""
    peer_id: str | None = None
    """The peer whose channel ends at this device; None while there is none."""
    has_our_mark: bool = False
    """Whether we have said what we have, so that the device can go on from there."""
    in_step: bool = False
    """Whether the device has said what it has, so that our messages can go on from there."""

    def mark(self) -> Mark:
        """Give how far we are with the device, as it is to be kept behind what is being stored already."""
        inbox = self.inbox
        return Mark(self.account, self.device, self.heard, inbox.received, inbox.read, self.outbox.acknowledged)


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A message for which there is no device yet."""

    message: Outgoing
    account: str | None
    """None is whoever comes."""
    peer_id: str | None
    """The member who is to say hello first; None where any device of the account will do."""


@dataclass(slots=True)
class _Member:
    account: str
    stream: Stream | None = None
    """Its device, once it has said hello."""


class Recipients:
    """The members of the room, their devices, and what these are owed."""

    def __init__(self, own_account: str) -> None:
        self.deliveries = Deliveries()
        self._own_account = own_account
        self._members: dict[str, _Member] = {}
        self._streams: dict[tuple[str, str], Stream] = {}
        self._waiting: list[_Waiting] = []
        self._last_account: str | None = None
        self._heard = 0

    def restore(self, snapshot: Snapshot, pending: Iterable[Outgoing]) -> None:
        """Take up what was kept; `pending` are our messages that somebody has yet to get, in the order of writing."""
        for mark in sorted(snapshot.marks, key=lambda mark: mark.heard):
            unread = [
                receipt.message_id
                for receipt in snapshot.receipts
                if receipt.owed.get(mark.account, {}).get(mark.device) is Delivery.DELIVERED
            ]
            outbox, inbox = Outbox(mark.acknowledged, unread), Inbox(mark.received, mark.read)
            self._streams[mark.account, mark.device] = Stream(mark.account, mark.device, outbox, inbox, mark.heard)
            self._last_account, self._heard = mark.account, mark.heard
        messages = {message.id: message for message in pending}
        for receipt in snapshot.receipts:
            message = messages.get(receipt.message_id)
            self.deliveries.restore(receipt, message.size if message else 0)
            if message is not None:
                self._restore_debts(message, receipt.owed)

    def _restore_debts(self, message: Outgoing, owed: Mapping[str, Mapping[str, Delivery]]) -> None:
        for account, devices in owed.items():
            for device, delivery in devices.items():
                if delivery >= Delivery.DELIVERED:
                    continue
                if (account, device) in self._streams:
                    self._owe(message, self._streams[account, device])
                else:
                    self.deliveries.forgive([message.id], account, device)
            if not self.deliveries.is_owed_to_devices(message.id, account):
                self._wait(message, account, None)
        if not owed:
            self._wait(message, None, None)

    # Who is there

    def member_joined(self, peer_id: str, account: str) -> None:
        """Someone came into the room, or we did where they are."""
        self._members[peer_id] = _Member(account)

    def member_left(self, peer_id: str) -> list[str]:
        """Someone is gone: what they have yet to get is left to their account's other devices, or to the next one.

        Gives the ids of messages that are not owed to a device any more.
        """
        member = self._members.pop(peer_id)
        self._waiting = [replace(item, peer_id=None) if item.peer_id == peer_id else item for item in self._waiting]
        if any(other.stream and other.account == member.account for other in self._members.values()):
            self._waiting = [item for item in self._waiting if item.account != member.account or item.peer_id]
            return self._give_up_absent(member.account)
        return []

    def device_named(self, peer_id: str, device: str) -> tuple[Stream, list[str]]:
        """Give what we know of the device that a member has named in its hello, with all that it is owed.

        Gives the ids of messages too that are not owed to another device any more.
        """
        member = self._members[peer_id]
        key = (member.account, device)
        stream = self._streams.pop(key, None) or Stream(*key)
        # Behind all the others, so that they stand in the order in which they were heard of last.
        self._streams[key] = member.stream = stream
        self._heard += 1
        stream.heard = self._heard
        self._last_account = member.account
        for message in self._unacknowledged(member.account):
            if not self.deliveries.is_owed(message.id, stream.account, stream.device):
                self._owe(message, stream)
        forgiven = self._give_up_absent(member.account)
        self._waiting = [
            item
            for item in self._waiting
            if item.account not in (None, member.account) or item.peer_id not in (None, peer_id)
        ]
        return stream, forgiven

    def stream(self, account: str, device: str) -> Stream:
        """Give what we know of a device that has said hello."""
        return self._streams[account, device]

    def streams(self) -> Iterable[Stream]:
        """Give all that we know of devices."""
        return self._streams.values()

    # What they are owed

    def write(self, message: Outgoing) -> list[str]:
        """Owe a new message to whom it is for.

        Gives the ids of earlier ones that were for whoever comes, and are now for those who are there: to be kept with
        the new message. Else a crash could leave those open to someone who has got the new one before them.
        """
        streams = list(dict.fromkeys(member.stream for member in self._members.values() if member.stream))
        for stream in streams:
            self._owe(message, stream)
        silent = [(peer_id, member.account) for peer_id, member in self._members.items() if self._is_awaited(member)]
        settled = self._settle(silent) if silent else []
        for peer_id, account in silent:
            self._wait(message, account, peer_id)
        if not streams and not silent:
            self._wait(message, self._last_account, None)
        return settled

    def _settle(self, silent: list[tuple[str, str]]) -> list[str]:
        """Owe to members who have yet to say hello what was for whoever comes."""
        messages = [item.message for item in self._waiting if item.account is None]
        self._waiting = [item for item in self._waiting if item.account is not None]
        for message, (peer_id, account) in itertools.product(messages, silent):
            self._wait(message, account, peer_id)
        return [message.id for message in messages]

    def _is_awaited(self, member: _Member) -> bool:
        """Tell whether a member has yet to say hello, and will.

        One of our own name may be what the server still holds of this very page, from before a crash or a lost token:
        it counts as nobody until it speaks.
        """
        return member.stream is None and member.account != self._own_account

    def check_invariants(self) -> None:
        """Assert what always holds; for tests."""
        for (account, device), stream in self._streams.items():
            stream.outbox.check_invariants()
            assert (account, device) == (stream.account, stream.device)
            stream.inbox.check_invariants()
            assert stream.peer_id is None or self._members[stream.peer_id].stream is stream
            for message in stream.outbox.pending:
                assert self.deliveries.is_owed(message.id, account, device)
        assert all(item.peer_id is None or item.peer_id in self._members for item in self._waiting)
        kept = {(message.id, stream.account) for stream in self._streams.values() for message in stream.outbox.pending}
        kept |= {(item.message.id, item.account or "") for item in self._waiting}
        assert kept.issuperset(self.deliveries.outstanding())

    def _owe(self, message: Outgoing, stream: Stream) -> None:
        self.deliveries.owe(message.id, stream.account, stream.device)
        stream.outbox.add(message)

    def _wait(self, message: Outgoing, account: str | None, peer_id: str | None) -> None:
        if account is not None:
            self.deliveries.owe(message.id, account)
        self._waiting.append(_Waiting(message, account, peer_id))

    def _unacknowledged(self, account: str) -> list[Outgoing]:
        """Give what an account is owed and has not acknowledged, in the order of writing."""
        waiting = [item.message for item in self._waiting if item.account in (None, account)]
        sent = [message for stream in self._of(account) for message in stream.outbox.pending]
        by_position = {message.position: message for message in [*waiting, *sent]}
        return [by_position[position] for position in sorted(by_position)]

    def _give_up_absent(self, account: str) -> list[str]:
        """Let go of what devices that are gone were owed, now that another one of their account is owed it."""
        present, given_up = self._present(), list[str]()
        for stream in self._of(account):
            if stream not in present:
                ids = stream.outbox.give_up()
                self.deliveries.forgive(ids, account, stream.device)
                given_up += ids
        return given_up

    def _present(self) -> list[Stream | None]:
        return [member.stream for member in self._members.values()]

    def _of(self, account: str) -> list[Stream]:
        return [stream for stream in self._streams.values() if stream.account == account]

    def forget_one_device(self) -> tuple[tuple[str, str], ...]:
        """Keep the devices few, by letting go of one that is away, is owed nothing, and has nothing being stored."""
        present = self._present()
        forgettable = [
            key
            for key, stream in self._streams.items()
            if stream not in present and not stream.outbox.pending and stream.inbox.stored == stream.inbox.received
        ]
        if len(self._streams) <= MAX_DEVICES or not forgettable:
            return ()
        del self._streams[forgettable[0]]
        return (forgettable[0],)
