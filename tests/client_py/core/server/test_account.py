from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from client_py.core.server.access_faults import (
    AccessFault,
    LoginFault,
    PageOriginRefused,
    ServerRefused,
    SignedInElsewhere,
    SomeoneElseSignedIn,
)
from client_py.core.server.account import (
    MAX_RENEWAL_SECONDS,
    MIN_RENEWAL_SECONDS,
    RETRY_CAP_SECONDS,
    RETRY_SECONDS,
    UNKNOWN_LIFE_SECONDS,
    Account,
)
from client_py.core.server.account_effects import (
    AccountEffect,
    AskPassword,
    EndLogin,
    Forget,
    ForgetDeviceMarks,
    ForgetExpired,
    Keep,
    KeepDeviceMark,
    LoginRenewed,
    Post,
    Purpose,
    RememberPerson,
    ShowChecking,
    ShowFault,
    SignedIn,
    SignedOut,
    StartTickTimer,
    StopTickTimer,
    TokenChanged,
)
from client_py.core.server.kept_login import Kept, Login
from client_py.core.server.sleep_detection import TICK_SECONDS

NOW = 1_000_000.0
LOGIN = Login("jwt", "ada", NOW + 3_600)
BODY = json.dumps({"token": "jwt", "username": "ada", "expires_at": NOW + 3_600, "expires_in": 3_600})
RENEWED = Login("newer", "ada", NOW + 7_200)
RENEWED_BODY = json.dumps({"token": "newer", "username": "ada", "expires_at": NOW + 7_200, "expires_in": 3_600})
BENS = Login("bens", "ben", NOW + 9_000)
BENS_BODY = json.dumps({"token": "bens", "username": "ben", "expires_at": NOW + 9_000, "expires_in": 9_000})
GONE: list[AccountEffect] = [RememberPerson(""), StopTickTimer()]
TICK = StartTickTimer(TICK_SECONDS)
SOON = StartTickTimer(RETRY_SECONDS)
RENEWAL = Post(Purpose.RENEW, "{}", "jwt")
ENTRANCES = [Purpose.SIGN_IN, Purpose.REGISTER]


def signed_in() -> Account:
    """Return an account that has signed in."""
    account = Account()
    account.submitted(Purpose.SIGN_IN, "ada", "secret")
    account.responded(Purpose.SIGN_IN, 200, BODY, NOW)
    return account


def test_account_opens_signed_out() -> None:
    """Without a login that was kept, the form is shown."""
    assert Account().resumed(Kept()) == [SignedOut()]


@pytest.mark.parametrize(("purpose", "path"), [(Purpose.SIGN_IN, "/api/login"), (Purpose.REGISTER, "/api/register")])
def test_account_asks_the_server(purpose: Purpose, path: str) -> None:
    """What was submitted goes to the address that it is for, and the person sees that it is on its way."""
    effects = Account().submitted(purpose, "ada", "sécret")
    body = json.dumps({"username": "ada", "password": "sécret"})
    assert effects == [ShowChecking(), Post(purpose, body, attempt=1)]
    assert purpose.path == path


def test_account_shows_its_marks_where_it_signs_in() -> None:
    """A login carries the marks that this browser keeps; a registration has no use for them."""
    marked = json.dumps({"username": "ada", "password": "secret", "device_marks": ["a.1", "b.2"]})
    assert Account().submitted(Purpose.SIGN_IN, "ada", "secret", ("a.1", "b.2"))[-1] == Post(
        Purpose.SIGN_IN, marked, attempt=1
    )
    bare = json.dumps({"username": "ada", "password": "secret"})
    assert Account().submitted(Purpose.REGISTER, "ada", "secret", ("a.1",))[-1] == Post(
        Purpose.REGISTER, bare, attempt=1
    )


@pytest.mark.parametrize("purpose", ENTRANCES)
def test_account_keeps_its_mark(purpose: Purpose) -> None:
    """What the server gives to know this browser by is kept beside the login."""
    account = Account()
    account.submitted(purpose, "ada", "secret")
    body = json.dumps(json.loads(BODY) | {"device_mark": "a.1"})
    assert account.responded(purpose, 200, body, NOW)[:2] == [KeepDeviceMark("a.1"), Keep(LOGIN, "")]


@pytest.mark.parametrize("mark", ["", "A.1", 1, None, ["a.1"]])
def test_account_signs_in_without_a_mark(mark: object) -> None:
    """A mark that is none does not stand in the way of the login."""
    account = Account()
    account.submitted(Purpose.SIGN_IN, "ada", "secret")
    body = json.dumps(json.loads(BODY) | {"device_mark": mark})
    assert account.responded(Purpose.SIGN_IN, 200, body, NOW)[0] == Keep(LOGIN, "")


