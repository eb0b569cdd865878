"""The simulated world finds what is planted: each mutation of core or drivers breaks the promise in some schedule."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import count
from typing import Any

import pytest

from client_py.core import conversation_list
from client_py.core.attention import Attention, AttentionEffect, Wait
from client_py.core.conversation.conversation import Conversation, ConversationEffect, SendFrame, Store
from client_py.core.conversation.delivery import Delivery, Direction
from client_py.core.conversation.delivery_progress import Deliveries
from client_py.core.conversation.features import Abilities
from client_py.core.conversation.history_records import Entry, Kept, Snapshot
from client_py.core.conversation.inbox import Inbox
from client_py.core.conversation.item_ids import without_author
from client_py.core.conversation.items import Item, Text
from client_py.core.conversation.outbox import Outbox, Outgoing
from client_py.core.conversation.recipients import Recipients, Stream
from client_py.core.conversation.sharing import EVERYTHING
from client_py.core.conversation_list import ConversationRow
from client_py.core.frames import Ack, Features, ItemPart, MessagePart, Resume
from client_py.core.peer.link import Link
from client_py.core.peer.link_effects import LinkEffect
from client_py.core.room_mediation import OwnNames
from client_py.core.server.session import Session, SessionEffect, StartSessionTimer
from client_py.drivers import retention
from client_py.drivers.draft_storage import DraftStorage
from client_py.drivers.history_storage import HistoryStorage
from client_py.drivers.room import RoomDriver
from client_py.ports.storage import Append, Change, Key
from protocol.codes import CloseCode
from tests.fakes.schedules import play, some_schedule_fails

SCHEDULES = 2_000
"""How many are played until a mutation is found; most are found within ten, one takes some hundred."""


def acknowledging_before_storing(patch: pytest.MonkeyPatch) -> None:
    """Acknowledge a message when it comes in."""
    original = Conversation._on_item_part

    def mutant(
        self: Conversation, peer_id: str, stream: Stream, frame: ItemPart, now: float
    ) -> list[ConversationEffect]:
        effects = original(self, peer_id, stream, frame, now)
        acks = [SendFrame(peer_id, Ack(frame.seq)) for effect in effects if isinstance(effect, Store)]
        return [*acks, *effects]

    patch.setattr(Conversation, "_on_item_part", mutant)


def showing_what_is_known(patch: pytest.MonkeyPatch) -> None:
    """Show a message again that comes again by its id."""
    original = Conversation.stored

    def mutant(self: Conversation, together: Sequence[Kept]) -> list[ConversationEffect]:
        self._shown_ids.clear()
        return original(self, [replace(kept, new=True) for kept in together])

    patch.setattr(Conversation, "stored", mutant)


def forgetting_what_was_on_its_way(patch: pytest.MonkeyPatch) -> None:
    """Take what was sent for delivered, when the channel is lost."""
    original = Outbox.channel_lost

    def mutant(self: Outbox) -> list[str]:
        sent = self._sent
        ids = original(self)
        for _ in range(sent):
            self._pending.popleft()
        self._numbered = 0
        return ids

    patch.setattr(Outbox, "channel_lost", mutant)


def calling_sent_delivered(patch: pytest.MonkeyPatch) -> None:
    """Show a message as delivered when it was handed to the channel."""
    original = Deliveries.advance

    def mutant(self: Deliveries, ids: Iterable[str], account: str, device: str, delivery: Delivery) -> object:
        return original(self, ids, account, device, Delivery.DELIVERED if delivery is Delivery.SENT else delivery)

    patch.setattr(Deliveries, "advance", mutant)


def keeping_the_mark_without_its_message(patch: pytest.MonkeyPatch) -> None:
    """Keep mark and message in two transactions, the mark first."""
    original = Conversation._on_item_part

    def mutant(
        self: Conversation, peer_id: str, stream: Stream, frame: ItemPart, now: float
    ) -> list[ConversationEffect]:
        effects: list[ConversationEffect] = []
        for effect in original(self, peer_id, stream, frame, now):
            if isinstance(effect, Store):
                effects.append(Store(replace(effect.entry, item=None)))
            effects.append(effect)
        return effects

    patch.setattr(Conversation, "_on_item_part", mutant)


def forgetting_what_waits_over_a_reload(patch: pytest.MonkeyPatch) -> None:
    """Take up everything that was kept but the messages that wait."""
    original = Recipients.restore

    def mutant(self: Recipients, snapshot: Snapshot, pending: Iterable[Outgoing]) -> None:
        del pending
        original(self, replace(snapshot, receipts=()), ())

    patch.setattr(Recipients, "restore", mutant)


def taking_up_in_the_wrong_order(patch: pytest.MonkeyPatch) -> None:
    """Take up the messages that wait, the newest first."""
    original = Conversation._restore

    def mutant(self: Conversation, snapshot: Snapshot) -> None:
        reverse = replace(snapshot, pending=snapshot.pending[::-1], receipts=snapshot.receipts[::-1])
        original(self, reverse)

    patch.setattr(Conversation, "_restore", mutant)


def sending_before_storing(patch: pytest.MonkeyPatch) -> None:
    """Send a message that is not safe here yet, and may be gone after a crash."""
    original = Outbox.send_more

    def mutant(self: Outbox, kept: int) -> Iterator[tuple[Outgoing, Sequence[ItemPart | MessagePart]]]:
        return original(self, kept + 1_000)

    patch.setattr(Outbox, "send_more", mutant)


def not_acknowledging_duplicates(patch: pytest.MonkeyPatch) -> None:
    """Say nothing to a device that sends again what is here already."""
    original = Conversation._on_item_part

    def mutant(
        self: Conversation, peer_id: str, stream: Stream, frame: ItemPart, now: float
    ) -> list[ConversationEffect]:
        return [e for e in original(self, peer_id, stream, frame, now) if not isinstance(e, SendFrame)]

    def resuming(self: Outbox, received: int, abilities: Abilities) -> list[str]:
        del received, abilities
        return self.channel_lost()

    patch.setattr(Conversation, "_on_item_part", mutant)
    patch.setattr(Outbox, "resume", resuming)


def letting_gaps_through(patch: pytest.MonkeyPatch) -> None:
    """Take any number for the next one, and lose a message now and then."""
    original = Outbox.send_more

    def mutant(self: Outbox, kept: int) -> Iterator[tuple[Outgoing, Sequence[ItemPart | MessagePart]]]:
        for item, frames in original(self, kept):
            yield item, frames if item.position % 5 else []

    def receive(self: Inbox, frame: ItemPart) -> object:
        self.received = max(self.received, frame.seq - 1)
        return Inbox_receive(self, frame)

    Inbox_receive = Inbox.receive  # noqa: N806 - it stands for the method
    patch.setattr(Outbox, "send_more", mutant)
    patch.setattr(Inbox, "receive", receive)


def never_repairing(patch: pytest.MonkeyPatch) -> None:
    """Leave a silent channel as it is."""

    def mutant(self: Link, count: int | None, *, server_answers: bool = True) -> list[LinkEffect]:
        del self, count, server_answers
        return []

    patch.setattr(Link, "bytes_counted", mutant)


def never_coming_back(patch: pytest.MonkeyPatch) -> None:
    """Wait for the server, and never open another WebSocket."""

    def mutant(self: Session, timer: object) -> list[SessionEffect]:
        del self, timer
        return []

    patch.setattr(Session, "timer_fired", mutant)


def waiting_for_every_answer(patch: pytest.MonkeyPatch) -> None:
    """Probe, and not again before something has come back."""
    original = Session._probe

    def mutant(self: Session) -> list[SessionEffect]:
        return [effect for effect in original(self) if not isinstance(effect, StartSessionTimer)]

    patch.setattr(Session, "_probe", mutant)


def resuming_from_nothing(patch: pytest.MonkeyPatch) -> None:
    """Tell every device that nothing of it is here, and take what it sends then for new."""

    def send_resume(_self: Conversation, stream: Stream) -> list[ConversationEffect]:
        if stream.peer_id is None:
            return []
        stream.has_our_mark = True
        stream.inbox.received = stream.inbox.stored = 0
        return [SendFrame(stream.peer_id, Resume(0, 0))]

    patch.setattr(Conversation, "_send_resume", send_resume)
    showing_what_is_known(patch)


def taking_an_id_for_everybodys(patch: pytest.MonkeyPatch) -> None:
    """Know messages by their ids alone, no matter who wrote them."""
    original = Conversation._on_item_part

    def mutant(
        self: Conversation, peer_id: str, stream: Stream, frame: ItemPart, now: float
    ) -> list[ConversationEffect]:
        effects: list[ConversationEffect] = []
        for effect in original(self, peer_id, stream, frame, now):
            if isinstance(effect, Store) and (item := effect.entry.item) is not None:
                nobodys = replace(item, id=without_author(item.id))
                effects.append(Store(replace(effect.entry, item=nobodys)))
            else:
                effects.append(effect)
        return effects

    patch.setattr(Conversation, "_on_item_part", mutant)


def acknowledging_texts_alone(patch: pytest.MonkeyPatch) -> None:
    """Keep an item that is no text, and say nothing of it."""
    original = Conversation.stored

    def mutant(self: Conversation, together: Sequence[Kept]) -> list[ConversationEffect]:
        known = []
        for kept in together:
            item = kept.entry.item
            if item is None or item.is_written_here or isinstance(item.body, Text):
                known.append(kept)
            else:
                self._note_stored(kept.entry)
        return original(self, known)

    patch.setattr(Conversation, "stored", mutant)


def counting_our_own_devices(patch: pytest.MonkeyPatch) -> None:
    """Show as delivered what nobody has but another device of ours."""
    original = Deliveries.__init__

    def mutant(self: Deliveries, own_account: str) -> None:
        del own_account
        original(self, "nobody")

    patch.setattr(Deliveries, "__init__", mutant)


def using_what_was_not_named(patch: pytest.MonkeyPatch) -> None:
    """Send whatever there is to every page that takes items."""
    patch.setattr(Abilities, "takes", lambda self, kind: self.has_items or kind == "text")


def asking_for_what_nobody_does(patch: pytest.MonkeyPatch) -> None:
    """Ask for something of which the driver has never heard."""
    original = Session.socket_opened
    patch.setattr(Session, "socket_opened", lambda self: [*original(self), object()])


def telling_before_it_is_written(patch: pytest.MonkeyPatch) -> None:
    """Say that something is kept when the database has been asked to."""
    original = HistoryStorage._write

    async def mutant(self: HistoryStorage, changes: Sequence[Change]) -> Sequence[Key | None]:
        self._tasks.spawn(original(self, changes))  # type: ignore[arg-type]  # nobody asks what becomes of it
        return [change.key(1) if isinstance(change, Append) else () for change in changes]

    patch.setattr(HistoryStorage, "_write", mutant)


def counting_positions_in_memory(patch: pytest.MonkeyPatch) -> None:
    """Number messages by the clock and by what this tab knows of, as if there were no other."""
    original = HistoryStorage._changes

    def mutant(self: HistoryStorage, entries: Sequence[Entry]) -> list[Change]:
        changes = original(self, entries)
        for place, change in enumerate(changes):
            if isinstance(change, Append):
                self._last_position = position = max(self._last_position + 1, change.numbers.start)
                changes[place] = replace(change, numbers=range(position, position + 1))
        return changes

    patch.setattr(HistoryStorage, "_changes", mutant)


def showing_at_the_end_what_another_tab_had_before(patch: pytest.MonkeyPatch) -> None:
    """Show whatever is heard behind all that is shown."""
    original = Conversation.stored
    positions = count(2**60)

    def mutant(self: Conversation, together: Sequence[Kept]) -> list[ConversationEffect]:
        return original(self, [replace(kept, position=next(positions)) for kept in together])

    patch.setattr(Conversation, "stored", mutant)


def keeping_for_each_tab_what_both_hear(patch: pytest.MonkeyPatch) -> None:
    """Keep a message again that another tab of the same browser has kept."""
    original = HistoryStorage._position_key
    patch.setattr(HistoryStorage, "_position_key", lambda self, name: (*original(self, name), self.device))


def taking_what_another_tab_has_just_written_for_read(patch: pytest.MonkeyPatch) -> None:
    """Ask how far messages have come before asking which there are."""
    original = HistoryStorage._deliveries
    before = dict[HistoryStorage, Mapping[str, Delivery | None]]()

    async def deliveries(self: HistoryStorage) -> Mapping[str, Delivery | None]:
        return before[self]

    async def load(self: HistoryStorage, resume_token: str | None = None) -> Snapshot:
        before[self] = await original(self)
        return await original_load(self, resume_token)

    original_load = HistoryStorage.load
    patch.setattr(HistoryStorage, "_deliveries", deliveries)
    patch.setattr(HistoryStorage, "load", load)


def coming_back_before_the_end(patch: pytest.MonkeyPatch) -> None:
    """Enter a room again while the visit before still has something to write."""

    async def mutant(_self: RoomDriver) -> None:
        pass

    patch.setattr(RoomDriver, "closed", mutant)


def showing_no_fresh_token(patch: pytest.MonkeyPatch) -> None:
    """Leave a connection to the server with the token that it was opened with."""
    patch.setattr(Session, "token_changed", lambda _self, _token: [])


def showing_a_fresh_token_only_in_time(patch: pytest.MonkeyPatch) -> None:
    """Forget a token that came while the WebSocket was still being opened."""
    original = Session.token_changed

    def mutant(self: Session, token: str) -> list[SessionEffect]:
        effects = original(self, token)
        self._fresh_token = ""
        return effects

    patch.setattr(Session, "token_changed", mutant)


def giving_up_when_a_token_has_expired(patch: pytest.MonkeyPatch) -> None:
    """Take the end of a token for the end of the login."""
    original = Session.socket_closed

    def mutant(self: Session, code: int) -> list[SessionEffect]:
        is_expiry = code == CloseCode.TOKEN_EXPIRED
        return original(self, CloseCode.PROTOCOL_VIOLATION if is_expiry else code)

    patch.setattr(Session, "socket_closed", mutant)


def staying_out_after_a_new_login(patch: pytest.MonkeyPatch) -> None:
    """Enter no room again when its person has logged in again."""
    patch.setattr(Session, "login_renewed", lambda _self: [])


def keeping_a_draft_at_the_end_alone(patch: pytest.MonkeyPatch) -> None:
    """Keep what is begun only when the room is left."""

    def mutant(self: DraftStorage, text: str) -> None:
        self._unwritten = text

    patch.setattr(DraftStorage, "changed", mutant)


def leaving_a_draft_behind(patch: pytest.MonkeyPatch) -> None:
    """Leave a room without keeping what was begun just now."""
    patch.setattr(DraftStorage, "close", lambda self: self._timers.stop_all())


def going_on_with_what_was_sent(patch: pytest.MonkeyPatch) -> None:
    """Keep a draft whose text is gone from the composer."""
    original = DraftStorage.changed
    patch.setattr(DraftStorage, "changed", lambda self, text: original(self, text) if text else None)


def telling_of_what_one_wrote_elsewhere(patch: pytest.MonkeyPatch) -> None:
    """Take what one wrote on another device for new."""

    def mutant(row: ConversationRow, item: Item, now: float) -> ConversationRow:
        is_new = not item.is_written_here and not row.is_reading
        return original(replace(row, unread=row.unread + is_new), replace(item, direction=Direction.OUTGOING), now)

    def original(row: ConversationRow, item: Item, now: float) -> ConversationRow:
        return after_item(row, replace(item, from_other_device=False), now)

    after_item = conversation_list._after_item
    patch.setattr(conversation_list, "_after_item", mutant)


def telling_twice(patch: pytest.MonkeyPatch) -> None:
    """Forget what the person has been told of."""
    patch.setattr(Attention, "_tell_nothing", lambda _self, _rows: None)


def telling_of_what_was_seen_meanwhile(patch: pytest.MonkeyPatch) -> None:
    """Tell of what was new when the wait began."""
    rows = dict[int, Sequence[ConversationRow]]()
    list_changed, waited = Attention.list_changed, Attention.waited

    def note(self: Attention, found: Sequence[ConversationRow], *, announces: bool) -> list[AttentionEffect]:
        effects = list_changed(self, found, announces=announces)
        if any(isinstance(effect, Wait) for effect in effects):
            rows[id(self)] = found
        return effects

    def mutant(self: Attention, _rows: Sequence[ConversationRow], *given: Any, **named: Any) -> list[AttentionEffect]:
        return waited(self, rows[id(self)], *given, **named)

    patch.setattr(Attention, "list_changed", note)
    patch.setattr(Attention, "waited", mutant)


def telling_what_was_read_all_the_same(patch: pytest.MonkeyPatch) -> None:
    """Let others know what was read where the person wants nobody to."""
    original = Conversation._mark_read

    def mutant(self: Conversation, stream: Stream) -> list[ConversationEffect]:
        sharing, self._sharing = self._sharing, EVERYTHING
        effects = original(self, stream)
        self._sharing = sharing
        return effects

    patch.setattr(Conversation, "_mark_read", mutant)


def showing_what_others_have_read_to_who_tells_nothing(patch: pytest.MonkeyPatch) -> None:
    """Take what others say to have read, in one direction alone."""

    def mutant(self: Conversation, stream: Stream, read: int) -> list[ConversationEffect]:
        return self._advance(stream.outbox.mark_read(read), stream, Delivery.READ)

    patch.setattr(Conversation, "_on_read", mutant)


def telling_that_one_writes_all_the_same(patch: pytest.MonkeyPatch) -> None:
    """Let others know of writing where the person wants nobody to, and show nobody's."""
    original = Conversation.typed

    def mutant(self: Conversation, now: float) -> list[ConversationEffect]:
        sharing, self._sharing = self._sharing, EVERYTHING
        effects = original(self, now)
        self._sharing = sharing
        return effects

    patch.setattr(Conversation, "typed", mutant)


