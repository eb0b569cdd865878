from __future__ import annotations

import json

import pytest

from client_py.core.server.access_faults import (
    AccessFault,
    LoginFault,
    PageOriginRefused,
    ServerRefused,
    SomeoneElseSignedIn,
)
from client_py.drivers.account import DEVICE_MARKS_KEY, LOGIN_KEY, LOGOUT_KEY, PERSON_KEY, AccountDriver
from client_py.drivers.tasks import Tasks
from client_py.ports.server import OriginRefused, Response
from protocol.http import LOGIN_PATH
from tests.fakes.ports import FakeClock, FakeHttp, FakeStore, settle

NOW = 1_000_000.0


class FakeView:
    """Notes what it is told to show."""

    def __init__(self) -> None:
        self.shown: list[tuple[object, ...]] = []

    def show_signing_in(self) -> None:
        """Note it."""
        self.shown.append(("signing in",))

    def show_access_fault(self, fault: AccessFault) -> None:
        """Note it."""
        self.shown.append(("fault", fault))

    def signed_in(self, username: str) -> None:
        """Note it."""
        self.shown.append(("in", username))

    def ask_password(self, username: str) -> None:
        """Note it."""
        self.shown.append(("password", username))

    def login_renewed(self) -> None:
        """Note it."""
        self.shown.append(("renewed",))

    def token_changed(self) -> None:
        """Note it."""
        self.shown.append(("token",))

    def signed_out(self, fault: AccessFault | None, username: str) -> None:
        """Note it."""
        self.shown.append(("out", fault, username))


class Stage:
    """An account driver among fakes: one tab of a browser, whose store it may share with others."""

    def __init__(self, store: FakeStore | None = None, tab: FakeStore | None = None) -> None:
        self.http, self.clock, self.view = FakeHttp(), FakeClock(NOW), FakeView()
        self.store = FakeStore() if store is None else store
        self.tab = FakeStore() if tab is None else tab
        self.failures: list[BaseException] = []
        tasks = Tasks(self.failures.append)
        self.driver = AccountDriver(self.http, self.store, self.tab, self.clock, tasks, self.view)

    async def sign_in(self) -> None:
        """Sign in as test."""
        await settle()
        self.http.answers = [answer("jwt")]
        self.driver.sign_in("test", "secret")
        await settle()


def _fail(error: BaseException) -> None:
    raise error


def answer(token: str, expires_at: float = NOW + 3_600, username: str = "test") -> Response:
    """Lay ready what the server says to a login that it takes."""
    body = {"token": token, "username": username, "expires_at": expires_at, "expires_in": 3_600}
    return Response(200, json.dumps(body))


async def test_account_signs_in_and_keeps_the_login() -> None:
    """The token of a login is kept in the browser, and given out from then on."""
    stage = Stage()
    stage.http.answers = [answer("jwt")]
    stage.driver.start()
    stage.driver.sign_in("test", "secret")
    await settle()
    assert stage.http.requests == [("/api/login", '{"username": "test", "password": "secret"}', None)]
    assert stage.view.shown == [("out", None, ""), ("signing in",), ("in", "test")]
    assert json.loads(stage.store[LOGIN_KEY])["token"] == "jwt"
    assert stage.driver.login is not None
    assert stage.failures == []


async def test_account_registers() -> None:
    """A new account is made at its own address, and is signed in at once."""
    stage = Stage()
    stage.http.answers = [answer("jwt")]
    stage.driver.register("test", "long enough")
    await settle()
    assert [request[0] for request in stage.http.requests] == ["/api/register"]
    assert stage.view.shown[-1] == ("in", "test")


async def test_account_shows_that_its_origin_is_refused() -> None:
    """It is told from a server that is not there."""
    stage = Stage()
    stage.http.answers = [OriginRefused("https://pages.example")]
    stage.driver.sign_in("test", "secret")
    await settle()
    stage.driver.sign_in("test", "secret")
    await settle()
    faults = [shown for shown in stage.view.shown if shown[0] == "fault"]
    assert faults == [
        ("fault", PageOriginRefused("https://pages.example")),
        ("fault", LoginFault.UNREACHABLE),
    ]
    assert stage.failures == []


async def test_account_shows_what_the_server_says() -> None:
    """A refusal is shown by the server's code, and nothing is kept."""
    stage = Stage()
    stage.http.answers = [Response(401, '{"error": {"code": "invalid_credentials", "message": "Wrong."}}')]
    stage.driver.sign_in("test", "wrong")
    await settle()
    assert stage.view.shown[-1] == ("fault", ServerRefused("invalid_credentials"))
    assert stage.store == {}