def test_account_forgets_marks_that_the_server_does_not_know() -> None:
    """A server of an earlier release takes no login with marks: the next try has none."""
    account = Account()
    account.submitted(Purpose.SIGN_IN, "ada", "secret", ("a.1",))
    malformed = '{"error": {"code": "malformed", "message": "No."}}'
    assert account.responded(Purpose.SIGN_IN, 400, malformed, NOW) == [
        ForgetDeviceMarks(),
        ShowFault(ServerRefused("malformed")),
    ]
    account.submitted(Purpose.REGISTER, "ada", "secret")
    assert account.responded(Purpose.REGISTER, 400, malformed, NOW) == [ShowFault(ServerRefused("malformed"))]


def test_account_asks_once_at_a_time() -> None:
    """A second click while the first is being checked does nothing."""
    account = Account()
    account.submitted(Purpose.SIGN_IN, "ada", "secret")
    assert account.submitted(Purpose.REGISTER, "ada", "secret") == []


@pytest.mark.parametrize(("purpose", "status"), [(Purpose.SIGN_IN, 200), (Purpose.REGISTER, 201)])
def test_account_signs_in(purpose: Purpose, status: int) -> None:
    """The login is kept and shown."""
    account = Account()
    account.submitted(purpose, "ada", "secret")
    assert account.responded(purpose, status, BODY, NOW) == [
        Keep(LOGIN, ""),
        TICK,
        RememberPerson("ada"),
        SignedIn("ada"),
    ]
    assert account.login == LOGIN
    assert not account.has_expired


def first_renewal(account: Account, since: float, *, until: float = 15 * 3_600, tick: float = TICK_SECONDS) -> float:
    """Tick on until the account renews its login, and return after how many seconds it does."""
    for count in range(1, int(until / tick)):
        effects = account.ticked(since + count * tick)
        assert effects[0] == TICK
        if len(effects) > 1:
            return count * tick
    raise AssertionError


@pytest.mark.parametrize("wrong_by", [0, -3 * 3_600, 2 * 86_400, -400 * 86_400])
def test_account_renews_at_half_of_its_life_by_any_clock(wrong_by: float) -> None:
    """The server says for how long a token is good: a page whose clock is days off renews when others do."""
    account = Account()
    account.submitted(Purpose.SIGN_IN, "ada", "secret")
    account.responded(Purpose.SIGN_IN, 200, BODY, NOW + wrong_by)
    assert account.server_ahead == -wrong_by
    assert first_renewal(account, NOW + wrong_by) == 1_800
    now = NOW + wrong_by + 1_800
    assert account.ticked(now + 20) == [TICK], "one at a time"
    account.responded(Purpose.RENEW, 200, RENEWED_BODY, now + 21)
    assert first_renewal(account, now + 21) == 1_800


@pytest.mark.parametrize("ahead_by", [3_600, 2 * 86_400])
def test_account_renews_now_and_then_where_nobody_says_for_how_long(ahead_by: float) -> None:
    """Of a server of an earlier release, and by a clock that finds its fresh tokens ended."""
    account = Account()
    account.submitted(Purpose.SIGN_IN, "ada", "secret")
    body = json.dumps({"token": "jwt", "username": "ada", "expires_at": NOW + 3_600})
    account.responded(Purpose.SIGN_IN, 200, body, NOW + ahead_by)
    assert account.server_ahead == 0
    assert first_renewal(account, NOW + ahead_by) == UNKNOWN_LIFE_SECONDS / 2


@pytest.mark.parametrize("expires_in", ["3600", -5, 0, None, 2**40])
def test_account_takes_no_odd_life(expires_in: object) -> None:
    """What is no number of seconds counts as if it was not said."""
    account = Account()
    account.submitted(Purpose.SIGN_IN, "ada", "secret")
    account.responded(Purpose.SIGN_IN, 200, json.dumps(json.loads(BODY) | {"expires_in": expires_in}), NOW)
    assert first_renewal(account, NOW) == 1_800


def test_account_renews_short_lives_not_too_often() -> None:
    """However soon a token ends, and however often the page is woken, renewals keep a distance."""
    account = Account()
    account.submitted(Purpose.SIGN_IN, "ada", "secret")
    account.responded(Purpose.SIGN_IN, 200, json.dumps(json.loads(BODY) | {"expires_in": 4}), NOW)
    assert account.checked(NOW + MIN_RENEWAL_SECONDS - 1) == []
    assert account.checked(NOW + MIN_RENEWAL_SECONDS) == [RENEWAL]