def showing_who_writes_to_who_tells_nothing(patch: pytest.MonkeyPatch) -> None:
    """Take what others say of writing, in one direction alone."""
    original = Conversation.frame_received

    def mutant(self: Conversation, peer_id: str, frame: Any, now: float) -> list[ConversationEffect]:
        sharing, self._sharing = self._sharing, replace(self._sharing, typing=True)
        effects = original(self, peer_id, frame, now)
        self._sharing = sharing
        return effects

    patch.setattr(Conversation, "frame_received", mutant)


def telling_of_a_name_only_when_it_changes(patch: pytest.MonkeyPatch) -> None:
    """Leave who comes later with the account's name."""
    original = Conversation.frame_received

    def mutant(self: Conversation, peer_id: str, frame: Any, now: float) -> list[ConversationEffect]:
        effects = original(self, peer_id, frame, now)
        return [] if isinstance(frame, Features) else effects

    patch.setattr(Conversation, "frame_received", mutant)


def telling_of_a_name_only_to_who_comes(patch: pytest.MonkeyPatch) -> None:
    """Leave who is there with the name of before."""
    patch.setattr(RoomDriver, "sharing_changed", lambda _self: None)


def beginning_anew_with_who_was_a_guest(patch: pytest.MonkeyPatch) -> None:
    """Take an account that was a guest for somebody whom nobody has talked with."""
    patch.setattr(OwnNames, "account_of", lambda _self, peer: peer.username)