async def test_account_says_when_the_server_is_away() -> None:
    """No answer at all is told apart from a refusal."""
    stage = Stage()
    stage.driver.sign_in("test", "secret")
    await settle()
    assert stage.view.shown[-1] == ("fault", LoginFault.UNREACHABLE)


async def test_account_resumes_and_renews_a_kept_login() -> None:
    """A kept token is looked at when the page opens, and renewed at half of its life for as long as that is open."""
    stage = Stage()
    stage.store[LOGIN_KEY] = json.dumps({"token": "old", "username": "test", "expires_at": NOW + 10})
    stage.http.answers = [answer("new"), answer("newer", NOW + 9_000)]
    stage.driver.start()
    await settle()
    assert stage.http.requests == [("/api/refresh", "{}", "old")]
    assert stage.view.shown == [("in", "test")]
    stage.clock.advance(1_800)
    await settle()
    assert stage.http.requests[1] == ("/api/refresh", "{}", "new")
    assert json.loads(stage.store[LOGIN_KEY])["token"] == "newer"
    assert stage.view.shown == [("in", "test"), ("token",)]


async def test_account_ends_a_login_that_is_refused() -> None:
    """A token that the server does not take any more leads back to the form, with the name filled in."""
    stage = Stage()
    stage.store[LOGIN_KEY] = json.dumps({"token": "old", "username": "test", "expires_at": NOW - 10})
    stage.http.answers = [Response(401, "{}")]
    stage.driver.start()
    await settle()
    assert stage.view.shown == [("out", LoginFault.EXPIRED, "test")]
    assert LOGIN_KEY not in stage.store
    assert stage.clock.running == []


async def test_account_signs_out() -> None:
    """Nothing of a login is left after signing out, not even its renewal."""
    stage = Stage()
    stage.http.answers = [answer("jwt")]
    stage.driver.sign_in("test", "secret")
    await settle()
    stage.driver.sign_out()
    assert stage.view.shown[-1] == ("out", None, "")
    assert LOGIN_KEY not in stage.store
    assert stage.tab == {}
    assert stage.clock.running == []
    assert stage.driver.login is None


def marked_answer(mark: str) -> Response:
    """Lay ready a login with a mark for this browser."""
    body = {"token": "jwt", "username": "test", "expires_at": NOW + 3_600, "device_mark": mark}
    return Response(200, json.dumps(body))


async def test_account_is_known_again_after_signing_out() -> None:
    """The mark outlives the login, is shown at the next one, and gives way to the one that comes of it."""
    stage = Stage()
    stage.http.answers = [marked_answer("a.1"), marked_answer("a.2")]
    stage.driver.sign_in("test", "secret")
    await settle()
    stage.http.answers.insert(0, Response(204, ""))
    stage.driver.sign_out()
    await settle()
    assert LOGIN_KEY not in stage.store
    assert stage.store[DEVICE_MARKS_KEY] == "a.1"
    stage.store[DEVICE_MARKS_KEY] += "\nb.7"  # of another tab
    stage.driver.sign_in("test", "secret")
    await settle()
    bodies = [body for path, body, _ in stage.http.requests if path == LOGIN_PATH]
    assert [json.loads(body).get("device_marks") for body in bodies] == [None, ["a.1", "b.7"]]
    assert stage.store[DEVICE_MARKS_KEY] == "a.2\nb.7"


async def test_account_gets_past_a_server_that_knows_no_marks() -> None:
    """A login that an earlier release found malformed is tried again without marks."""
    stage = Stage()
    stage.store[DEVICE_MARKS_KEY] = "a.1"
    stage.http.answers = [Response(400, '{"error": {"code": "malformed", "message": "No."}}'), answer("jwt")]
    for _ in range(2):
        stage.driver.sign_in("test", "secret")
        await settle()
    assert [json.loads(body).get("device_marks") for _, body, _ in stage.http.requests] == [["a.1"], None]
    assert stage.view.shown[-1] == ("in", "test")
    assert stage.failures == []


# Two tabs of one browser: what one writes, the other is told of by `look`, later


async def two_tabs() -> tuple[Stage, Stage]:
    """Return two tabs that are signed in."""
    one = Stage()
    await one.sign_in()
    other = Stage(one.store)
    other.http.answers = [answer("jwt")]
    other.driver.start()
    await settle()
    assert other.view.shown == [("in", "test")]
    return one, other


async def test_logout_reaches_every_tab() -> None:
    """The other tab leaves too, and says why; a tab that opens then has nobody signed in."""
    one, other = await two_tabs()
    one.driver.sign_out()
    other.driver.look()
    assert other.view.shown[-1] == ("out", LoginFault.LOGGED_OUT_ELSEWHERE, "test")
    assert (other.driver.login, other.clock.running, other.tab) == (None, [], {})
    third = Stage(one.store)
    third.driver.start()
    assert third.view.shown == [("out", None, "")]