def test_account_that_has_slept_over_its_renewal_renews_when_it_wakes() -> None:
    """A timer stands still while the machine sleeps; the clock does not, and is looked at first of all."""
    account = signed_in()
    assert account.ticked(NOW + 20) == [TICK]
    assert account.checked(NOW + 3_000) == [RENEWAL]
    assert account.checked(NOW + 3_001) == [], "it is on its way"
    account.unreachable(Purpose.RENEW, NOW + 3_002)
    assert account.ticked(NOW + 3_003) == [TICK]
    assert account.checked(NOW + 3_003) == [RENEWAL], "the network is there by now"


@pytest.mark.parametrize("jump", [-2 * 86_400, -30, 80, 3_600])
def test_account_renews_when_its_clock_was_set(jump: float) -> None:
    """By a clock that has jumped, nobody can tell when the token ends; one renewal is enough, however it jumps."""
    account, now = signed_in(), NOW + 40 + jump
    account.ticked(NOW + 20)
    effects = [*account.ticked(now), *account.ticked(now + 20)]
    assert effects.count(RENEWAL) == 1
    account.responded(Purpose.RENEW, 200, RENEWED_BODY, now + 20)
    assert account.server_ahead == NOW + 3_600 - (now + 20)
    assert account.checked(now + 21) == []
    assert account.checked(now - 2 * 86_400) == [], "not at once, or a clock that jumps about would make it a flood"


def test_account_looks_at_no_clock_before_it_is_signed_in() -> None:
    """There is nothing to renew."""
    account = Account()
    assert (account.ticked(NOW), account.checked(NOW)) == ([], [])
    account.resumed(Kept(LOGIN))
    assert (account.ticked(NOW), account.checked(NOW)) == ([], [])


def forbidden(origin: str, host: str) -> str:
    """Return what a server answers that takes the page for one of another origin."""
    return json.dumps({"error": {"code": "forbidden_origin", "message": "No.", "origin": origin, "host": host}})


@pytest.mark.parametrize("purpose", ENTRANCES)
@pytest.mark.parametrize(
    ("status", "body", "fault"),
    [
        (401, '{"error": {"code": "invalid_credentials", "message": "Wrong."}}', ServerRefused("invalid_credentials")),
        (429, '{"error": {"code": "rate_limited", "retry_after": 5}}', ServerRefused("rate_limited", 5)),
        (429, '{"error": {"code": "rate_limited", "retry_after": "soon"}}', ServerRefused("rate_limited")),
        (429, '{"error": {"code": "rate_limited", "retry_after": -5}}', ServerRefused("rate_limited")),
        (500, '{"error": {"code": "internal", "request_id": "8a6f"}}', ServerRefused("internal", request_id="8a6f")),
        (500, json.dumps({"error": {"code": "internal", "request_id": 65 * "x"}}), ServerRefused("internal")),
        (418, '{"error": {"code": "of_a_newer_server"}}', ServerRefused("of_a_newer_server")),
        (403, forbidden("https://chat.example", "app:3000"), PageOriginRefused("https://chat.example", "app:3000")),
        (403, forbidden("https://chat.example", ""), PageOriginRefused("https://chat.example", "")),
        (403, forbidden("https://chat.example", 257 * "x"), ServerRefused("forbidden_origin")),
        (403, '{"error": {"code": "forbidden_origin"}}', ServerRefused("forbidden_origin")),
        (502, "<html>", LoginFault.UNREADABLE),
        (500, '{"error": "?"}', LoginFault.UNREADABLE),
        (500, '{"error": {"code": 500}}', LoginFault.UNREADABLE),
        (500, json.dumps({"error": {"code": 65 * "x"}}), LoginFault.UNREADABLE),
        (500, 100_000 * "[", LoginFault.UNREADABLE),
        (200, "{}", LoginFault.UNREADABLE),
    ],
)
def test_account_tells_why_not(purpose: Purpose, status: int, body: str, fault: AccessFault) -> None:
    """A refusal is told by the server's code, and the person may try again."""
    account = Account()
    account.submitted(purpose, "ada", "secret")
    assert account.responded(purpose, status, body, NOW) == [ShowFault(fault)]
    assert account.login is None
    assert account.submitted(purpose, "ada", "secret") != []