def leaving_what_the_guest_had(patch: pytest.MonkeyPatch) -> None:
    """Move nothing of the guest's conversation to the account's."""
    patch.setattr(retention, "move_rows", _move_nothing)


async def _move_nothing(*_args: Any) -> None:
    """Do nothing."""


MUTANTS: tuple[Callable[[pytest.MonkeyPatch], Any], ...] = (
    beginning_anew_with_who_was_a_guest,
    leaving_what_the_guest_had,
    acknowledging_before_storing,
    showing_what_is_known,
    forgetting_what_was_on_its_way,
    calling_sent_delivered,
    keeping_the_mark_without_its_message,
    forgetting_what_waits_over_a_reload,
    taking_up_in_the_wrong_order,
    sending_before_storing,
    not_acknowledging_duplicates,
    letting_gaps_through,
    never_repairing,
    never_coming_back,
    waiting_for_every_answer,
    resuming_from_nothing,
    taking_an_id_for_everybodys,
    acknowledging_texts_alone,
    counting_our_own_devices,
    using_what_was_not_named,
    asking_for_what_nobody_does,
    telling_before_it_is_written,
    counting_positions_in_memory,
    showing_at_the_end_what_another_tab_had_before,
    keeping_for_each_tab_what_both_hear,
    taking_what_another_tab_has_just_written_for_read,
    coming_back_before_the_end,
    showing_no_fresh_token,
    showing_a_fresh_token_only_in_time,
    giving_up_when_a_token_has_expired,
    staying_out_after_a_new_login,
    keeping_a_draft_at_the_end_alone,
    leaving_a_draft_behind,
    going_on_with_what_was_sent,
    telling_of_what_one_wrote_elsewhere,
    telling_twice,
    telling_of_what_was_seen_meanwhile,
    telling_what_was_read_all_the_same,
    showing_what_others_have_read_to_who_tells_nothing,
    telling_that_one_writes_all_the_same,
    showing_who_writes_to_who_tells_nothing,
    telling_of_a_name_only_when_it_changes,
    telling_of_a_name_only_to_who_comes,
)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.__name__)
def test_world_finds_mutant(mutant: Callable[[pytest.MonkeyPatch], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """A planted bug does not get through."""
    mutant(monkeypatch)
    assert some_schedule_fails(play, SCHEDULES)
