from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from client_py.core.conversation.delivery import Delivery, Direction
from client_py.core.conversation.items import Item, Reaction, Text, Unreadable
from client_py.core.conversation.notices import (
    DeliveryChanged,
    HistoryCleared,
    HistoryLoaded,
    ItemAdded,
    NewestLoaded,
    TypingChanged,
    UnreadChanged,
)
from client_py.core.conversation_list import (
    MAX_CONVERSATIONS,
    MAX_LINE,
    MAX_UNREAD,
    ConversationRow,
    LastLine,
    archived,
    bounded,
    closed,
    deleted,
    entered,
    format_rows,
    left,
    listed,
    merged,
    muted,
    noticed,
    parse_rows,
    places,
    to_delete,
    unread_in,
)
from client_py.core.notices import (
    DraftLoaded,
    Member,
    MembersChanged,
    Notice,
    ReadingChanged,
    RetentionChanged,
    StatusChanged,
)
from client_py.core.retention import Retention
from client_py.core.status_line import Status, StatusLine

NOW = 1_000.0
DEN = ConversationRow("den")


def said(text: str = "hello", *, at: float = 10.0, item_id: str = "one", own: bool = False) -> Item:
    """Return a message."""
    direction, author = (Direction.OUTGOING, "alice") if own else (Direction.INCOMING, "bob")
    return Item(item_id, direction, author, Text(text), at, Delivery.QUEUED if own else None)


def after(*notices: Notice, row: ConversationRow = DEN) -> ConversationRow:
    """Return how a conversation stands after notices."""
    for notice in notices:
        row = noticed(row, notice, "alice", NOW)
    return row


def test_message_is_the_last_line_and_unread() -> None:
    """And the conversation is the one that was used last."""
    row = after(ItemAdded(said("two\n lines")))
    assert row.last == LastLine("one", "two lines", is_own=False, author="bob", at=10.0)
    assert (row.unread, row.used_at) == (1, NOW)


def test_own_message_is_read_and_says_how_far_it_has_come() -> None:
    """One's own is nothing new to oneself; what is told of another message does not concern it."""
    row = after(
        ItemAdded(said(own=True)), DeliveryChanged("one", Delivery.READ), DeliveryChanged("other", Delivery.SENT)
    )
    assert row.last is not None
    assert (row.unread, row.last.is_own, row.last.delivery) == (0, True, Delivery.READ)
    assert after(DeliveryChanged("one", Delivery.READ)) == DEN


def test_what_is_read_as_it_comes_is_not_unread() -> None:
    """And what comes once nobody looks any more is."""
    row = after(ItemAdded(said()), ReadingChanged(reading=True), ItemAdded(said(item_id="two")))
    assert (row.unread, row.read_at, row.is_reading) == (0, NOW, True)
    row = after(ReadingChanged(reading=False), ItemAdded(said(item_id="three")), row=row)
    assert (row.unread, row.is_reading) == (1, False)


def test_what_is_read_as_it_comes_is_read_in_other_tabs() -> None:
    """They hear of it by when it was read, and count it until then."""
    mine = replace(after(ItemAdded(said())), status=Status.CONNECTED, read_at=NOW - 5)
    theirs = replace(after(ReadingChanged(reading=True), ItemAdded(said())), read_at=NOW)
    assert merged({"den": mine}, {"den": theirs}, NOW)["den"].unread == 0


def test_who_writes_elsewhere_has_read_there() -> None:
    """What came before is nothing new to them; what comes after it is."""
    elsewhere = replace(said(own=True, item_id="two"), from_other_device=True)
    row = after(ItemAdded(said()), ItemAdded(elsewhere))
    assert (row.unread, row.read_at) == (0, NOW)
    assert after(ItemAdded(said(item_id="three")), row=row).unread == 1


def test_unread_messages_are_counted_up_to_a_bound() -> None:
    """Nobody counts further, and no number grows without end."""
    assert after(ItemAdded(said()), row=replace(DEN, unread=MAX_UNREAD)).unread == MAX_UNREAD


def test_reaction_is_no_line() -> None:
    """It is no message by itself."""
    reaction = replace(said(), body=Reaction("alice", "target", "👍"))
    assert after(ItemAdded(reaction)) == DEN


def test_message_without_words_has_an_empty_line() -> None:
    """The view says what stands there."""
    row = after(ItemAdded(replace(said(), body=Unreadable())))
    assert row.last is not None
    assert row.last.text == ""