@pytest.mark.parametrize("purpose", ENTRANCES)
def test_account_tells_that_nobody_answers(purpose: Purpose) -> None:
    """No answer is no refusal."""
    account = Account()
    account.submitted(purpose, "ada", "secret")
    assert account.unreachable(purpose, NOW) == [ShowFault(LoginFault.UNREACHABLE)]


@pytest.mark.parametrize("purpose", ENTRANCES)
def test_account_tells_that_its_origin_is_refused(purpose: Purpose) -> None:
    """A person reads which origin that is, and who can do something about it."""
    account = Account()
    account.submitted(purpose, "ada", "secret")
    refused = PageOriginRefused("https://pages.example")
    assert account.origin_refused(purpose, "https://pages.example", NOW) == [ShowFault(refused)]
    assert account.submitted(purpose, "ada", "secret") != []


def test_account_goes_on_where_its_origin_is_refused() -> None:
    """The room says what is the matter, and the token is looked at again when that is over."""
    account = Account()
    account.resumed(Kept(LOGIN))
    effects = account.origin_refused(Purpose.RESUME, "https://pages.example", NOW)
    assert effects == [SOON, RememberPerson("ada"), SignedIn("ada")]


def test_account_looks_at_a_kept_login_first() -> None:
    """Only the server can say whether a token is still good, so it is asked before anything is shown."""
    account = Account()
    assert account.resumed(Kept(LOGIN)) == [Post(Purpose.RESUME, "{}", "jwt")]
    assert account.responded(Purpose.RESUME, 200, BODY, NOW)[-1] == SignedIn("ada")


def test_account_leads_back_to_the_form() -> None:
    """A kept login that is over is forgotten, and its name stands in the form."""
    account = Account()
    account.resumed(Kept(LOGIN))
    assert account.responded(Purpose.RESUME, 401, "", NOW) == [
        ForgetExpired(),
        *GONE,
        SignedOut(LoginFault.EXPIRED, "ada"),
    ]


@pytest.mark.parametrize("unreachable", [True, False])
def test_account_goes_on_while_the_server_is_in_trouble(unreachable: bool) -> None:  # noqa: FBT001 - a case
    """A kept login is used without having been looked at, and looked at again soon."""
    account = Account()
    account.resumed(Kept(LOGIN))
    effects = (
        account.unreachable(Purpose.RESUME, NOW) if unreachable else account.responded(Purpose.RESUME, 503, "", NOW)
    )
    assert effects == [SOON, RememberPerson("ada"), SignedIn("ada")]


def test_account_renews_without_showing_it() -> None:
    """A renewal changes the token and nothing that a person sees."""
    account = signed_in()
    assert account.ticked(NOW + 1_800) == [TICK, RENEWAL]
    effects = account.responded(Purpose.RENEW, 200, RENEWED_BODY, NOW + 1_801)
    assert effects == [Keep(RENEWED, ""), TICK, TokenChanged()]
    assert account.unreachable(Purpose.RENEW, NOW) == [SOON]


def test_account_tries_a_renewal_again_later_and_later() -> None:
    """A server in trouble is not asked in a hurry, and no longer than it wants to be left alone."""
    account, pauses, now = signed_in(), [], NOW + 1_800
    for _ in range(6):
        assert account.ticked(now)[-1] == RENEWAL
        account.unreachable(Purpose.RENEW, now)
        before = now
        while account.ticked(now) == [TICK]:
            now += 1
        account.responded(Purpose.RENEW, 503, "", now)
        pauses.append(now - before)
        now += RETRY_CAP_SECONDS
    assert pauses == [2, 8, 30, 30, 30, 30]
    assert account.ticked(now)[-1] == RENEWAL
    account.responded(Purpose.RENEW, 429, '{"error": {"code": "rate_limited", "retry_after": 50}}', now)
    assert account.ticked(now + 49) == [TICK]
    assert account.ticked(now + 50) == [TICK, RENEWAL]


def test_account_signs_out() -> None:
    """Signing out forgets the login; answers that were on their way, and timers, come to nothing."""
    account = signed_in()
    account.ticked(NOW + 1_800)
    assert account.signed_out(LOGIN) == [Forget(), *GONE, SignedOut(), EndLogin("jwt")]
    assert account.responded(Purpose.RENEW, 200, BODY, NOW) == []
    assert account.unreachable(Purpose.RENEW, NOW) == []
    assert account.ticked(NOW + 3_600) == []
    assert account.login is None


def expired() -> Account:
    """Return an account whose login was refused."""
    account = signed_in()
    account.ticked(NOW + 1_800)
    assert account.responded(Purpose.RENEW, 401, "", NOW + 3_600) == [StopTickTimer(), AskPassword("ada")]
    assert account.has_expired
    return account


