"""Decides what is said over the data channels of a room: what goes out when, what has arrived, and what may be shown.

The promise: exactly once, in order per sender, and 'delivered' only for what the other side holds. An item goes through
`submitted` → `Store` → `stored` → frames, and a received one through frames → `Store` → `stored` → `Ack`, so that
nothing is sent or acknowledged before it is safe. A device is one tab with what it keeps, which outlives its page
(`history_records.py`); an account may have several, and those of our own account mirror what we write.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from client_py.core.conversation.delivery import Delivery, Direction
from client_py.core.conversation.display_names import display_name_of
from client_py.core.conversation.features import OURS, PROFILE, Abilities
from client_py.core.conversation.history_records import Entry, Kept, Receipt, Snapshot
from client_py.core.conversation.item_ids import local_id, without_author
from client_py.core.conversation.item_limits import item_fault
from client_py.core.conversation.items import Body, Item, Text, body_of, content_of
from client_py.core.conversation.notices import (
    ConversationNotice,
    ItemAdded,
    ItemRefused,
    ProfileChanged,
    UnreadChanged,
)
from client_py.core.conversation.outbox import Outgoing
from client_py.core.conversation.recipients import Recipients, Stream
from client_py.core.conversation.sharing import EVERYTHING, Sharing
from client_py.core.conversation.typing_indicator import StartTypingTimer, TypingIndicator
from client_py.core.frames import (
    Ack,
    ConversationFrame,
    Features,
    Frame,
    Hello,
    ItemPart,
    MessagePart,
    Profile,
    Read,
    Resume,
    Typing,
)
from protocol.errors import UnexpectedMessage

MAX_RECENT_IDS = 10_000
"""How many of the last items are remembered here, ten times what an account may have to send again."""

EMPTY = Snapshot()


@dataclass(frozen=True, slots=True)
class SendFrame:
    """Send a frame to a peer whose `chat` channel is open."""

    peer_id: str
    frame: Frame


@dataclass(frozen=True, slots=True)
class Store:
    """Keep this, after what was to be kept before it; then call `stored` with it, and with what became safe along."""

    entry: Entry


ConversationEffect = SendFrame | Store | StartTypingTimer | ConversationNotice


@dataclass(slots=True)
class _Channel:
    """An open channel; who is at its other end is not known before its hello."""

    stream: Stream | None = None
    abilities: Abilities = field(default_factory=Abilities)


class Conversation:
    """The conversation in one room, as one device has it."""

    def __init__(
        self,
        *,
        device: str,
        username: str,
        snapshot: Snapshot = EMPTY,
        abilities: Abilities = OURS,
        sharing: Sharing = EVERYTHING,
    ) -> None:
        self._abilities = abilities
        self._sharing = sharing
        self._device = device
        self._username = username
        self._recipients = Recipients(username)
        self._deliveries = self._recipients.deliveries
        self._channels: dict[str, _Channel] = {}
        self._last_position = 0
        self._unstored: deque[Outgoing] = deque()
        """Our items that are being stored, in the order of writing; nothing of them has left yet."""
        self._shown_ids: dict[str, None] = {}
        """Of the items that came in last, the oldest first."""
        self._typing = TypingIndicator()
        self._profiles: dict[str, Profile] = {}
        """What others want to be called, by account."""
        self._reading = False
        self._unread = 0
        self._restore(snapshot)

    def _restore(self, snapshot: Snapshot) -> None:
        pending = []
        for item in snapshot.pending:
            pending.append(self._outgoing(item))
            self._last_position += 1
        self._recipients.restore(snapshot, pending)
        for item in snapshot.items:
            if not item.is_written_here:
                self._note_shown(local_id(without_author(item.id), item.author, self._username))

    @property
    def waited_for(self) -> str | None:
        """The account for which an item would wait that is written with nobody there; None before there was any."""
        return self._recipients.waited_for

    # Inputs of the person

    def text_submitted(self, item_id: str, text: str, now: float) -> list[ConversationEffect]:
        """The person sent a message; `now` in seconds since the epoch."""
        # A lone surrogate is no Unicode text, and the channel would replace it on the way (WebIDL's USVString).
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        if not text.strip():
            return []
        effects = self.submitted(item_id, Text(text), now)
        self._typing.message_written(now)
        return effects

    def submitted(self, item_id: str, body: Body, now: float) -> list[ConversationEffect]:
        """The person said something, in whatever way; `now` in seconds since the epoch."""
        item = Item(item_id, Direction.OUTGOING, self._username, body, now, Delivery.QUEUED)
        outgoing = self._outgoing(item)
        waiting, waiting_bytes = self._deliveries.undelivered_items, self._deliveries.undelivered_bytes
        if fault := item_fault(outgoing.size, waiting=waiting, waiting_bytes=waiting_bytes):
            return [ItemRefused(body, fault)]
        self._last_position = outgoing.position
        self._unstored.append(outgoing)
        # To whom it is owed is decided now, and kept along with it.
        self._deliveries.add(item_id, outgoing.size)
        settled = self._recipients.write(outgoing)
        return [Store(Entry(item, receipts=self._deliveries.receipts([*settled, item_id])))]

    def typed(self, now: float) -> list[ConversationEffect]:
        """The person pressed a key in the composer."""
        if not self._sharing.typing or not self._typing.is_due(now):
            return []
        peers = [
            stream.peer_id
            for stream in self._recipients.streams()
            if stream.peer_id and stream.in_step and stream.account != self._username
        ]
        if peers:
            self._typing.said(now)
        return [SendFrame(peer_id, Typing()) for peer_id in peers]

    def reading_changed(self, *, reading: bool) -> list[ConversationEffect]:
        """The newest message came before the person's eyes, or is no longer there."""
        self._reading = reading
        if not reading:
            return []
        effects: list[ConversationEffect] = []
        for stream in self._recipients.streams():
            effects += self._mark_read(stream)
        return [*effects, *self._set_unread(0)]

    def sharing_changed(self, sharing: Sharing) -> list[ConversationEffect]:
        """The person lets others know more or less of them from now on, or wants to be called otherwise."""
        before, self._sharing = self._sharing, sharing
        effects: list[ConversationEffect] = [] if sharing.typing else [*self._typing.silenced()]
        if sharing.profile != before.profile:
            for peer_id in self._channels:
                effects += self._send_profile(peer_id)
        # What is before their eyes was read, and may be told now.
        return [*effects, *(self.reading_changed(reading=True) if self._reading else [])]

    # Inputs of the room

    def member_joined(self, peer_id: str, username: str) -> list[ConversationEffect]:
        """Someone is in the room with us, and has no channel yet; the server vouches for the name."""
        self._recipients.member_joined(peer_id, username)
        return []

    def member_left(self, peer_id: str) -> list[ConversationEffect]:
        """Someone is gone, and their channel before them."""
        receipts = self._receipts(self._recipients.member_left(peer_id))
        return [Store(Entry(receipts=receipts))] if receipts else []

    # Inputs of the channels

    def channel_opened(self, peer_id: str) -> list[ConversationEffect]:
        """A new channel to a member is open."""
        self._channels[peer_id] = _Channel()
        return [SendFrame(peer_id, Hello(self._abilities.version, self._device))]

    def channel_closed(self, peer_id: str) -> list[ConversationEffect]:
        """A channel is gone; what it had not brought over waits for the next one."""
        channel = self._channels.pop(peer_id, None)
        if channel is None:
            return []
        effects: list[ConversationEffect] = [*self._typing.ended(peer_id)]
        if channel.stream is not None and channel.stream.peer_id == peer_id:
            effects += self._detach(channel.stream)
        return effects

    def frame_received(self, peer_id: str, frame: ConversationFrame, now: float) -> list[ConversationEffect]:  # noqa: C901 - a table
        """A frame came in, at `now`; a RemoteProtocolError says that this channel can no longer be trusted."""
        channel = self._channels.get(peer_id)
        if channel is None:
            return []  # it was closed on account of what came before
        if isinstance(frame, Hello):
            return self._on_hello(peer_id, channel, frame)
        stream = channel.stream
        if stream is None:
            raise UnexpectedMessage(type(frame).__name__.lower(), "the first frame is a hello")
        if stream.peer_id != peer_id:
            return []  # the device has a newer channel, and says there what it has
        match frame:
            case Features(names):
                channel.abilities = self._abilities.shared_with(channel.abilities.version, frozenset(names))
                return self._send_profile(peer_id)
            case Resume():
                return self._on_resume(stream, frame, channel.abilities)
            case ItemPart():
                return self._on_item_part(peer_id, stream, frame, now)
            case MessagePart():
                return self._on_item_part(peer_id, stream, frame.as_item(), now)
            case Ack():
                return self._on_ack(stream, frame)
            case Read():
                return self._on_read(stream, frame.read)
            case Typing():
                is_shown = self._sharing.typing and stream.account != self._username
                return [*self._typing.heard(peer_id, stream.account)] if is_shown else []
            case Profile():
                return self._on_profile(stream.account, frame)

    # Inputs of the store and of time

    def stored(self, together: Sequence[Kept]) -> list[ConversationEffect]:
        """What `Store` asked for is safe now, in one transaction; what there is to say of it is said once to each."""
        added, sources, ready = list[ConversationNotice](), dict[Stream, None](), dict[Stream, None]()
        unread = self._unread
        for kept in together:
            ready.update(dict.fromkeys(self._recipients.kept(kept.entry)))
            item = kept.entry.item
            if item is None:
                continue
            if item.is_written_here:
                written = self._unstored.popleft()
                assert written.id == item.id
                ready.update(dict.fromkeys(self._recipients.streams()))
            else:
                sources[self._note_stored(kept.entry)] = None
                if not kept.new or item.id in self._shown_ids:
                    continue  # it stands in the transcript since before
                self._note_shown(item.id)
                unread += item.is_shown and item.direction is Direction.INCOMING
            added.append(ItemAdded(replace(item, position=kept.position)))
        return [*self._say_stored(sources, ready, added), *self._note_seen(sources, unread)]

    def awaits(self, peer_id: str) -> bool:
        """Tell whether a peer owes us an answer: the beginning of the conversation, or an acknowledgement."""
        channel = self._channels.get(peer_id)
        if channel is None:
            return False
        return channel.stream is None or not channel.stream.in_step or channel.stream.outbox.has_sent

    def shares(self, peer_id: str, feature: str) -> bool:
        """Tell whether a peer has named a feature that is ours as well, on the channel that is open."""
        channel = self._channels.get(peer_id)
        return channel is not None and feature in channel.abilities.features

    def typing_timer_fired(self, peer_id: str) -> list[ConversationEffect]:
        """Nothing more was heard of a peer who was typing."""
        return [*self._typing.ended(peer_id)]

    def check_invariants(self) -> None:
        """Assert what always holds; for tests."""
        self._recipients.check_invariants()
        for stream in self._recipients.streams():
            assert stream.peer_id is None or self._channels[stream.peer_id].stream is stream
            assert stream.peer_id is not None or not (stream.in_step or stream.has_our_mark)

    # Frames

    def _on_hello(self, peer_id: str, channel: _Channel, hello: Hello) -> list[ConversationEffect]:
        if hello.device == self._device:
            raise UnexpectedMessage("hello", "it names this device")
        if channel.stream is not None:
            raise UnexpectedMessage("hello", "it came twice")
        stream, forgiven = self._recipients.device_named(peer_id, hello.device)
        channel.stream = stream
        channel.abilities = self._abilities.shared_with(hello.version, frozenset())
        effects = self._detach(stream)
        stream.peer_id = peer_id
        # What waited for the next person to come is now for this one, whoever comes after a reload.
        receipts = self._receipts(dict.fromkeys([*(item.id for item in stream.outbox.pending), *forgiven]))
        entry = Entry(receipts=receipts, marks=(stream.mark(),), forgotten=self._recipients.forget_one_device())
        # What is stored after an acknowledgement is safe no earlier than that.
        stream.waits_for = entry if self._recipients.omits_unsafe(stream) else None
        features = [SendFrame(peer_id, Features(self._abilities.names))] if channel.abilities.has_items else []
        return [*effects, Store(entry), *features, *self._send_resume(stream)]

    def _send_resume(self, stream: Stream) -> list[ConversationEffect]:
        # While something is being stored, our mark would lag behind what we have. The device would number again what we
        # take for known, so we say nothing until both are the same.
        if stream.peer_id is None or stream.inbox.stored != stream.inbox.received:
            return []
        stream.has_our_mark = True
        return [SendFrame(stream.peer_id, Resume(stream.inbox.stored, stream.inbox.read))]

    def _on_resume(self, stream: Stream, resume: Resume, abilities: Abilities) -> list[ConversationEffect]:
        if stream.in_step:
            raise UnexpectedMessage("resume", "it came twice")
        stream.in_step = True
        effects = self._advance(stream.outbox.resume(resume.received, abilities), stream, Delivery.DELIVERED)
        return [*effects, *self._on_read(stream, resume.read), *self._send_more(stream)]

    def _on_read(self, stream: Stream, mark: int) -> list[ConversationEffect]:
        if not self._sharing.read_receipts:
            return []  # the next mark says it again, should the person want to know it by then
        return self._advance(stream.outbox.mark_read(mark), stream, Delivery.READ)

    def _on_profile(self, account: str, profile: Profile) -> list[ConversationEffect]:
        name = display_name_of(profile.name)
        profile = replace(profile, name=name)
        if account == self._username or profile == self._profiles.get(account, Profile()):
            return []
        self._profiles[account] = profile
        return [ProfileChanged(account, name, profile.hue)]

    def _send_profile(self, peer_id: str) -> list[ConversationEffect]:
        """Tell a peer what we want to be called, if they know of such things and are somebody else."""
        stream = self._channels[peer_id].stream
        if stream is None or stream.peer_id != peer_id or stream.account == self._username:
            return []
        return [SendFrame(peer_id, self._sharing.profile)] if self.shares(peer_id, PROFILE) else []

    def _on_item_part(self, peer_id: str, stream: Stream, frame: ItemPart, now: float) -> list[ConversationEffect]:
        if not stream.has_our_mark:
            raise UnexpectedMessage("item", "the device has not been told where to go on")
        if frame.seq <= stream.inbox.received:
            return [SendFrame(peer_id, Ack(stream.inbox.stored))]
        incoming = stream.inbox.receive(frame)
        if incoming is None:
            return []
        # What our own account has written is ours, wherever it was written.
        is_ours = stream.account == self._username
        item = Item(
            local_id(incoming.id, stream.account, self._username),
            Direction.OUTGOING if is_ours else Direction.INCOMING,
            stream.account,
            body_of(incoming.kind, incoming.content),
            incoming.written_at(now),
            from_other_device=is_ours,
        )
        return [Store(Entry(item, marks=(stream.mark(),)))]

    def _on_ack(self, stream: Stream, ack: Ack) -> list[ConversationEffect]:
        ids = stream.outbox.acknowledge(ack.received)
        if ids is None:
            raise UnexpectedMessage("ack", f"nothing of number {ack.received} was sent")
        return [*self._advance(ids, stream, Delivery.DELIVERED), *self._send_more(stream)]

    # Storing

    def _note_stored(self, entry: Entry) -> Stream:
        """Note that an item of a device is safe; return how we stand with it."""
        (mark,) = entry.marks
        stream = self._recipients.stream(mark.account, mark.device)
        stream.inbox.mark_stored(mark.received)
        return stream

    def _say_stored(
        self, sources: Iterable[Stream], ready: Iterable[Stream], added: Sequence[ConversationNotice]
    ) -> list[ConversationEffect]:
        """Acknowledge to the devices that items came from, send our own where they may go now, and then show them."""
        effects: list[ConversationEffect] = []
        for stream in sources:
            effects += self._acknowledge(stream)
        for stream in ready:
            effects += self._send_more(stream)
        # Sent first, since building it takes time; but nothing can be shown of it before it is there itself.
        frames = [effect for effect in effects if isinstance(effect, SendFrame)]
        states = [effect for effect in effects if not isinstance(effect, SendFrame)]
        return [*frames, *added, *states]

    def _acknowledge(self, stream: Stream) -> list[ConversationEffect]:
        if stream.peer_id is None:
            return []
        typing = self._typing.ended(stream.peer_id)
        if not stream.has_our_mark:
            return [*self._send_resume(stream), *typing]
        return [SendFrame(stream.peer_id, Ack(stream.inbox.stored)), *typing]

    def _note_seen(self, sources: Iterable[Stream], unread: int) -> list[ConversationEffect]:
        """Messages of these devices were shown, to a person who is reading or to one who is not."""
        if not self._reading:
            return self._set_unread(unread)
        effects: list[ConversationEffect] = []
        for stream in sources:
            effects += self._mark_read(stream)
        return effects

    def _note_shown(self, item_id: str) -> None:
        self._shown_ids[item_id] = None
        if len(self._shown_ids) > MAX_RECENT_IDS:
            del self._shown_ids[next(iter(self._shown_ids))]

    # Streams

    def _detach(self, stream: Stream) -> list[ConversationEffect]:
        stream.peer_id = None
        stream.in_step = stream.has_our_mark = False
        stream.inbox.channel_lost()
        return self._advance(stream.outbox.channel_lost(), stream, Delivery.QUEUED)

    def _send_more(self, stream: Stream) -> list[ConversationEffect]:
        effects: list[ConversationEffect] = []
        if stream.peer_id is None or not stream.in_step or stream.waits_for is not None:
            return effects
        for item, frames in stream.outbox.send_more(self._kept_position):
            effects += [SendFrame(stream.peer_id, frame) for frame in frames]
            effects += self._advance([item.id], stream, Delivery.SENT)
        return effects

    @property
    def _kept_position(self) -> int:
        """The last of our items that is safe here, and may leave."""
        return self._unstored[0].position - 1 if self._unstored else self._last_position

    def _outgoing(self, item: Item) -> Outgoing:
        """Return an item in the form in which it is sent, after all that we have written."""
        kind, content = content_of(item.body)
        return Outgoing(item.id, kind, content, item.sent_at, self._last_position + 1, len(content.encode()))

    def _advance(self, ids: Sequence[str], stream: Stream, delivery: Delivery) -> list[ConversationEffect]:
        notices = self._deliveries.advance(ids, stream.account, stream.device, delivery)
        if not ids or delivery < Delivery.DELIVERED:
            return [*notices]  # what is on its way is sent again from where it is kept
        entry = Entry(receipts=self._receipts(ids), marks=(stream.mark(),))
        if delivery is Delivery.DELIVERED:
            stream.unsafe_ack = entry
        return [*notices, Store(entry)]

    def _receipts(self, ids: Iterable[str]) -> tuple[Receipt, ...]:
        """Return how far messages are, to be kept; those that nothing more can be learned of are let go."""
        receipts = self._deliveries.receipts(ids)
        self._deliveries.forget_finished(receipts)
        return receipts

    def _mark_read(self, stream: Stream) -> list[ConversationEffect]:
        if stream.inbox.read == stream.inbox.stored or not self._sharing.read_receipts:
            return []
        stream.inbox.read = stream.inbox.stored
        effects: list[ConversationEffect] = [Store(Entry(marks=(stream.mark(),)))]
        if stream.peer_id is None or not stream.has_our_mark:
            return effects  # the next resume says it
        return [*effects, SendFrame(stream.peer_id, Read(stream.inbox.read))]

    # What is shown

    def _set_unread(self, count: int) -> list[ConversationEffect]:
        if count == self._unread:
            return []
        self._unread = count
        return [UnreadChanged(count)]
