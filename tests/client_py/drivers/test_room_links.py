from __future__ import annotations

import json

import pytest

from client_py.core.invitation_links import Invitation
from client_py.core.room_links import GuestAccess, LinkState, parse_links
from client_py.core.server.kept_login import Login
from client_py.drivers.retention import NOT_KEPT, WISH_KEY, StoragePorts
from client_py.drivers.room_links import LINKS_KEY, RoomLinks
from client_py.drivers.tasks import Tasks
from client_py.ports.server import OriginRefused, Response
from protocol.http import INVITATIONS_PATH, REVOKE_INVITATION_PATH
from tests.fakes.ports import FakeClock, FakeDatabases, FakeHttp, FakeLocks, FakeRandom, FakeStore, settle

NOW = 1_000_000
WEEK = 7 * 86_400
NAME = "0" * 32
ADA = Login("jwt", "ada", NOW + 60)


def made(token: str = "t" * 22, name: str = NAME, expires_at: int = NOW + WEEK) -> Response:
    """Return what the server says to a new invitation."""
    body = {"invitation": token, "id": name, "room": "den", "places": 8, "expires_at": expires_at}
    return Response(201, json.dumps(body))


def listed(guests: int = 0, name: str = NAME) -> Response:
    """Return what the server says of invitations that there are."""
    one = {"id": name, "room": "den", "places": 8, "guests": guests, "created_at": NOW, "expires_at": NOW + WEEK}
    return Response(200, json.dumps({"invitations": [one]}))


def refused(code: str, status: int = 403) -> Response:
    """Return what the server says where it makes none."""
    return Response(status, json.dumps({"error": {"code": code}}))


class Stage:
    """The links of a person in one tab of a browser, where the test is the server."""

    def __init__(self, store: FakeStore | None = None, login: Login | None = ADA) -> None:
        self.http, self.store, self.login = FakeHttp(), store if store is not None else FakeStore(), login
        self.clock = FakeClock(NOW)
        self.changed: list[str] = []
        ports = StoragePorts(FakeDatabases(), FakeLocks(), self.store, FakeStore(), self.clock, FakeRandom())
        self.links = RoomLinks(
            self.http, ports, lambda: self.login, self.clock.now, Tasks(self._fail), self.changed.append
        )

    @staticmethod
    def _fail(error: BaseException) -> None:
        raise error

    async def ask(self, *answers: Response | OriginRefused) -> LinkState:
        """Ask, and return how the link stands once the server has answered."""
        self.http.answers += answers
        self.links.ask("den")
        await settle()
        return self.links.state_of("den")

    async def count(self, *answers: Response) -> LinkState:
        """Ask how many have come."""
        self.http.answers += answers
        self.links.count("den")
        await settle()
        return self.links.state_of("den")

    @property
    def asked(self) -> list[str]:
        """Return which addresses the server was asked at, and forget it."""
        paths = [path for path, _, _ in self.http.requests]
        self.http.requests.clear()
        return paths


async def test_room_has_one_secret() -> None:
    """Made when it is first asked for, known to every tab, and told to nobody."""
    stage = Stage()
    state = stage.links.state_of("den")
    assert state == LinkState(Invitation("token-0000000000000001"))
    assert Stage(stage.store).links.state_of("den") == state
    assert stage.links.state_of("hall").invitation != state.invitation
    assert stage.asked == []


async def test_server_makes_the_part_for_guests() -> None:
    """Once, for as long as it is good for a day at least; the secret is no part of the question."""
    stage = Stage()
    secret = stage.links.state_of("den").invitation.secret
    stage.http.answers = [made()]
    stage.links.ask("den")
    assert stage.links.state_of("den").access is GuestAccess.ASKING
    stage.links.ask("den")
    await settle()
    state = stage.links.state_of("den")
    assert state == LinkState(Invitation(secret, "t" * 22), GuestAccess.READY, NOW + WEEK)
    assert stage.changed == ["den", "den"]
    assert secret not in str(stage.http.requests)
    assert stage.asked == [INVITATIONS_PATH]
    assert await stage.ask() == state
    assert await Stage(stage.store).ask() == state
    assert stage.asked == []
    stage.clock.advance(WEEK - 86_400)
    assert (await stage.ask(made("u" * 22, expires_at=NOW + 2 * WEEK))).invitation == Invitation(secret, "u" * 22)


@pytest.mark.parametrize(
    ("answer", "access"),
    [
        (refused("no_guests"), GuestAccess.OFF),
        (refused("not_for_guests"), GuestAccess.FOR_ACCOUNTS),
        (refused("rate_limited", 429), GuestAccess.LIMITED),
        (refused("internal", 500), GuestAccess.FAILED),
        (Response(502, "<html>"), GuestAccess.FAILED),
        (Response(201, "{}"), GuestAccess.FAILED),
        (OriginRefused("https://elsewhere.example"), GuestAccess.FAILED),
    ],
)
async def test_link_says_why_guests_cannot_come_by_it(answer: Response | OriginRefused, access: GuestAccess) -> None:
    """It is good for those who have an account all the same."""
    state = await Stage().ask(answer)
    assert (state.access, state.invitation.guests) == (access, None)