def test_account_whose_login_was_refused_asks_for_the_password() -> None:
    """By a renewal or where a room is entered; its person stays where they are, and the server is not asked again."""
    account = signed_in()
    assert account.token_refused("jwt") == [StopTickTimer(), AskPassword("ada")]
    assert account.login == LOGIN
    assert (account.ticked(NOW + 9_000), account.checked(NOW + 9_000)) == ([], [])
    assert expired().token_refused("jwt") == [StopTickTimer(), AskPassword("ada")]
    account.signed_out()
    assert account.token_refused("jwt") == []


def test_account_that_has_expired_goes_on_with_the_password() -> None:
    """The same person goes on where they are."""
    account = expired()
    assert account.submitted(Purpose.SIGN_IN, "ada", "wrong")[0] == ShowChecking()
    wrong = '{"error": {"code": "invalid_credentials", "message": "Wrong."}}'
    assert account.responded(Purpose.SIGN_IN, 401, wrong, NOW) == [ShowFault(ServerRefused("invalid_credentials"))]
    assert account.has_expired
    account.submitted(Purpose.SIGN_IN, "ada", "secret")
    account.asked(NOW + 3_600)
    effects = account.responded(Purpose.SIGN_IN, 200, RENEWED_BODY, NOW + 3_600)
    assert effects == [Keep(RENEWED, ""), TICK, LoginRenewed("ada")]
    assert first_renewal(account, NOW + 3_600) == 1_800


def test_account_that_has_expired_makes_way_for_another() -> None:
    """Where the form is shown, someone else may sign in there."""
    account = expired()
    account.submitted(Purpose.SIGN_IN, "ben", "secret")
    bens_body = json.dumps({"token": "bens", "username": "ben", "expires_at": NOW + 9_000})
    effects = account.responded(Purpose.SIGN_IN, 200, bens_body, NOW + 3_600)
    assert effects[1:] == [TICK, RememberPerson("ben"), SignedIn("ben")]


def test_account_that_has_expired_goes_on_with_the_login_of_another_tab() -> None:
    """The person has entered the password there, or that tab has renewed it in time."""
    account = expired()
    assert account.looked(Kept(LOGIN), NOW) == []
    assert account.looked(Kept(), NOW) == [], "another tab has found it expired"
    assert account.looked(Kept(BENS), NOW) == []
    assert account.looked(Kept(RENEWED), NOW) == [TICK, LoginRenewed("ada")]
    assert not account.has_expired


def test_account_goes_on_with_a_token_of_the_same_second() -> None:
    """Two tabs were loaded at once, and the later token is kept: to renew with the one before would end the login."""
    account = signed_in()
    twin = Login("twin", "ada", LOGIN.expires_at)
    assert account.looked(Kept(twin), NOW) == [StartTickTimer(TICK_SECONDS), TokenChanged()]
    assert account.login == twin
    assert account.looked(Kept(twin), NOW) == []


@pytest.mark.parametrize("seen_by", [Account.ticked, Account.checked])
def test_account_renews_at_once_after_a_sleep_during_a_renewal(
    seen_by: Callable[[Account, float], list[AccountEffect]],
) -> None:
    """The answer has waited with the page, and says nothing of the time, whoever has seen before it how late it is."""
    account = signed_in()
    account.ticked(NOW + 1_800)
    account.asked(NOW + 1_800)
    woken = NOW + 4_800
    seen_by(account, woken)
    account.responded(Purpose.RENEW, 200, RENEWED_BODY, woken)
    assert account.ticked(woken + 5) == [StartTickTimer(TICK_SECONDS)]
    assert Post(Purpose.RENEW, "{}", RENEWED.token) in account.ticked(woken + MIN_RENEWAL_SECONDS)
    account.asked(woken + MIN_RENEWAL_SECONDS)
    account.responded(Purpose.RENEW, 200, RENEWED_BODY, woken + 11)
    assert account.ticked(woken + 11 + MIN_RENEWAL_SECONDS) == [StartTickTimer(TICK_SECONDS)]


def test_account_signs_out_while_the_password_is_checked() -> None:
    """Nobody is signed in by an answer that comes after that; the login in it is ended."""
    account = expired()
    account.submitted(Purpose.SIGN_IN, "ada", "secret")
    account.signed_out()
    assert account.responded(Purpose.SIGN_IN, 200, RENEWED_BODY, NOW) == [EndLogin(RENEWED.token)]
    assert account.responded(Purpose.SIGN_IN, 401, RENEWED_BODY, NOW) == []
    assert account.responded(Purpose.SIGN_IN, 200, "", NOW) == []
    assert account.unreachable(Purpose.SIGN_IN, NOW) == []
    assert account.login is None


