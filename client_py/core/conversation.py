"""Decides what is said over the data channels of a room: what goes out to whom, what has arrived, and what may be shown.

The promise: exactly once, in order per sender, and 'delivered' only for what the other side holds. A message goes through
`message_submitted` → `Store` → `stored` → frames, and a received one through frames → `Store` → `stored` → `Ack`, so that
nothing is sent or acknowledged before it is safe. A device is one page's memory; an account may have several.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass, field, replace

from client_py.core.frames import MAX_MESSAGE_BYTES, VERSION, Ack, Frame, Hello, MessagePart, Read, Resume, Typing
from client_py.core.inbox import Inbox
from client_py.core.models import Delivery, Direction, Message
from client_py.core.notices import (
    DeliveryChanged,
    MessageAdded,
    MessageRefused,
    Notice,
    TypingChanged,
    UnreadChanged,
)
from client_py.core.outbox import Outbox, Outgoing
from protocol.errors import UnexpectedMessage

MAX_PENDING_MESSAGES = 1_000
"""So many messages may wait to be delivered; more would be lost with the page sooner than read."""

MAX_DEVICES = 16
"""Devices whose marks are kept; one that is forgotten is only put in step anew."""

TYPING_SENT_EVERY_SECONDS = 3.0
TYPING_SHOWN_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class SendFrame:
    """Send a frame to a peer whose channel is open."""

    peer_id: str
    frame: Frame


@dataclass(frozen=True, slots=True)
class StoredOutgoing:
    """A message of ours that is to be kept, and then sent."""

    message: Message


@dataclass(frozen=True, slots=True)
class StoredIncoming:
    """A device's high-water mark, with the message that it stands for; None if that one is here already."""

    device: str
    seq: int
    message: Message | None


@dataclass(frozen=True, slots=True)
class Store:
    """Keep this, in one transaction, and then call `stored` with it."""

    entry: StoredOutgoing | StoredIncoming


@dataclass(frozen=True, slots=True)
class StartTypingTimer:
    """Call `typing_timer_fired` for this peer after some seconds; starting it again starts it anew."""

    peer_id: str
    seconds: float


ConversationEffect = SendFrame | Store | StartTypingTimer | Notice


@dataclass(slots=True)
class _Stream:
    """What we know of one device: what it has of ours, and what we have of its."""

    username: str
    outbox: Outbox = field(default_factory=Outbox)
    inbox: Inbox = field(default_factory=Inbox)
    peer_id: str | None = None
    """The peer whose channel ends at this device; None while there is none."""
    in_step: bool = False
    """Whether the device has said what it has, so that messages can go on from there."""


@dataclass(slots=True)
class _Channel:
    """An open channel; the server vouches for the name, and `hello` names the device."""

    username: str
    device: str | None = None
    typing: bool = False


