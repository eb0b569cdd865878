from __future__ import annotations

import json

from client_py.core.account import UNREACHABLE
from client_py.drivers.account import DEVICE_MARKS_KEY, LOGIN_KEY, AccountDriver
from client_py.drivers.tasks import Tasks
from client_py.ports import OriginRefused, Response
from tests.fakes.ports import FakeClock, FakeHttp, FakeStore, settle

NOW = 1_000_000.0


class FakeView:
    """Notes what it is told to show."""

    def __init__(self) -> None:
        self.shown: list[tuple[str, ...]] = []

    def show_signing_in(self) -> None:
        """Note it."""
        self.shown.append(("signing in",))

    def show_auth_error(self, sentence: str) -> None:
        """Note it."""
        self.shown.append(("error", sentence))

    def signed_in(self, username: str) -> None:
        """Note it."""
        self.shown.append(("in", username))

    def signed_out(self, sentence: str, username: str) -> None:
        """Note it."""
        self.shown.append(("out", sentence, username))


class Stage:
    """An account driver among fakes."""

    def __init__(self) -> None:
        self.http, self.store, self.clock, self.view = FakeHttp(), FakeStore(), FakeClock(NOW), FakeView()
        self.failures: list[BaseException] = []
        self.driver = AccountDriver(self.http, self.store, self.clock, Tasks(self.failures.append), self.view)


def answer(token: str, expires_at: float = NOW + 3_600) -> Response:
    """Lay ready what the server says to a login that it takes."""
    return Response(200, json.dumps({"token": token, "username": "test", "expires_at": expires_at}))


async def test_account_signs_in_and_keeps_the_login() -> None:
    """The token of a login is kept in the browser, and given out from then on."""
    stage = Stage()
    stage.http.answers = [answer("jwt")]
    stage.driver.start()
    stage.driver.sign_in("test", "secret")
    await settle()
    assert stage.http.requests == [("/api/login", '{"username": "test", "password": "secret"}', None)]
    assert stage.view.shown == [("out", "", ""), ("signing in",), ("in", "test")]
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
    kind, sentence = stage.view.shown[-1]
    assert kind == "error"
    assert "does not allow pages from https://pages.example" in sentence
    stage.driver.sign_in("test", "secret")
    await settle()
    assert stage.view.shown[-1] == ("error", UNREACHABLE)
    assert stage.failures == []


async def test_account_shows_what_the_server_says() -> None:
    """A refusal is shown in the server's words, and nothing is kept."""
    stage = Stage()
    stage.http.answers = [Response(401, '{"error": {"code": "invalid_credentials", "message": "Wrong."}}')]
    stage.driver.sign_in("test", "wrong")
    await settle()
    assert stage.view.shown[-1] == ("error", "Wrong.")
    assert stage.store == {}


async def test_account_says_when_the_server_is_away() -> None:
    """No answer at all is told apart from a refusal."""
    stage = Stage()
    stage.driver.sign_in("test", "secret")
    await settle()
    assert stage.view.shown[-1][0] == "error"
    assert "cannot be reached" in stage.view.shown[-1][1]


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
    assert stage.view.shown == [("in", "test")]


async def test_account_ends_a_login_that_is_refused() -> None:
    """A token that the server does not take any more leads back to the form, with the name filled in."""
    stage = Stage()
    stage.store[LOGIN_KEY] = json.dumps({"token": "old", "username": "test", "expires_at": NOW - 10})
    stage.http.answers = [Response(401, "{}")]
    stage.driver.start()
    await settle()
    assert stage.view.shown == [("out", "Your login has expired. Please sign in again.", "test")]
    assert stage.store == {}
    assert stage.clock.running == []


async def test_account_signs_out() -> None:
    """Nothing of a login is left after signing out, not even its renewal."""
    stage = Stage()
    stage.http.answers = [answer("jwt")]
    stage.driver.sign_in("test", "secret")
    await settle()
    stage.driver.sign_out()
    assert stage.view.shown[-1] == ("out", "", "")
    assert stage.store == {}
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
    stage.driver.sign_out()
    assert stage.store == {DEVICE_MARKS_KEY: "a.1"}
    stage.store[DEVICE_MARKS_KEY] += "\nb.7"  # of another tab
    stage.driver.sign_in("test", "secret")
    await settle()
    assert [json.loads(body).get("device_marks") for _, body, _ in stage.http.requests] == [None, ["a.1", "b.7"]]
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