def test_answer_to_an_attempt_of_before_comes_to_nothing() -> None:
    """Someone else is at the form since: whatever is answered to the one before them, it is not theirs."""
    account = expired()
    account.submitted(Purpose.SIGN_IN, "ada", "secret")
    account.signed_out()
    account.submitted(Purpose.SIGN_IN, "ben", "secret")
    assert account.responded(Purpose.SIGN_IN, 200, RENEWED_BODY, NOW, 2) == [EndLogin(RENEWED.token)]
    assert account.responded(Purpose.SIGN_IN, 401, "", NOW, 2) == []
    assert account.unreachable(Purpose.SIGN_IN, NOW, 2) == []
    assert account.origin_refused(Purpose.SIGN_IN, "https://pages.example", NOW, 2) == []
    assert account.responded(Purpose.SIGN_IN, 200, BENS_BODY, NOW, 3)[-1] == SignedIn("ben")


def test_logout_ends_the_login_of_each_person() -> None:
    """Two at two tabs are logged out by one of them: that tab ends its own login and the one that is kept."""
    account = signed_in()
    assert account.looked(Kept(BENS), NOW) == []
    assert account.signed_out(BENS)[-2:] == [EndLogin(BENS.token), EndLogin("jwt")]
    assert signed_in().signed_out(BENS)[-2:] == [EndLogin(BENS.token), EndLogin("jwt")]
    assert signed_in().signed_out(RENEWED)[-1] == EndLogin("jwt")
    assert signed_in().signed_out()[-1] == EndLogin("jwt")


def test_login_that_is_kept_no_longer_ends_with_the_logout_of_another_tab() -> None:
    """That tab does not know of it; one that is kept it ends by itself."""
    account = signed_in()
    account.looked(Kept(BENS), NOW)
    left = SignedOut(LoginFault.LOGGED_OUT_ELSEWHERE, "ada")
    assert account.looked(Kept(None, "later"), NOW) == [*GONE, left, EndLogin("jwt")]
    assert signed_in().looked(Kept(None, "later"), NOW) == [*GONE, left]


def test_account_that_has_expired_ends_with_a_logout() -> None:
    """Of this tab or another."""
    assert expired().signed_out() == [Forget(), *GONE, SignedOut()]
    assert expired().looked(Kept(None, "later"), NOW)[-1] == SignedOut(LoginFault.LOGGED_OUT_ELSEWHERE, "ada")


def test_account_renews_a_long_login_twice_a_day() -> None:
    """However long it is good by what the server says."""
    body = json.dumps({"token": "jwt", "username": "ada", "expires_at": NOW + 365 * 86_400})
    account = Account()
    account.submitted(Purpose.SIGN_IN, "ada", "secret")
    account.responded(Purpose.SIGN_IN, 200, body, NOW)
    assert first_renewal(account, NOW) == MAX_RENEWAL_SECONDS


@pytest.mark.parametrize(
    "body",
    ["[" * 9_000, '{"error":{"code":["no"]}}', '{"error":{"code":"\\ud800"}}', '{"error":"no"}', '{"error":{}}'],
)
def test_account_shows_no_code_that_is_none(body: str) -> None:
    """A proxy may answer, or a server in trouble: what cannot be read is said as that."""
    account = Account()
    account.submitted(Purpose.SIGN_IN, "ada", "secret")
    assert account.responded(Purpose.SIGN_IN, 502, body, NOW) == [ShowFault(LoginFault.UNREADABLE)]


# Other tabs of the browser


def test_account_ends_with_a_logout_in_another_tab() -> None:
    """The login is gone from the browser, or another logout stands there than the one that we know of."""
    for kept in (Kept(None), Kept(LOGIN, "later"), Kept(None, "later")):
        account = signed_in()
        assert account.looked(kept, NOW) == [*GONE, SignedOut(LoginFault.LOGGED_OUT_ELSEWHERE, "ada")]
        assert account.login is None


@pytest.mark.parametrize("kept", [Kept(None, "later"), Kept(BENS, "later")])
def test_account_writes_no_login_back_after_a_logout_in_another_tab(kept: Kept) -> None:
    """A renewal that was under way comes to nothing, and so does the look at a kept login."""
    renewing, resuming = signed_in(), Account()
    renewing.ticked(NOW + 1_800)
    resuming.resumed(Kept(LOGIN))
    for account, purpose in ((renewing, Purpose.RENEW), (resuming, Purpose.RESUME)):
        account.looked(kept, NOW)
        assert account.responded(purpose, 200, RENEWED_BODY, NOW) == []
        assert account.unreachable(purpose, NOW) == []
        assert account.login is None