class Conversation:
    """The conversation in one room, as one device has it."""

    def __init__(self, *, device: str, username: str) -> None:
        self._device = device
        self._username = username
        self._streams: dict[str, _Stream] = {}
        self._channels: dict[str, _Channel] = {}
        self._messages: dict[str, Message] = {}
        self._progress: dict[str, dict[str, Delivery]] = {}
        """How far each outgoing message is, by id and device; the least of them is what is shown."""
        self._unaddressed: deque[tuple[str | None, Outgoing]] = deque()
        """What was written with nobody there, with the account it is for; None is for whoever comes."""
        self._last_account: str | None = None
        self._reading = False
        self._unread = 0
        self._typing_sent_at = float("-inf")

    # Inputs of the person

    def message_submitted(self, message_id: str, text: str, now: float) -> list[ConversationEffect]:
        """The person sent a message; `now` in seconds since the epoch."""
        # A lone surrogate is no Unicode text, and the channel would replace it on the way (WebIDL's USVString).
        text = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        if not text.strip():
            return []
        if sentence := self._refusal(text):
            return [MessageRefused(text, sentence)]
        message = Message(message_id, Direction.OUTGOING, self._username, text, now, Delivery.QUEUED)
        self._typing_sent_at = float("-inf")
        return [Store(StoredOutgoing(message))]

    def typed(self, now: float) -> list[ConversationEffect]:
        """The person pressed a key in the composer."""
        if now - self._typing_sent_at < TYPING_SENT_EVERY_SECONDS:
            return []
        frames: list[ConversationEffect] = [SendFrame(peer_id, Typing()) for peer_id, _ in self._in_step()]
        if frames:
            self._typing_sent_at = now
        return frames

    def reading_changed(self, *, reading: bool) -> list[ConversationEffect]:
        """The newest message came before the person's eyes, or is no longer there."""
        self._reading = reading
        if not reading:
            return []
        effects: list[ConversationEffect] = []
        for stream in self._streams.values():
            effects += self._mark_read(stream)
        return [*effects, *self._set_unread(0)]

    # Inputs of the links

    def channel_opened(self, peer_id: str, username: str) -> list[ConversationEffect]:
        """A new channel to a peer is open."""
        self._channels[peer_id] = _Channel(username)
        return [SendFrame(peer_id, Hello(VERSION, self._device))]

    def channel_closed(self, peer_id: str) -> list[ConversationEffect]:
        """A channel is gone; what it had not brought over waits for the next one."""
        channel = self._channels.pop(peer_id, None)
        if channel is None:
            return []
        effects: list[ConversationEffect] = [TypingChanged(self._typing_names())] if channel.typing else []
        stream = self._streams.get(channel.device or "")
        if stream is not None and stream.peer_id == peer_id:
            effects += self._detach(stream, channel.device or "")
        return effects

    def frame_received(self, peer_id: str, frame: Frame) -> list[ConversationEffect]:
        """A frame came in; a RemoteProtocolError says that this channel can no longer be trusted."""
        channel = self._channels[peer_id]
        if isinstance(frame, Hello):
            return self._on_hello(peer_id, channel, frame)
        if channel.device is None:
            raise UnexpectedMessage(type(frame).__name__, "the first frame is a hello")
        stream = self._streams[channel.device]
        if stream.peer_id != peer_id:
            return []  # the device has a newer channel, and has said there what it has
        match frame:
            case Resume():
                return self._on_resume(channel.device, stream, frame)
            case MessagePart():
                return self._on_message_part(peer_id, channel.device, stream, frame)
            case Ack():
                return self._on_ack(channel.device, stream, frame)
            case Read():
                return self._advance(stream.outbox.mark_read(frame.read), channel.device, Delivery.READ)
            case Typing():
                channel.typing = True
                return [TypingChanged(self._typing_names()), StartTypingTimer(peer_id, TYPING_SHOWN_SECONDS)]

    # Inputs of the store and of time

    def stored(self, entry: StoredOutgoing | StoredIncoming) -> list[ConversationEffect]:
        """What a `Store` asked for is safe now."""
        if isinstance(entry, StoredOutgoing):
            return self._on_outgoing_stored(entry.message)
        return self._on_incoming_stored(entry)

    def typing_timer_fired(self, peer_id: str) -> list[ConversationEffect]:
        """Nothing more was heard of a peer who was typing."""
        return self._stop_typing(peer_id)

    def check_invariants(self) -> None:
        """Assert what always holds; for tests."""
        for device, stream in self._streams.items():
            stream.outbox.check_invariants()
            assert stream.inbox.stored <= stream.inbox.received
            assert stream.peer_id is None or self._channels[stream.peer_id].device == device

    # Frames

    def _on_hello(self, peer_id: str, channel: _Channel, hello: Hello) -> list[ConversationEffect]:
        if hello.device == self._device:
            raise UnexpectedMessage("hello", "it names this device")
        if channel.device is not None:
            raise UnexpectedMessage("hello", "it came twice")
        channel.device = hello.device
        self._last_account = channel.username
        stream = self._streams.get(hello.device) or self._new_stream(hello.device, channel.username)
        effects = self._detach(stream, hello.device)
        stream.peer_id = peer_id
        return [*effects, SendFrame(peer_id, Resume(stream.inbox.stored, stream.inbox.read))]

    def _on_resume(self, device: str, stream: _Stream, resume: Resume) -> list[ConversationEffect]:
        stream.in_step = True
        effects = self._advance(stream.outbox.resume(resume.received), device, Delivery.DELIVERED)
        effects += self._advance(stream.outbox.mark_read(resume.read), device, Delivery.READ)
        for message in self._take_pending_for(stream.username):
            self._address(message, device)
        return [*effects, *self._send_more(device, stream)]

    def _on_message_part(
        self, peer_id: str, device: str, stream: _Stream, frame: MessagePart
    ) -> list[ConversationEffect]:
        if frame.seq <= stream.inbox.received:
            return [SendFrame(peer_id, Ack(stream.inbox.stored))]
        incoming = stream.inbox.receive(frame)
        if incoming is None:
            return []
        message = Message(incoming.id, Direction.INCOMING, stream.username, incoming.text, incoming.sent_at)
        known = incoming.id in self._messages
        return [Store(StoredIncoming(device, incoming.seq, None if known else message))]

    def _on_ack(self, device: str, stream: _Stream, ack: Ack) -> list[ConversationEffect]:
        ids = stream.outbox.acknowledge(ack.received)
        if ids is None:
            raise UnexpectedMessage("ack", f"nothing of number {ack.received} was sent")
        return [*self._advance(ids, device, Delivery.DELIVERED), *self._send_more(device, stream)]

    # Storing

    def _on_outgoing_stored(self, message: Message) -> list[ConversationEffect]:
        self._messages[message.id] = message
        effects: list[ConversationEffect] = [MessageAdded(message)]
        outgoing = Outgoing(message.id, message.text, message.sent_at)
        reachable = self._in_step()
        if not reachable:
            self._progress[message.id] = {}
            self._unaddressed.append((self._last_account, outgoing))
        for _, device in reachable:
            self._address(outgoing, device)
            effects += self._send_more(device, self._streams[device])
        return effects

    def _on_incoming_stored(self, entry: StoredIncoming) -> list[ConversationEffect]:
        stream = self._streams.get(entry.device)
        effects: list[ConversationEffect] = []
        if stream is not None:
            stream.inbox.stored = entry.seq
            if stream.peer_id is not None:
                effects += [SendFrame(stream.peer_id, Ack(entry.seq)), *self._stop_typing(stream.peer_id)]
        if entry.message is None:
            return effects
        self._messages[entry.message.id] = entry.message
        effects.append(MessageAdded(entry.message))
        if not self._reading:
            return [*effects, *self._set_unread(self._unread + 1)]
        return [*effects, *self._mark_read(stream)] if stream is not None else effects

    # Streams

    def _new_stream(self, device: str, username: str) -> _Stream:
        forgettable = [key for key, old in self._streams.items() if old.peer_id is None and not old.outbox.pending]
        if len(self._streams) >= MAX_DEVICES and forgettable:
            del self._streams[forgettable[0]]
        stream = self._streams[device] = _Stream(username)
        return stream

    def _in_step(self) -> list[tuple[str, str]]:
        """Give peer and device of every channel over which messages can go."""
        return [
            (stream.peer_id, device)
            for device, stream in self._streams.items()
            if stream.peer_id is not None and stream.in_step
        ]

    def _detach(self, stream: _Stream, device: str) -> list[ConversationEffect]:
        stream.peer_id = None
        stream.in_step = False
        stream.inbox.channel_lost()
        return self._advance(stream.outbox.channel_lost(), device, Delivery.QUEUED)

    def _address(self, message: Outgoing, device: str) -> None:
        self._streams[device].outbox.add(message)
        self._progress.setdefault(message.id, {})[device] = Delivery.QUEUED

    def _take_pending_for(self, username: str) -> list[Outgoing]:
        """Give what waits for an account, the oldest first: from its devices that are away, and what has no device yet."""
        messages = []
        for device, stream in self._streams.items():
            if stream.username == username and stream.peer_id is None:
                for message in stream.outbox.take_pending():
                    self._progress[message.id].pop(device, None)
                    messages.append(message)
        messages += [message for account, message in self._unaddressed if account in (None, username)]
        self._unaddressed = deque(item for item in self._unaddressed if item[0] not in (None, username))
        return messages

    def _send_more(self, device: str, stream: _Stream) -> list[ConversationEffect]:
        effects: list[ConversationEffect] = []
        if stream.peer_id is None or not stream.in_step:
            return effects
        for message, frames in stream.outbox.send_more():
            effects += [SendFrame(stream.peer_id, frame) for frame in frames]
            effects += self._advance([message.id], device, Delivery.SENT)
        return effects

    # What is shown

    def _advance(self, ids: list[str], device: str, delivery: Delivery) -> list[ConversationEffect]:
        """Note how far messages are at a device, and tell where that changes what is shown."""
        effects: list[ConversationEffect] = []
        for message_id in ids:
            progress = self._progress[message_id]
            progress[device] = delivery
            shown = min(progress.values())
            if shown is not self._messages[message_id].delivery:
                self._messages[message_id] = replace(self._messages[message_id], delivery=shown)
                effects.append(DeliveryChanged(message_id, shown))
        return effects

    def _mark_read(self, stream: _Stream) -> list[ConversationEffect]:
        if stream.inbox.read == stream.inbox.stored:
            return []
        stream.inbox.read = stream.inbox.stored
        return [] if stream.peer_id is None else [SendFrame(stream.peer_id, Read(stream.inbox.read))]

    def _set_unread(self, count: int) -> list[ConversationEffect]:
        if count == self._unread:
            return []
        self._unread = count
        return [UnreadChanged(count)]

    def _stop_typing(self, peer_id: str) -> list[ConversationEffect]:
        channel = self._channels.get(peer_id)
        if channel is None or not channel.typing:
            return []
        channel.typing = False
        return [TypingChanged(self._typing_names())]

    def _typing_names(self) -> tuple[str, ...]:
        return tuple(channel.username for channel in self._channels.values() if channel.typing)

    def _refusal(self, text: str) -> str | None:
        if len(text.encode()) > MAX_MESSAGE_BYTES:
            return f"This message is longer than {MAX_MESSAGE_BYTES // 1024} KiB. Please send it in several parts."
        pending = len(self._unaddressed) + sum(len(stream.outbox.pending) for stream in self._streams.values())
        if pending >= MAX_PENDING_MESSAGES:
            return "Too many messages are waiting to be delivered. Please wait until some have arrived."
        return None