def test_history_gives_the_last_line_where_it_is_later() -> None:
    """What the list knows already, another tab may have written since; what is earlier is above."""
    row = after(HistoryLoaded((said("old", at=5), said("new", at=9)), has_earlier=False))
    assert row.last is not None
    assert (row.last.text, row.unread) == ("new", 0)
    for notice in (
        HistoryLoaded((said("older", at=1, item_id="zero"),), has_earlier=False),
        HistoryLoaded((said("asked for", at=99, item_id="zero"),), has_earlier=False, before="one"),
        HistoryLoaded((), has_earlier=False),
        NewestLoaded((replace(said(at=99, item_id="zero"), body=Unreadable()),), has_earlier=False),
    ):
        assert after(notice, row=row).last == row.last
    later = after(NewestLoaded((said("newest", at=11, item_id="two"),), has_earlier=True), row=row)
    assert later.last is not None
    assert later.last.text == "newest"


def test_late_message_of_before_does_not_take_the_line() -> None:
    """Another tab had stored something after it."""
    row = after(ItemAdded(said("late", at=1, item_id="zero")), row=after(ItemAdded(said())))
    assert row.last is not None
    assert (row.last.text, row.unread) == ("hello", 2)


@pytest.mark.parametrize(("left", "text"), [((), None), ((said("waits", own=True),), "waits")])
def test_cleared_history_leaves_what_waits(left: tuple[Item, ...], text: str | None) -> None:
    """And nothing unread."""
    row = after(ItemAdded(said()), HistoryCleared(left))
    assert (row.last.text if row.last else None, row.unread) == (text, 0)


def test_row_says_who_is_there_and_what_they_do() -> None:
    """One's own other devices are nobody else, and what is closed says nothing of it any more."""
    row = after(
        StatusChanged(StatusLine(Status.CONNECTED)),
        MembersChanged((Member("1", "bob"), Member("2", "alice"), Member("3", "bob"))),
        TypingChanged(("bob",)),
        ReadingChanged(reading=True),
    )
    assert (row.others, row.typing, row.is_somebody_here) == (("bob",), ("bob",), True)
    row = closed(row)
    assert (row.status, row.others, row.typing, row.is_reading, row.is_somebody_here) == (None, (), (), False, False)


def test_other_notices_say_nothing_to_the_list() -> None:
    """It counts by itself, since the count of a visit begins with it."""
    assert after(UnreadChanged(3)) == DEN


def test_draft_is_shortened() -> None:
    """To what fits into a line."""
    assert after(DraftLoaded("half\n a " + "x" * 10_000)).draft == ("half a " + "x" * 10_000)[:MAX_LINE]


def test_room_that_is_entered_was_used_now_and_is_archived_no_longer() -> None:
    """A clock that was ahead does not put it back."""
    assert entered(replace(DEN, used_at=5.0, is_archived=True), NOW) == replace(DEN, used_at=NOW, placed_at=NOW)
    assert entered(replace(DEN, used_at=NOW + 5), NOW).used_at == NOW + 5


def test_list_is_in_the_order_of_use_and_bounded() -> None:
    """What was used last comes first; of the same moment, by name."""
    rows = {room: ConversationRow(room, used_at=at) for room, at in (("b", 1.0), ("c", 2.0), ("a", 1.0))}
    assert [row.room for row in listed(rows)] == ["c", "a", "b"]
    many = {f"room-{n}": ConversationRow(f"room-{n}", used_at=n) for n in range(MAX_CONVERSATIONS + 5)}
    kept = bounded(many)
    assert (len(kept), "room-4" in kept, "room-5" in kept) == (MAX_CONVERSATIONS, False, True)


# Several tabs


def test_what_another_tab_has_read_is_read() -> None:
    """Also where the room is open here; and what was read here first stays read."""
    mine = replace(DEN, unread=3, read_at=5.0, status=Status.CONNECTED)
    theirs = replace(DEN, unread=0, read_at=9.0, used_at=9.0)
    assert merged({"den": mine}, {"den": theirs}, NOW)["den"] == replace(mine, unread=0, read_at=9.0, used_at=9.0)
    assert merged({"den": theirs}, {"den": replace(mine, status=None)}, NOW)["den"].read_at == 9.0


