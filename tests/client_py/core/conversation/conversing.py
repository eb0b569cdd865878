"""A conversation of Ada's whose store is as slow as the test wants, and what its effects look like."""

from __future__ import annotations

from client_py.core.conversation.conversation import EMPTY, Conversation, ConversationEffect, SendFrame, Store
from client_py.core.conversation.delivery import Delivery, Direction
from client_py.core.conversation.history_records import Entry, Kept, Mark, Receipt, Snapshot
from client_py.core.conversation.items import Item, Text
from client_py.core.conversation.notices import DeliveryChanged, ItemAdded
from client_py.core.frames import ConversationFrame, Hello, MessagePart, Resume

NOW = 1_000.0
BEN, CLEO = "peer-ben", "peer-cleo"
ADAS_DEVICE, BENS_DEVICE, CLEOS_DEVICE = "device-of-ada-000000", "device-of-ben-000000", "device-of-cleo-00000"
HELLO = Hello(1, BENS_DEVICE)


def message_id(number: int) -> str:
    """Return the id of a message of ours."""
    return f"ours-{number:016}"


def outgoing(number: int, text: str = "Hello") -> Item:
    """Return a message of ours as it is stored."""
    return Item(message_id(number), Direction.OUTGOING, "ada", Text(text), NOW, Delivery.QUEUED)


def part(seq: int, name: str = "", text: str = "Hi") -> MessagePart:
    """Return a message of Ben's, in one part."""
    return MessagePart(seq, name or f"bens-{seq:016}", NOW, 1, 1, text)


def incoming(seq: int, text: str = "Hi") -> Item:
    """Return a message of Ben's as it is stored."""
    return Item(f"ben:{part(seq).id}", Direction.INCOMING, "ben", Text(text), NOW)


def mark(*, heard: int = 1, received: int = 0, read: int = 0, acknowledged: int = 0) -> Mark:
    """Return how far we are with Ben's device."""
    return Mark("ben", BENS_DEVICE, heard, received, read, acknowledged)


def receipt(number: int, delivery: Delivery) -> Receipt:
    """Return how far a message of ours is that is owed to Ben's device."""
    return Receipt(message_id(number), {"ben": {BENS_DEVICE: delivery}})


def kept(*records: Receipt | Mark) -> Store:
    """Return the effect that keeps how far messages are, and how far we are with devices."""
    receipts = tuple(record for record in records if isinstance(record, Receipt))
    return Store(Entry(receipts=receipts, marks=tuple(record for record in records if isinstance(record, Mark))))


def sent(number: int, seq: int, text: str = "Hello", peer_id: str = BEN) -> list[ConversationEffect]:
    """Return the effects of sending a message."""
    frame = MessagePart(seq, message_id(number), NOW, 1, 1, text)
    return [SendFrame(peer_id, frame), DeliveryChanged(message_id(number), Delivery.SENT)]


def shown_and_sent(number: int, seq: int) -> list[ConversationEffect]:
    """Return the effects of a message that is safe here: it leaves before it is shown, and its state comes last."""
    frame, state = sent(number, seq)
    return [frame, ItemAdded(outgoing(number)), state]


def delivered(*numbers: int) -> list[ConversationEffect]:
    """Return the notices that messages have arrived."""
    return [DeliveryChanged(message_id(number), Delivery.DELIVERED) for number in numbers]


class Stage:
    """A conversation in which the test plays the others, the person and the store."""

    def __init__(self, snapshot: Snapshot = EMPTY) -> None:
        self.conversation = Conversation(device=ADAS_DEVICE, username="ada", snapshot=snapshot)
        self.conversation.check_invariants()
        self._count = 0

    def submit(self, text: str = "Hello") -> Entry:
        """Write a message; return what has to be stored of it."""
        self._count += 1
        return entry_of(self.conversation.text_submitted(message_id(self._count), text, NOW))

    def write(self, text: str = "Hello") -> list[ConversationEffect]:
        """Write a message and store it; gives what comes of that."""
        return self.conversation.stored([Kept(self.submit(text))])

    def store(self, effects: list[ConversationEffect], *, new: bool = True) -> list[ConversationEffect]:
        """Carry out the only effect, which stores something."""
        effects = self.conversation.stored([Kept(entry_of(effects), new)])
        self.conversation.check_invariants()
        return effects

    def receive(self, frame: ConversationFrame, peer_id: str = BEN, *, now: float = NOW) -> list[ConversationEffect]:
        """Let a frame come in."""
        effects = self.conversation.frame_received(peer_id, frame, now)
        self.conversation.check_invariants()
        return effects

    def meet(self, peer_id: str = BEN, username: str = "ben", device: str = BENS_DEVICE) -> list[ConversationEffect]:
        """Let someone come in and open a channel; gives what comes of their hello."""
        self.conversation.member_joined(peer_id, username)
        self.conversation.channel_opened(peer_id)
        return self.receive(Hello(1, device), peer_id)

    def lose_channel(self, peer_id: str = BEN) -> list[ConversationEffect]:
        """Let a channel go."""
        effects = self.conversation.channel_closed(peer_id)
        self.conversation.check_invariants()
        return effects

    def reopen(self) -> list[ConversationEffect]:
        """Open a new channel to Ben; gives what comes of his hello."""
        self.conversation.channel_opened(BEN)
        return self.receive(HELLO)


def entry_of(effects: list[ConversationEffect]) -> Entry:
    """Return the entry of the only effect, which stores something."""
    (effect,) = effects
    assert isinstance(effect, Store)
    return effect.entry


def together(snapshot: Snapshot = EMPTY) -> Stage:
    """Return a conversation in step with Ben."""
    stage = Stage(snapshot)
    stage.meet()
    assert stage.receive(Resume(0, 0)) == []
    return stage
