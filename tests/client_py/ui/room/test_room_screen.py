from __future__ import annotations

from dataclasses import replace

import pytest

from client_py.core.conversation.delivery import Delivery
from client_py.core.conversation.history_search import Match
from client_py.core.conversation.notices import (
    DeliveryChanged,
    HistoryLoaded,
    ItemAdded,
    MessagesFound,
    TypingChanged,
)
from client_py.core.notices import Member, MembersChanged, RetentionChanged, StatusChanged
from client_py.core.preferences import HUES
from client_py.core.retention import Retention, RetentionFault
from client_py.core.status_line import (
    Away,
    Connected,
    ConnectedToOwnDevice,
    Detail,
    Situation,
    Status,
    StatusLine,
)
from client_py.ui.page import Page
from client_py.ui.room.page_title import title_of
from client_py.ui.room.room_screen import RoomScreen
from client_py.ui.widgets.avatar import hue_of, initial_of
from client_py.words.status import STATUSES
from tests.client_py.ui.view_context import DAY, Calendar, World, incoming, open_room, outgoing
from tests.fakes.document import FakeElement

BOB = Member("b" * 16, "bob")
ALICE_ELSEWHERE = Member("a" * 16, "alice")
BY_RELAY = "Connected to bob through a relay: encrypted, not verified."


def show(room: RoomScreen, status: Status) -> None:
    """Let the connection be in a state."""
    room.apply(StatusChanged(StatusLine(status)))


@pytest.mark.parametrize("status", Status)
def test_status_is_shown_as_it_was_told(world: World, room: RoomScreen, status: Status) -> None:
    """The state for tests, the words for people, and the line beneath come from the room; the view decides nothing."""
    room.apply(StatusChanged(StatusLine(status, Connected("bob", relayed=True))))
    pill = world.document.by_test_id("status")
    assert (pill.get("data-state"), pill.text) == (status.value, STATUSES[status])
    assert world.document.by_test_id("status-detail").text == BY_RELAY


def test_status_that_stays_is_not_written_again(world: World, room: RoomScreen) -> None:
    """A screen reader is not made to repeat itself."""
    room.apply(StatusChanged(StatusLine(Status.CONNECTED, Connected("bob", relayed=False))))
    written = list(world.document.by_test_id("status").children)
    world.document.by_test_id("status").replace_children = _never  # type: ignore[method-assign]  # to see it not called
    room.apply(StatusChanged(StatusLine(Status.CONNECTED, Connected("bob", relayed=True))))
    assert world.document.by_test_id("status").children == written
    assert world.document.by_test_id("status-detail").text == BY_RELAY


def _never(*_children: object) -> None:
    raise AssertionError


def test_peers_are_shown_by_name(world: World, room: RoomScreen) -> None:
    """Each other member is there once, and goes with its leaving."""
    room.apply(MembersChanged((BOB, Member("e" * 16, "eve"))))
    assert [each.get("data-name") for each in world.document.html.every(data_testid="peer")] == ["bob", "eve"]
    room.apply(MembersChanged((BOB,)))
    assert world.document.by_test_id("peer").get("data-name") == "bob"
    room.apply(MembersChanged(()))
    assert not world.document.has_test_id("peer")


def test_own_account_elsewhere_is_a_peer(world: World, room: RoomScreen) -> None:
    """The same account may be in the room twice, and the page says so."""
    room.apply(MembersChanged((ALICE_ELSEWHERE,)))
    peer = world.document.by_test_id("peer")
    assert peer.get("data-name") == "alice"
    assert "also you" in peer.text


def test_person_is_shown_once_with_several_devices(world: World, room: RoomScreen) -> None:
    """Places count people, and so does the list; one's own other devices do not push a name away."""
    room.apply(MembersChanged((ALICE_ELSEWHERE, BOB, replace(BOB, peer_id="bob-on-a-phone"))))
    assert [each.get("data-name") for each in world.document.html.every(data_testid="peer")] == ["bob", "alice"]