def test_open_room_knows_better_what_was_said() -> None:
    """What another tab has of a room that is closed here is shown."""
    line = LastLine("two", "theirs", is_own=False, author="bob", at=20.0)
    mine = after(ItemAdded(said("mine")))
    theirs = replace(mine, last=line, unread=2, draft="half")
    closed_here = merged({"den": mine}, {"den": theirs}, NOW)["den"]
    assert (closed_here.last, closed_here.unread, closed_here.draft) == (line, 2, "half")
    open_here = merged({"den": replace(mine, status=Status.WAITING)}, {"den": theirs}, NOW)["den"]
    assert (open_here.last, open_here.unread, open_here.draft) == (mine.last, 1, "")
    without = merged({"den": mine}, {"den": replace(mine, last=None)}, NOW)["den"]
    assert without.last == mine.last


def test_room_of_another_tab_comes_and_one_that_it_does_not_know_stays() -> None:
    """It may have written before it heard of it."""
    rows = merged({"den": DEN}, {"garden": ConversationRow("garden")}, NOW)
    assert sorted(rows) == ["den", "garden"]


def test_conversation_belongs_where_it_was_put_last() -> None:
    """Whichever tab did it, and though the other has the room open; a clock that was set back does not turn it."""
    here = replace(entered(DEN, 1.0), status=Status.WAITING)
    away = archived(here, 2.0, is_archived=True)
    assert merged({"den": here}, {"den": away}, NOW)["den"].is_archived
    assert merged({"den": away}, {"den": here}, NOW)["den"].is_archived
    gone = left(away, 1.5)
    assert merged({"den": here}, {"den": gone}, NOW)["den"].is_left
    assert merged({"den": gone}, {"den": away}, NOW)["den"] == gone
    assert listed(merged({"den": closed(here)}, {"den": gone}, NOW)) == []
    back = entered(gone, 0.0)
    assert listed(merged({"den": gone}, {"den": back}, NOW)) == [back]


def test_nothing_that_was_said_is_kept_of_a_room_that_was_left() -> None:
    """Nor does it come back from a tab that has it still."""
    row = after(ItemAdded(said("secret")), DraftLoaded("secret"), StatusChanged(StatusLine(Status.WAITING)))
    gone = left(row, NOW)
    kept = merged({"den": gone}, {"den": row}, NOW)
    assert "secret" not in format_rows(kept)
    heard = merged({"den": row}, {"den": gone}, NOW)["den"]
    assert "secret" not in format_rows({"den": closed(heard)})
    assert parse_rows(format_rows({"den": gone})) == {"den": gone}


def test_conversation_is_muted_where_that_was_done_last() -> None:
    """In whichever tab; a clock that was set back does not turn it, and of the same moment it is muted."""
    loud, quiet = muted(DEN, 2.0, is_muted=False), muted(DEN, 3.0, is_muted=True)
    assert merged({"den": loud}, {"den": quiet}, NOW)["den"] == quiet
    assert merged({"den": quiet}, {"den": loud}, NOW)["den"] == quiet
    assert not merged({"den": quiet}, {"den": muted(quiet, 0.0, is_muted=False)}, NOW)["den"].is_muted
    both = [replace(DEN, muted_at=2.0, is_muted=is_muted) for is_muted in (True, False)]
    assert merged({"den": both[1]}, {"den": both[0]}, NOW) == merged({"den": both[0]}, {"den": both[1]}, NOW)
    assert merged({}, {"den": replace(quiet, muted_at=9e9)}, NOW)["den"].muted_at == NOW


def test_tabs_agree_where_conversations_belong_and_which_are_muted() -> None:
    """Of a room that was left, only that it was."""
    quiet = muted(entered(DEN, 1.0), 2.0, is_muted=True)
    assert places({"den": quiet}) == {"den": (1.0, False, False, False, 2.0, True)}
    assert places({"den": left(quiet, 3.0)}) == places({"den": left(DEN, 3.0)}) == {"den": (3.0, False, True, False)}


def test_only_what_may_be_noticed_is_counted() -> None:
    """What is muted or put away is counted in its own row alone."""
    rows = [replace(DEN, unread=1), replace(DEN, unread=2, is_muted=True), replace(DEN, unread=4, is_archived=True)]
    assert unread_in(rows) == 1