async def test_server_that_is_away_is_asked_again() -> None:
    """When somebody wants the link again; and one that takes no guests is not."""
    stage = Stage()
    assert (await stage.ask()).access is GuestAccess.FAILED
    assert (await stage.ask(refused("no_guests"))).access is GuestAccess.OFF
    assert stage.asked == [INVITATIONS_PATH] * 2
    await stage.ask()
    assert stage.asked == []


async def test_guest_asks_for_no_invitation() -> None:
    """The server would say no."""
    stage = Stage(login=Login("jwt", "ben~bcdfgh", NOW + 60, "den"))
    assert (await stage.ask()).access is GuestAccess.FOR_ACCOUNTS
    assert (await stage.count()).access is GuestAccess.FOR_ACCOUNTS
    assert stage.asked == []


async def test_who_has_come_is_counted() -> None:
    """And an invitation that is used up or was ended elsewhere is followed by another."""
    stage = Stage()
    await stage.ask(made())
    state = await stage.count(listed(3))
    assert (state.guests, state.places) == (3, 8)
    assert (await stage.count(Response(500, ""))).guests == 3
    assert (await stage.count(Response(200, "[]"))).guests == 3
    assert (await stage.count()).guests == 3
    stage.http.requests.clear()
    state = await stage.count(listed(8), made("u" * 22, "1" * 32))
    assert (state.access, state.invitation.guests, state.guests) == (GuestAccess.READY, "u" * 22, None)
    assert stage.asked == [INVITATIONS_PATH] * 2


async def test_link_is_renewed() -> None:
    """Nobody comes by the old one any more: it is ended at the server, and its secret is none."""
    stage = Stage()
    before = await stage.ask(made())
    stage.http.requests.clear()
    stage.http.answers = [Response(204, ""), made("u" * 22, "1" * 32)]
    stage.links.renew("den")
    await settle()
    state = stage.links.state_of("den")
    assert state.invitation.secret != before.invitation.secret
    assert (state.access, state.invitation.guests) == (GuestAccess.READY, "u" * 22)
    assert stage.http.requests[0] == (REVOKE_INVITATION_PATH, json.dumps({"id": NAME, "end_guests": False}), "jwt")
    assert stage.asked == [REVOKE_INVITATION_PATH, INVITATIONS_PATH]


async def test_link_that_nobody_came_by_is_renewed_without_the_server() -> None:
    """There is nothing to end."""
    stage = Stage()
    stage.links.renew("den")
    await settle()
    assert stage.asked == [INVITATIONS_PATH]


async def test_secret_of_a_link_that_was_opened_is_the_rooms() -> None:
    """What lets guests in is another's, and is not handed on."""
    stage = Stage()
    await stage.ask(made())
    stage.links.accept("den", Invitation("s" * 22, "v" * 22))
    assert stage.links.state_of("den").invitation == Invitation("s" * 22)
    await stage.ask(made())
    stage.links.accept("den", Invitation("s" * 22, "v" * 22))
    assert stage.links.state_of("den").invitation == Invitation("s" * 22, "t" * 22)


async def test_nothing_is_kept_of_who_wants_nothing_kept() -> None:
    """The page has it until it is closed."""
    store = FakeStore({WISH_KEY + "ada": NOT_KEPT})
    stage = Stage(store)
    state = await stage.ask(made())
    assert state.access is GuestAccess.READY
    assert stage.links.state_of("den") == state
    assert list(store) == [WISH_KEY + "ada"]


async def test_what_was_kept_goes_when_nothing_is_to_be_kept() -> None:
    """And is kept again when the person wants that."""
    stage = Stage()
    state = await stage.ask(made())
    stage.store.put(WISH_KEY + "ada", NOT_KEPT)
    stage.links.keep_nothing("ada")
    assert LINKS_KEY + "ada" not in stage.store
    assert stage.links.state_of("den") == state
    stage.store.remove(WISH_KEY + "ada")
    stage.links.accept("hall", Invitation("s" * 22))
    assert set(parse_links(stage.store[LINKS_KEY + "ada"])) == {"den", "hall"}


@pytest.mark.parametrize("what", ["ask", "count"])
async def test_answer_for_who_has_logged_out_is_nobodys(what: str) -> None:
    """Somebody else may be signed in by then."""
    stage = Stage()
    if what == "count":
        await stage.ask(made())
    stage.http.answers = [made() if what == "ask" else listed(8)]
    getattr(stage.links, what)("den")
    stage.login = Login("other", "ben", NOW + 60)
    await settle()
    assert LINKS_KEY + "ben" not in stage.store
    stage.login = None
    assert stage.links.state_of("den").access is GuestAccess.UNASKED


async def test_link_that_was_renewed_meanwhile_is_not_counted() -> None:
    """What the server has listed is of the one before."""
    stage = Stage()
    await stage.ask(made())
    stage.http.answers = [listed(3), Response(204, "")]
    stage.links.count("den")
    stage.links.renew("den")
    await settle()
    assert stage.links.state_of("den").guests is None