@pytest.mark.parametrize(
    ("name", "initial"),
    [
        ("bob", "B"),
        ("_bob", "_"),
        ("иван", "И"),
        ("ß-bob", "S"),
        ("नरेन्द्र", "न"),
        ("किरण", "कि"),
        ("გიორგი", "გ"),
        ("李明", "李"),
    ],
)
def test_initial_is_a_whole_letter(name: str, initial: str) -> None:
    """A person is shown by one letter of their script, with what belongs to it."""
    assert initial_of(name) == initial


def test_hue_of_a_name_does_not_depend_on_case() -> None:
    """Names are compared without case, so their colours are too."""
    assert hue_of("Bob") == hue_of("bob")
    assert hue_of("ИВАН") == hue_of("иван")
    assert {hue_of(chr(code)) for code in range(97, 123)} == {str(hue + 1) for hue in range(HUES)}


def test_typing_is_shown_while_it_lasts(world: World, room: RoomScreen) -> None:
    """It is a bubble below the messages, which a reader at the end sees whole."""
    bubble, log = world.document.by_test_id("typing"), world.document.by_test_id("transcript")
    assert not bubble.is_shown()
    log.scroll_height, log.client_height = 1000, 400
    room.apply(TypingChanged(("bob",)))
    assert (bubble.text, bubble.is_shown()) == ("bob is typing…", True)
    assert log.scroll_top == 600
    room.apply(TypingChanged(("bob", "eve")))
    assert bubble.text == "bob and eve are typing…"
    room.apply(TypingChanged(()))
    assert not bubble.is_shown()


@pytest.mark.parametrize(
    ("room_name", "unread", "title"),
    [("den", 0, "den · P2P Chat"), ("den", 3, "(3) den · P2P Chat"), ("", 0, "P2P Chat")],
)
def test_title_counts_what_is_unread(room_name: str, unread: int, title: str) -> None:
    """The badge is there only where there is something to read."""
    assert title_of(room_name, unread) == title


@pytest.mark.parametrize(("handle", "call"), [("lobby", "open_home"), ("logout", "sign_out")])
@pytest.mark.usefixtures("room")
def test_header_leads_out_of_the_room(world: World, handle: str, call: str) -> None:
    """Back to the lobby, or out of the login."""
    world.document.by_test_id(handle).fire("click")
    assert world.asked.of(call) == [(call,)]


def alone(world: World) -> FakeElement:
    """Return the invitation of an empty room."""
    return world.document.html.one(class_="alone")


def greeting(world: World) -> FakeElement:
    """Return the greeting of an empty room."""
    return world.document.html.one(class_="greeting")


def test_empty_room_invites_while_one_is_alone(world: World, room: RoomScreen) -> None:
    """Only who waits alone is asked to share the link; a full room, or a lost network, is no invitation."""
    for status in Status:
        show(room, status)
        # Connected with nobody else here is connected to one's own other device.
        assert alone(world).is_shown() is (status in {Status.WAITING, Status.CONNECTED})
    show(room, Status.WAITING)
    assert "https://chat.example/chat/den" in alone(world).text


def test_empty_room_does_not_greet_oneself(world: World, room: RoomScreen) -> None:
    """Another device of one's own is there, and nobody to talk to is."""
    room.apply(MembersChanged((Member("peer-alice-2", "alice"),)))
    show(room, Status.CONNECTED)
    assert not greeting(world).is_shown()
    assert alone(world).is_shown()


def test_empty_room_greets_who_is_connected(world: World, room: RoomScreen) -> None:
    """Once the two are connected, the page says whom to greet."""
    room.apply(MembersChanged((BOB,)))
    assert not greeting(world).is_shown()
    show(room, Status.CONNECTED)
    assert greeting(world).is_shown()
    assert greeting(world).text == "Say hello to bob."