async def test_logout_is_told_to_the_server() -> None:
    """At once, and nobody waits for the answer; the other tab, which is logged out by it, says nothing."""
    one, other = await two_tabs()
    one.http.answers, asked = [Response(204, "")], len(other.http.requests)
    one.driver.sign_out()
    other.driver.look()
    assert one.view.shown[-1] == ("out", None, "")
    await settle()
    assert one.http.requests[-1] == ("/api/logout", "{}", "jwt")
    assert one.failures == []
    assert (len(other.http.requests), one.clock.running) == (asked, [])


@pytest.mark.parametrize("status", [200, 401, 404, 405])
async def test_logout_is_told_once_to_whom_it_concerns_or_never_will(status: int) -> None:
    """A login that has ended by itself, and a server of before, which has no list of logins, are left alone."""
    stage = Stage()
    await stage.sign_in()
    stage.http.answers, stage.http.requests = [Response(status, "")], []
    stage.driver.sign_out()
    await settle()
    assert stage.http.requests == [("/api/logout", "{}", "jwt")]
    assert (stage.clock.running, stage.view.shown[-1], stage.failures) == ([], ("out", None, ""), [])


async def test_answer_to_an_attempt_before_a_logout_signs_nobody_in() -> None:
    """Ada has logged out while her password was checked, and Ben is at the form: her login ends, and his begins."""
    stage = Stage()
    await stage.sign_in()
    stage.driver.token_refused("jwt")
    stage.driver.sign_in("test", "secret")
    stage.driver.sign_out()
    stage.driver.sign_in("ben", "secret")
    stage.http.answers = [answer("late"), answer("bens", username="ben"), Response(204, "")]
    await settle()
    assert stage.view.shown[-1] == ("in", "ben")
    assert stage.driver.login is not None
    assert stage.driver.login.token == "bens"
    assert stage.http.requests[-1] == ("/api/logout", "{}", "late")
    assert stage.failures == []


@pytest.mark.parametrize("answers", [[], [Response(503, "")], [Response(429, "")], [OriginRefused("https://a")]])
async def test_logout_is_told_to_a_server_that_was_away(answers: list[Response | OriginRefused]) -> None:
    """The person is signed out meanwhile; after some tries the login is left to its end."""
    stage = Stage()
    await stage.sign_in()
    stage.http.answers, stage.http.requests = list(answers), []
    stage.driver.sign_out()
    assert stage.view.shown[-1] == ("out", None, "")
    await settle()
    assert stage.clock.running == [2.0]
    for pause in (2.0, 10.0, 60.0, 600.0):
        stage.clock.advance(pause)
        await settle()
    assert stage.http.requests == 5 * [("/api/logout", "{}", "jwt")]
    assert (stage.clock.running, stage.failures) == ([], [])


async def test_renewal_under_way_writes_no_login_back_after_a_logout() -> None:
    """Its answer comes before the tab has been told of the logout: it looks by itself, and keeps nothing."""
    one, other = await two_tabs()
    other.http.answers = [answer("newer", NOW + 9_000)]
    other.clock.advance(1_800)
    one.driver.sign_out()
    await settle()
    assert LOGIN_KEY not in one.store
    assert other.driver.login is None


async def test_login_that_is_written_back_all_the_same_counts_for_nothing() -> None:
    """Between processes of a browser a logout may be seen late; what was written then is void, and is taken away."""
    one, other = await two_tabs()
    late = one.store[LOGIN_KEY]
    one.driver.sign_out()
    one.store[LOGIN_KEY] = late
    third = Stage(one.store)
    third.driver.start()
    assert third.view.shown == [("out", None, "")]
    assert LOGIN_KEY not in one.store
    other.driver.look()
    assert other.driver.login is None


async def test_two_logouts_in_a_row_are_two() -> None:
    """A login from between them does not outlive the second one."""
    one, other = await two_tabs()
    one.driver.sign_out()
    other.driver.look()
    first = one.store[LOGOUT_KEY]
    one.clock.advance(1)
    await one.sign_in()
    between = one.store[LOGIN_KEY]
    one.driver.sign_out()
    assert one.store[LOGOUT_KEY] != first
    one.store[LOGIN_KEY] = between
    third = Stage(one.store)
    third.driver.start()
    assert third.view.shown == [("out", None, "")]