def test_room_is_deleted_a_while_after_that_was_asked_for() -> None:
    """Until then, whoever goes there has changed their mind; another tab that has done so knows better."""
    gone = left(after(ItemAdded(said())), 5.0, is_forgotten=True)
    assert (listed({"den": gone}), to_delete({"den": gone}, 4.9), to_delete({"den": gone}, 5.0)) == ([], [], ["den"])
    back = entered(gone, 6.0)
    assert to_delete({"den": back}, NOW) == []
    assert to_delete(merged({"den": gone}, {"den": back}, NOW), NOW) == []
    done = deleted(gone)
    assert (done.is_left, to_delete({"den": done}, NOW)) == (True, [])
    # Of the same moment: it is done.
    assert to_delete(merged({"den": gone}, {"den": done}, NOW), NOW) == []
    assert to_delete(merged({"den": done}, {"den": gone}, NOW), NOW) == []


def test_what_is_to_be_deleted_is_remembered_before_what_was_left() -> None:
    """Else it would stay in the browser for good."""
    rows = {f"left-{n}": left(ConversationRow(f"left-{n}", used_at=n + 1.0), NOW) for n in range(MAX_CONVERSATIONS)}
    assert "den" in bounded(rows | {"den": left(DEN, NOW, is_forgotten=True)})


def test_dates_that_are_yet_to_come_are_taken_for_now() -> None:
    """The clock was wrong then: such a room would stand above all others for years, and be read in no other tab."""
    ahead = replace(DEN, used_at=9e9, read_at=9e9, placed_at=9e9)
    now = replace(DEN, used_at=NOW, read_at=NOW, placed_at=NOW)
    assert merged({}, {"den": ahead}, NOW) == {"den": now}
    assert merged({"den": replace(ahead, status=Status.WAITING)}, {}, NOW) == {
        "den": replace(now, status=Status.WAITING)
    }


def test_rooms_that_were_left_are_forgotten_first() -> None:
    """They are remembered for the sake of other tabs alone."""
    gone = {"gone": left(ConversationRow("gone", used_at=NOW), NOW)}
    rows = {f"room-{n}": ConversationRow(f"room-{n}", used_at=n) for n in range(MAX_CONVERSATIONS)}
    assert bounded(gone | rows) == bounded(rows)


# As it is kept


def test_list_is_kept_and_read() -> None:
    """All but what holds while a room is open."""
    row = after(
        ItemAdded(said("hello", own=True)),
        DraftLoaded("half a sen"),
        StatusChanged(StatusLine(Status.CONNECTED)),
        row=replace(DEN, is_archived=True, read_at=3.0, is_muted=True, muted_at=2.0),
    )
    assert parse_rows(format_rows({"den": row})) == {"den": closed(row)}
    gone = left(row, NOW, is_forgotten=True)
    assert parse_rows(format_rows({"den": gone})) == {"den": gone}
    incoming = after(ItemAdded(said()))
    assert parse_rows(format_rows({"den": incoming})) == {"den": incoming}


def test_words_are_not_kept_where_nothing_is() -> None:
    """The person wants no word of it in this browser."""
    row = after(ItemAdded(said("secret")), DraftLoaded("secret"), RetentionChanged(Retention(kept=False)))
    assert "secret" not in format_rows({"den": row})


@pytest.mark.parametrize(
    "kept",
    [
        None,
        "",
        "no JSON",
        "{}",
        "[1, null, []]",
        '[{"room": 1}, {"room": "no room"}, {"rooms": "den"}]',
    ],
)
def test_what_is_no_list_is_an_empty_one(kept: str | None) -> None:
    """Whatever another program has written there."""
    assert parse_rows(kept) == {}


def test_fields_that_make_no_sense_are_left_out() -> None:
    """And the room stays."""
    row = {
        "room": "Den",
        "used_at": "now",
        "unread": -1,
        "read_at": 1e300,
        "draft": 7,
        "archived": "yes",
        "last": ["one", "text", False, "bob", True, None],
    }
    assert parse_rows(json.dumps([row])) == {"den": replace(DEN, last=LastLine("one", "text", False, "bob", 0.0))}  # noqa: FBT003
    row |= {"used_at": True, "unread": 10**9, "last": ["one"], "read_at": float("inf")}
    assert parse_rows(json.dumps([row]).replace("Infinity", "1e999")) == {"den": replace(DEN, unread=MAX_UNREAD)}


@given(st.text(), st.integers(0, MAX_UNREAD), st.floats(0, 1e12), st.booleans())
def test_any_row_is_read_as_it_was_kept(text: str, unread: int, moment: float, archived: bool) -> None:  # noqa: FBT001
    """Whatever was said in it."""
    row = after(ItemAdded(said(text, at=moment)), row=replace(DEN, is_archived=archived))
    row = replace(row, unread=unread)
    assert parse_rows(format_rows({"den": row})) == {"den": row}