def test_first_message_takes_the_place_of_the_invitation(world: World, room: RoomScreen) -> None:
    """In a conversation, nothing asks to begin one, even when the other leaves."""
    room.apply(ItemAdded(incoming()))
    show(room, Status.WAITING)
    assert not alone(world).is_shown()


def strip(world: World) -> FakeElement:
    """Return the strip that tells of trouble."""
    return next(each for each in world.document.html.every(class_="strip") if each.every(data_testid="status-detail"))


def test_strip_that_takes_a_line_does_not_cover_the_newest_message(world: World, room: RoomScreen) -> None:
    """The transcript stays at its end when something comes above it."""
    log = world.document.by_test_id("transcript")
    log.scroll_height, log.client_height = 1000, 400
    room.apply(ItemAdded(incoming()))
    show(room, Status.FAILED)
    log.client_height = 300
    world.clock.ring()
    assert log.scroll_top == 700


def test_strip_tells_of_trouble_that_lasts(world: World, room: RoomScreen) -> None:
    """What is over within three seconds is not worth a line that comes and goes."""
    show(room, Status.CONNECTED)
    show(room, Status.RECONNECTING)
    assert strip(world).get("data-quiet") is not None
    show(room, Status.CONNECTED)
    assert world.clock.waiting == []
    show(room, Status.RECONNECTING)
    world.clock.ring()
    assert (strip(world).get("data-quiet"), strip(world).get("data-level")) == (None, "busy")
    show(room, Status.FAILED)
    assert (strip(world).get("data-quiet"), strip(world).get("data-level")) == (None, "bad")
    show(room, Status.CONNECTED)
    assert strip(world).get("data-quiet") is not None, "it goes at once"


@pytest.mark.parametrize(
    ("detail", "way"),
    [
        (Connected("bob", relayed=False), "direct"),
        (Connected("bob", relayed=True), "by relay"),
        (Connected("bob", relayed=None), "connected"),
        (ConnectedToOwnDevice(None), "your other tab or device"),
    ],
)
def test_connection_is_a_word_beside_the_name(world: World, room: RoomScreen, detail: Detail, way: str) -> None:
    """Nothing says "connected" twice, and no strip is there."""
    room.apply(StatusChanged(StatusLine(Status.CONNECTED, detail)))
    assert world.document.html.one(class_="way").text == way
    assert world.document.html.one(class_="dot").get("data-presence") == "here"
    world.clock.ring()
    assert strip(world).get("data-quiet") is not None


@pytest.mark.parametrize(
    "detail", [Connected("bob", relayed=False, server_away=True), Connected("bob", relayed=False, without=("eve",))]
)
def test_connection_that_is_not_whole_is_told_calmly(world: World, room: RoomScreen, detail: Detail) -> None:
    """Somebody is missing, or the server is: the conversation goes on."""
    room.apply(StatusChanged(StatusLine(Status.CONNECTED, detail)))
    world.clock.ring()
    assert (strip(world).get("data-quiet"), strip(world).get("data-level")) == (None, "calm")


def test_panel_says_how_one_is_connected(world: World, room: RoomScreen) -> None:
    """Who presses the name is told in a whole sentence."""
    room.apply(StatusChanged(StatusLine(Status.CONNECTED, Connected("bob", relayed=False))))
    panel = world.document.by_id(world.document.by_test_id("connection").get("popovertarget") or "")
    assert "Directly connected to bob: encrypted, not verified." in panel.text


def test_message_for_somebody_away_says_when_they_get_it(world: World, room: RoomScreen) -> None:
    """Below the messages, and no longer once they are back."""
    line = world.document.html.one(class_="event")
    room.apply(StatusChanged(StatusLine(Status.WAITING, Away("bob"))))
    assert (line.text, line.is_shown()) == ("bob is away, and will get what you write later.", True)
    show(room, Status.CONNECTED)
    assert not line.is_shown()