def test_account_writes_no_login_over_that_of_who_signs_in_next() -> None:
    """A renewal for someone who has signed out does not make this tab theirs again."""
    account = signed_in()
    account.ticked(NOW + 1_800)
    account.signed_out()
    account.submitted(Purpose.SIGN_IN, "ben", "secret")
    bens_body = json.dumps({"token": "bens", "username": "ben", "expires_at": NOW + 1})
    account.responded(Purpose.SIGN_IN, 200, bens_body, NOW)
    assert account.responded(Purpose.RENEW, 200, RENEWED_BODY, NOW) == []
    assert account.login is not None
    assert account.login.username == "ben"


def test_account_keeps_a_login_under_the_last_logout() -> None:
    """Somebody who signs in after a logout, in this tab or another, is signed in for every tab that opens."""
    account = Account()
    account.resumed(Kept(None, "first"))
    account.looked(Kept(None, "second"), NOW)
    account.submitted(Purpose.SIGN_IN, "ada", "secret")
    assert account.responded(Purpose.SIGN_IN, 200, BODY, NOW)[0] == Keep(LOGIN, "second")


def test_account_takes_over_what_another_tab_renewed() -> None:
    """The token is the person's in every tab, and the next renewal is due later."""
    account = signed_in()
    assert account.looked(Kept(RENEWED), NOW) == [TICK, TokenChanged()]
    assert account.login == RENEWED
    assert first_renewal(account, NOW) == 3_600
    assert account.looked(Kept(LOGIN), NOW) == []
    assert account.login == RENEWED


@pytest.mark.parametrize("purpose", [Purpose.RESUME, Purpose.RENEW])
def test_account_brings_no_token_back_that_another_tab_has_renewed(purpose: Purpose) -> None:
    """An answer that another tab was quicker than, twice, is not kept: its token was exchanged already."""
    account = Account() if purpose is Purpose.RESUME else signed_in()
    asked = account.resumed(Kept(LOGIN)) if purpose is Purpose.RESUME else account.ticked(NOW + 1_800)
    assert asked[-1] == Post(purpose, "{}", "jwt")
    account.looked(Kept(RENEWED), NOW + 1_800)
    late = json.dumps({"token": "between", "username": "ada", "expires_at": RENEWED.expires_at})
    assert account.responded(purpose, 200, late, NOW + 1_801)[0] == Keep(RENEWED, "")
    assert account.login == RENEWED


def test_account_keeps_an_answer_that_is_later_than_what_another_tab_has() -> None:
    """Tabs that renew at once get tokens of which each is as good, and the last one is kept."""
    account = signed_in()
    account.ticked(NOW + 1_800)
    account.looked(Kept(RENEWED), NOW + 1_800)
    later = Login("later", "ada", RENEWED.expires_at + 1)
    body = json.dumps({"token": later.token, "username": "ada", "expires_at": later.expires_at})
    assert account.responded(Purpose.RENEW, 200, body, NOW + 1_801)[0] == Keep(later, "")


def test_account_is_not_ended_by_the_refusal_of_a_token_that_was_renewed() -> None:
    """A tab that slept asks with an old token; the one that another tab has got meanwhile is asked with then."""
    account = Account()
    account.resumed(Kept(LOGIN))
    account.looked(Kept(RENEWED), NOW)
    assert account.responded(Purpose.RESUME, 401, "", NOW) == [Post(Purpose.RENEW, "{}", "newer")]
    assert account.token_refused("jwt") == [LoginRenewed("ada")]
    assert account.responded(Purpose.RENEW, 401, "", NOW)[-1] == SignedOut(LoginFault.EXPIRED, "ada")


def test_account_stays_who_it_is_while_another_signs_in() -> None:
    """The tab goes on as its person, and no longer keeps a login, since the other one stands there."""
    account = signed_in()
    assert account.looked(Kept(BENS), NOW) == []
    assert account.login == LOGIN
    assert account.responded(Purpose.RENEW, 200, RENEWED_BODY, NOW + 3_600) == [TICK, TokenChanged()]
    assert account.login == RENEWED
    assert account.token_refused("newer") == [StopTickTimer(), AskPassword("ada")]