async def test_tab_stays_who_it_is_while_another_signs_in() -> None:
    """Two people at two tabs of one browser stay two; a reload of the first does not make it the second."""
    one = Stage()
    other = Stage(one.store)
    await one.sign_in()
    other.http.answers = [answer("demos", NOW + 3_600, "demo")]
    other.driver.sign_in("demo", "secret")
    await settle()
    one.driver.look()
    one.http.answers = [answer("newer", NOW + 9_000)]
    one.clock.advance(1_800)
    await settle()
    assert one.driver.login is not None
    assert (one.driver.login.username, one.driver.login.token) == ("test", "newer")
    assert json.loads(one.store[LOGIN_KEY])["username"] == "demo"
    assert one.tab[PERSON_KEY] == "test"
    reloaded = Stage(one.store, one.tab)
    reloaded.driver.start()
    assert reloaded.view.shown[-1] == ("out", SomeoneElseSignedIn("demo", "test"), "test")


async def test_tab_that_was_frozen_does_not_renew_with_a_replaced_token() -> None:
    """Its timer may come before it is told what another tab has stored; the server would end the login for that."""
    one, other = await two_tabs()
    one.http.answers = [answer("newer", NOW + 9_000)]
    one.clock.advance(1_800)
    await settle()
    asked = len(other.http.requests)
    other.clock.advance(1_800)
    await settle()
    assert len(other.http.requests) == asked
    assert other.driver.login is not None
    assert other.driver.login.token == "newer"
    other.clock.advance(3_600)
    await settle()
    assert other.http.requests[asked:] == [("/api/refresh", "{}", "newer")]


async def test_tab_that_slept_is_not_ended_by_its_old_token() -> None:
    """What the server refuses is the token of before; another tab has renewed it, and the room is entered with that."""
    one, other = await two_tabs()
    one.http.answers = [answer("newer", NOW + 9_000)]
    one.clock.advance(1_800)
    await settle()
    other.driver.token_refused("jwt")
    assert other.view.shown[-1] == ("renewed",)
    assert other.driver.login is not None
    assert other.driver.login.token == "newer"
    other.driver.token_refused("newer")
    assert other.view.shown[-2:] == [("renewed",), ("password", "test")]
    other.http.answers = [answer("newest", NOW + 9_900)]
    other.driver.sign_in("test", "secret")
    await settle()
    assert other.view.shown[-2:] == [("signing in",), ("renewed",)]
    assert json.loads(one.store[LOGIN_KEY])["token"] == "newest"
    assert other.clock.running != []


async def test_tab_that_slept_over_its_renewal_is_renewed_when_it_wakes() -> None:
    """No timer has fired in a machine that slept, and its clock is hours slow: the login is renewed all the same."""
    stage = Stage()
    stage.clock = FakeClock(NOW - 10_800)
    stage.driver = AccountDriver(stage.http, stage.store, stage.tab, stage.clock, Tasks(_fail), stage.view)
    await stage.sign_in()
    assert stage.driver.server_ahead == 10_800
    stage.http.answers = [answer("newer", NOW + 6_000)]
    stage.clock.sleep(3_000)
    assert len(stage.http.requests) == 1
    stage.driver.checked()
    await settle()
    assert stage.driver.login is not None
    assert stage.driver.login.token == "newer"


async def test_tab_that_opens_with_an_expired_login_logs_nobody_out() -> None:
    """The other tab asks for the password over its conversation, and goes on with that of the form."""
    one, other = await two_tabs()
    other.driver.token_refused("jwt")
    assert other.view.shown[-1] == ("password", "test")
    reloaded = Stage(one.store, one.tab)
    reloaded.http.answers = [Response(401, "{}"), answer("newer", NOW + 6_000)]
    reloaded.driver.start()
    await settle()
    assert reloaded.view.shown == [("out", LoginFault.EXPIRED, "test")]
    assert LOGIN_KEY not in one.store
    other.driver.look()
    assert other.driver.has_expired
    reloaded.driver.sign_in("test", "secret")
    await settle()
    other.driver.look()
    assert other.view.shown[-2:] == [("password", "test"), ("renewed",)]


async def test_tab_that_was_logged_out_meanwhile_is_not_told_of_a_refusal() -> None:
    """It has been logged out, which is another thing than a login that has expired."""
    one, other = await two_tabs()
    one.driver.sign_out()
    other.driver.token_refused("jwt")
    assert other.view.shown[-1] == ("out", LoginFault.LOGGED_OUT_ELSEWHERE, "test")


async def test_every_tab_tells_that_its_token_is_another() -> None:
    """The one that has renewed it, and the other that reads it: both may have WebSockets that stand by the token."""
    one, other = await two_tabs()
    one.http.answers = [answer("newer", NOW + 9_000)]
    one.clock.advance(1_800)
    await settle()
    other.driver.look()
    assert (one.view.shown[-1], other.view.shown[-1]) == (("token",), ("token",))