def test_full_room_offers_the_way_out(world: World, room: RoomScreen) -> None:
    """There is nobody to write to, so there is nothing to write in."""
    room.apply(StatusChanged(StatusLine(Status.FULL, Situation.ROOM_FULL)))
    full = world.document.html.one(class_="full")
    assert full.is_shown()
    assert "Every place in this room is taken" in full.text
    assert not world.document.by_test_id("composer").is_shown()
    full.one(tag="button").fire("click")
    assert world.asked.of("open_home") == [("open_home",)]
    show(room, Status.CONNECTED)
    assert not full.is_shown()
    assert world.document.by_test_id("composer").is_shown()


def test_author_is_named_to_the_eye_among_several(world: World, room: RoomScreen) -> None:
    """Between two, the side tells who speaks."""
    rows = world.document.html.one(class_="rows")
    room.apply(MembersChanged((BOB, ALICE_ELSEWHERE)))
    room.apply(ItemAdded(incoming()))
    assert rows.get("data-people") == "two"
    room.apply(MembersChanged((BOB, Member("e" * 16, "eve"))))
    assert rows.get("data-people") == "several"
    room.apply(MembersChanged((BOB,)))
    assert rows.get("data-people") == "several", "what eve has said still stands there"


def test_today_is_another_day_after_midnight(world: World) -> None:
    """Where nothing is said meanwhile: above the messages, and where they were found."""
    page = Page(replace(world.context, formats=Calendar(world.clock)), world.asked)
    room = open_room(page, world.asked)
    room.apply(ItemAdded(incoming("hello", at=999 * DAY)))
    world.document.by_test_id("search").type("hello")
    room.apply(MessagesFound("hello", (Match(incoming("hello", at=999 * DAY), "hello"),), complete=True))
    world.clock.ring()
    world.clock.time = 999 * DAY + 10
    room.look_at_clock()
    transcript, found = world.document.by_test_id("transcript"), world.document.by_test_id("search-result")
    assert (transcript.one(class_="day").text, found.one(tag="time").text) == ("Today", "Today, 0:0")
    world.clock.time = 1_000 * DAY
    room.look_at_clock()
    assert (transcript.one(class_="day").text, found.one(tag="time").text) == ("Yesterday", "Yesterday, 0:0")
    written = list(transcript.one(class_="day").children)
    room.look_at_clock()
    assert transcript.one(class_="day").children == written
    page.dispose()


NOT_KEPT = Retention(kept=False, changeable=False, fault=RetentionFault.INSECURE)


def test_room_would_lose_what_waits_where_nothing_is_kept(room: RoomScreen) -> None:
    """And only there, and only until it has arrived; what another device of ours has written waits there."""
    elsewhere = replace(outgoing("2"), delivery=None, from_other_device=True)
    losing = []
    for notice in (
        ItemAdded(outgoing("1", message_id="one")),
        RetentionChanged(NOT_KEPT),
        DeliveryChanged("one", Delivery.SENT),
        DeliveryChanged("one", Delivery.DELIVERED),
        ItemAdded(elsewhere),
        ItemAdded(incoming("3")),
        HistoryLoaded((outgoing("0", message_id="zero"),), has_earlier=False),
    ):
        room.apply(notice)
        losing.append(room.would_lose_messages)
    assert losing == [False, True, True, False, False, False, True]


def test_promise_is_kept_or_says_that_it_is_not(world: World, room: RoomScreen) -> None:
    """The sentence of now changes with what becomes known of the browser."""
    room.apply(StatusChanged(StatusLine(Status.WAITING, Situation.ALONE)))
    detail = world.document.by_test_id("status-detail")
    assert "a reload loses it" not in detail.text
    room.apply(RetentionChanged(NOT_KEPT))
    assert "a reload loses it" in detail.text
    room.apply(RetentionChanged(Retention(kept=True)))
    assert "a reload loses it" not in detail.text