def test_account_leaves_what_is_kept_of_another_where_its_own_has_expired() -> None:
    """A page that opens with a login that is over does not take away the one of who signed in meanwhile."""
    account = Account()
    account.resumed(Kept(LOGIN))
    account.looked(Kept(BENS), NOW)
    assert account.responded(Purpose.RESUME, 401, "", NOW) == [*GONE, SignedOut(LoginFault.EXPIRED, "ada")]


def test_account_keeps_its_login_again_when_its_person_is_back() -> None:
    """When the same person has signed in again in another tab, what is kept is theirs."""
    account = signed_in()
    account.looked(Kept(BENS), NOW)
    account.looked(Kept(LOGIN), NOW)
    assert account.responded(Purpose.RENEW, 200, RENEWED_BODY, NOW)[0] == Keep(RENEWED, "")


def test_account_logs_everyone_out_of_this_browser() -> None:
    """Logging out is for every tab, also for one where someone else has signed in."""
    account = signed_in()
    account.looked(Kept(BENS), NOW)
    assert account.signed_out()[0] == Forget()


def test_account_becomes_nobody_else_by_a_reload() -> None:
    """A browser may load a tab again by itself; it does not turn into the person who has signed in since."""
    account = Account()
    assert account.resumed(Kept(BENS), "ada") == [SignedOut(SomeoneElseSignedIn("ben", "ada"), "ada")]
    assert account.login is None
    assert account.looked(Kept(BENS), NOW) == []
    assert Account().resumed(Kept(BENS), "ben") == [Post(Purpose.RESUME, "{}", "bens")]


def test_account_tells_at_the_form_who_has_signed_in_elsewhere() -> None:
    """The form stays, since a name may have been typed there, and says what a reload would do."""
    account = Account()
    account.resumed(Kept())
    assert account.looked(Kept(BENS), NOW) == [SignedOut(SignedInElsewhere("ben"))]
    assert account.looked(Kept(BENS), NOW) == []
    assert account.looked(Kept(None, "later"), NOW) == [SignedOut()]
    account.submitted(Purpose.SIGN_IN, "ada", "secret")
    assert account.looked(Kept(BENS, "later"), NOW) == []


def test_account_renews_again_what_was_renewed_while_its_clock_was_set() -> None:
    """How far the server's clock is from ours is not known then, whoever has renewed it, until a renewal tells."""
    account = signed_in()
    two_days = NOW + 172_800
    newer = Login("newer-token", "ada", LOGIN.expires_at + 1_800)
    assert account.looked(Kept(newer), two_days) == [TICK, TokenChanged()]
    assert first_renewal(account, two_days) <= 20
    assert account.responded(Purpose.RENEW, 200, RENEWED_BODY, two_days + 20)
    assert first_renewal(account, two_days + 20) == 1_800


def test_account_renews_again_when_its_answer_was_long_on_its_way() -> None:
    """The page has slept meanwhile, and nobody knows how much of the life of the token is over."""
    account = Account()
    account.submitted(Purpose.SIGN_IN, "ada", "secret")
    assert account.asked(NOW) == []
    account.responded(Purpose.SIGN_IN, 200, BODY, NOW + 600)
    assert first_renewal(account, NOW + 600) <= 20


def test_account_goes_on_with_a_token_that_it_was_given_in_place_of_its_own() -> None:
    """Another password ends the token that asked for it, and brings the next one."""
    account = signed_in()
    body = RENEWED_BODY.replace("}", ', "device_mark": "ab.cd"}')
    effects = account.token_given("jwt", body, NOW + 1)
    assert effects == [KeepDeviceMark("ab.cd"), Keep(RENEWED, ""), TICK, TokenChanged()]
    assert account.login == RENEWED


def test_account_takes_a_token_of_the_same_second_as_its_own() -> None:
    """The one that was shown is worth nothing any more, however long it would have been good."""
    account = signed_in()
    assert account.token_given("jwt", BODY.replace('"jwt"', '"other"'), NOW)
    assert account.login == Login("other", "ada", NOW + 3_600)


@pytest.mark.parametrize("body", ["", "{}", BENS_BODY])
def test_account_takes_no_other_answer_for_its_login(body: str) -> None:
    """It is none, or another person's."""
    account = signed_in()
    assert account.token_given("jwt", body, NOW) == []
    assert account.login == LOGIN
    assert Account().token_given("jwt", RENEWED_BODY, NOW) == []


def test_account_that_is_deleted_has_nothing_to_log_out_of() -> None:
    """Nobody is told of a login that is gone with it."""
    account = signed_in()
    assert account.deleted() == [Forget(), *GONE, SignedOut()]
    assert account.login is None
