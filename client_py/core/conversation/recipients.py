"""Decides which device is owed which of our items.

An item is owed to everyone who is in the room when it is written; with nobody there, to the account that we talked
with last; and before there was one, to the next to come, unless the next message is written to somebody before that. An
account may speak through several devices: one that says hello is given, in the order of writing, all that its account
is owed and has not acknowledged. So what waits for a tab that is gone for good reaches the tab that comes after it.

It is not given what another device of its account has acknowledged. A page that ends before it has kept such an
acknowledgement does not know of it any more when it is loaded again, and would give the device that item after newer
ones. So nothing is sent to a device until all those acknowledgements are safe.

Our own other devices mirror what we write, as long as they are in the room with us. They are nobody that an item could
wait for, and what they missed while they were away is not made good here.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from client_py.core.conversation.delivery import Delivery
from client_py.core.conversation.delivery_progress import Deliveries
from client_py.core.conversation.history_records import Entry, Mark, Receipt, Snapshot
from client_py.core.conversation.inbox import Inbox
from client_py.core.conversation.outbox import Outbox, Outgoing

MAX_DEVICES = 16
"""Devices whose marks are kept; one that is forgotten is only put in step again."""


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
    unsafe_ack: Entry | None = None
    """What is being stored of its last acknowledgement; None once that is safe."""
    waits_for: Entry | None = None
    """What has to be safe before anything is sent to it."""

    @property
    def is_being_stored(self) -> bool:
        """Whether something that came from it is not safe yet."""
        return self.unsafe_ack is not None or self.inbox.stored != self.inbox.received

    def mark(self) -> Mark:
        """Return how far we are with the device, in the form to keep after what is being stored already."""
        inbox = self.inbox
        return Mark(self.account, self.device, self.heard, inbox.received, inbox.read, self.outbox.acknowledged)


@dataclass(frozen=True, slots=True)
class _Waiting:
    """An item for which there is no device yet."""

    item: Outgoing
    account: str | None
    """None is the next account to come."""
    peer_id: str | None
    """The member who has to say hello first; None where any device of the account will do."""

    def is_for(self, account: str, peer_id: str) -> bool:
        """Tell whether it waits for a member of another account, who has come."""
        return self.account in (None, account) and self.peer_id in (None, peer_id)


@dataclass(slots=True)
class _Member:
    account: str
    stream: Stream | None = None
    """Its device, once it has said hello."""


class Recipients:
    """The members of the room, their devices, and what these are owed."""

    def __init__(self, own_account: str) -> None:
        self.deliveries = Deliveries(own_account)
        self._own_account = own_account
        self._members: dict[str, _Member] = {}
        self._streams: dict[tuple[str, str], Stream] = {}
        self._waiting: list[_Waiting] = []
        self._last_account: str | None = None
        self._heard = 0

    @property
    def waited_for(self) -> str | None:
        """The account for which an item would wait that is written with nobody there; None before there was any."""
        return self._last_account

    def restore(self, snapshot: Snapshot, pending: Iterable[Outgoing]) -> None:
        """Take up what was kept; `pending` are our items that somebody has yet to get, in the order of writing."""
        for mark in sorted(snapshot.marks, key=lambda mark: mark.heard):
            unread = [
                receipt.item_id
                for receipt in snapshot.receipts
                if receipt.owed.get(mark.account, {}).get(mark.device) is Delivery.DELIVERED
            ]
            outbox, inbox = Outbox(mark.acknowledged, unread), Inbox(mark.received, mark.read)
            self._streams[mark.account, mark.device] = Stream(mark.account, mark.device, outbox, inbox, mark.heard)
            self._heard = mark.heard
            if mark.account != self._own_account:
                self._last_account = mark.account
        items = {item.id: item for item in pending}
        for kept in snapshot.receipts:
            item, receipt = items.get(kept.item_id), kept.without(self._own_account)
            if item is None and not receipt.owed:
                continue
            self.deliveries.restore(receipt, item.size if item else 0)
            if item is not None:
                self._restore_debts(item, receipt)

    def _restore_debts(self, item: Outgoing, receipt: Receipt) -> None:
        self._restore_debts_to(item, self._own_account, receipt.mirrored)
        for account, devices in receipt.owed.items():
            self._restore_debts_to(item, account, devices)
            if not self.deliveries.is_owed_to_devices(item.id, account):
                self._wait(item, account, None)
        if not receipt.owed:
            self._wait(item, None, None)

    def _restore_debts_to(self, item: Outgoing, account: str, devices: Mapping[str, Delivery]) -> None:
        for device, delivery in devices.items():
            if delivery >= Delivery.DELIVERED:
                continue
            if (account, device) in self._streams:
                self._owe(item, self._streams[account, device])
            else:
                self.deliveries.forgive([item.id], account, device)

    # Who is there

    def member_joined(self, peer_id: str, account: str) -> None:
        """Someone came into the room, or we did where they are."""
        self._members[peer_id] = _Member(account)

    def member_left(self, peer_id: str) -> list[str]:
        """Someone is gone: what they have yet to get is left to their account's other devices, or to the next one.

        Returns the ids of items that are not owed to a device any more.
        """
        member = self._members.pop(peer_id)
        if member.account == self._own_account:
            self._waiting = [waiting for waiting in self._waiting if waiting.peer_id != peer_id]
            return self._give_up([member.stream] if member.stream else [])
        self._waiting = [
            replace(waiting, peer_id=None) if waiting.peer_id == peer_id else waiting for waiting in self._waiting
        ]
        if any(other.stream and other.account == member.account for other in self._members.values()):
            self._waiting = [
                waiting for waiting in self._waiting if waiting.account != member.account or waiting.peer_id
            ]
            return self._give_up_absent(member.account)
        return []

    def device_named(self, peer_id: str, device: str) -> tuple[Stream, list[str]]:
        """Return what we know of the device that a member has named in its hello, with all that it is owed.

        Returns the ids of items too that are not owed to another device any more.
        """
        member = self._members[peer_id]
        key = (member.account, device)
        stream = self._streams.pop(key, None) or Stream(*key)
        # After all the others, so that they stand in the order in which they were heard of last.
        self._streams[key] = member.stream = stream
        self._heard += 1
        stream.heard = self._heard
        if member.account == self._own_account:
            owed = [waiting.item for waiting in self._waiting if waiting.peer_id == peer_id]
            self._waiting = [waiting for waiting in self._waiting if waiting.peer_id != peer_id]
        else:
            self._last_account = member.account
            owed = self._unacknowledged(member.account)
            self._waiting = [waiting for waiting in self._waiting if not waiting.is_for(member.account, peer_id)]
        for item in owed:
            if not self.deliveries.is_owed(item.id, stream.account, stream.device):
                self._owe(item, stream)
        # Of another account, one device that has an item is enough; of our own, each mirrors us by itself.
        is_own = member.account == self._own_account
        return stream, [] if is_own else self._give_up_absent(member.account)

    def omits_unsafe(self, stream: Stream) -> bool:
        """Tell whether what a device is not given has been acknowledged by another one, and that is not safe yet."""
        others = [other for other in self._of(stream.account) if other is not stream]
        return stream.account != self._own_account and any(other.unsafe_ack is not None for other in others)

    def kept(self, entry: Entry) -> list[Stream]:
        """Note that an entry is safe; return the devices to which nothing was sent before."""
        streams = [self._streams.get((mark.account, mark.device)) for mark in entry.marks]
        ready = []
        for stream in streams:
            if stream is None:
                continue  # it was forgotten meanwhile
            if stream.unsafe_ack is entry:
                stream.unsafe_ack = None
            if stream.waits_for is entry:
                stream.waits_for = None
                ready.append(stream)
        return ready

    def stream(self, account: str, device: str) -> Stream:
        """Return what we know of a device that has said hello."""
        return self._streams[account, device]

    def streams(self) -> Iterable[Stream]:
        """Return all that we know of devices."""
        return self._streams.values()

    # What they are owed

    def write(self, item: Outgoing) -> list[str]:
        """Owe a new item to whom it is for.

        Returns the ids of earlier ones that were for the next to come, and are now for those who are there: they are
        kept with the new item. Else a crash could leave them open to someone who has received the new one before them.
        """
        streams = list(dict.fromkeys(member.stream for member in self._members.values() if member.stream))
        for stream in streams:
            self._owe(item, stream)
        silent = [(peer_id, member.account) for peer_id, member in self._members.items() if member.stream is None]
        others = [(peer_id, account) for peer_id, account in silent if account != self._own_account]
        settled = self._settle(others) if others else []
        for peer_id, account in silent:
            self._wait(item, account, peer_id)
        if not others and all(stream.account == self._own_account for stream in streams):
            self._wait(item, self._last_account, None)
        return settled

    def _settle(self, silent: list[tuple[str, str]]) -> list[str]:
        """Owe to members who have yet to say hello what was for the next to come."""
        items = [waiting.item for waiting in self._waiting if waiting.account is None]
        self._waiting = [waiting for waiting in self._waiting if waiting.account is not None]
        for item, (peer_id, account) in itertools.product(items, silent):
            self._wait(item, account, peer_id)
        return [item.id for item in items]

    def check_invariants(self) -> None:
        """Assert what always holds; for tests."""
        for (account, device), stream in self._streams.items():
            stream.outbox.check_invariants()
            assert (account, device) == (stream.account, stream.device)
            stream.inbox.check_invariants()
            assert stream.peer_id is None or self._members[stream.peer_id].stream is stream
            assert stream.waits_for is None or not stream.outbox.has_sent
            for item in stream.outbox.pending:
                assert self.deliveries.is_owed(item.id, account, device)
        assert all(waiting.peer_id is None or waiting.peer_id in self._members for waiting in self._waiting)
        kept = {(item.id, stream.account) for stream in self._streams.values() for item in stream.outbox.pending}
        kept |= {(waiting.item.id, waiting.account or "") for waiting in self._waiting}
        assert kept.issuperset(self.deliveries.outstanding())

    def _owe(self, item: Outgoing, stream: Stream) -> None:
        self.deliveries.owe(item.id, stream.account, stream.device)
        stream.outbox.add(item)

    def _wait(self, item: Outgoing, account: str | None, peer_id: str | None) -> None:
        if account is not None:
            self.deliveries.owe(item.id, account)
        self._waiting.append(_Waiting(item, account, peer_id))

    def _unacknowledged(self, account: str) -> list[Outgoing]:
        """Return what an account is owed and has not acknowledged, in the order of writing."""
        waiting = [waiting.item for waiting in self._waiting if waiting.account in (None, account)]
        sent = [item for stream in self._of(account) for item in stream.outbox.pending]
        by_position = {item.position: item for item in [*waiting, *sent]}
        return [by_position[position] for position in sorted(by_position)]

    def _give_up_absent(self, account: str) -> list[str]:
        """Let go of what devices that are gone were owed, now that another one of their account is owed it."""
        return self._give_up(self._of(account))

    def _give_up(self, streams: Iterable[Stream]) -> list[str]:
        """Let go of what those of some devices were owed that are gone; return the ids."""
        present, given_up = self._present(), list[str]()
        for stream in streams:
            if stream not in present:
                ids = stream.outbox.give_up()
                self.deliveries.forgive(ids, stream.account, stream.device)
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
            if stream not in present and not stream.outbox.pending and not stream.is_being_stored
        ]
        if len(self._streams) <= MAX_DEVICES or not forgettable:
            return ()
        del self._streams[forgettable[0]]
        return (forgettable[0],)
