from __future__ import annotations

import json

import pytest

from client_py.core.server.access_faults import (
    AccessFault,
    LoginFault,
    PageOriginRefused,
    ServerRefused,
    SignedInElsewhere,
    SomeoneElseSignedIn,
)
from client_py.core.server.account import MAX_RENEWAL_SECONDS, MIN_RENEWAL_SECONDS, RENEWAL_RETRY_SECONDS, Account
from client_py.core.server.account_effects import (
    AccountEffect,
    Forget,
    ForgetDeviceMarks,
    Keep,
    KeepDeviceMark,
    Post,
    Purpose,
    RememberPerson,
    ShowChecking,
    ShowFault,
    SignedIn,
    SignedOut,
    StartRenewalTimer,
    StopRenewalTimer,
)
from client_py.core.server.kept_login import Kept, Login

NOW = 1_000_000.0
LOGIN = Login("jwt", "ada", NOW + 3_600)
BODY = json.dumps({"token": "jwt", "username": "ada", "expires_at": NOW + 3_600})
RENEWED = Login("newer", "ada", NOW + 7_200)
RENEWED_BODY = json.dumps({"token": "newer", "username": "ada", "expires_at": NOW + 7_200})
BENS = Login("bens", "ben", NOW + 9_000)
GONE: list[AccountEffect] = [RememberPerson(""), StopRenewalTimer()]
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
    assert effects == [ShowChecking(), Post(purpose, json.dumps({"username": "ada", "password": "sécret"}))]
    assert purpose.path == path


def test_account_shows_its_marks_where_it_signs_in() -> None:
    """A login carries the marks that this browser keeps; a registration has no use for them."""
    body = json.dumps({"username": "ada", "password": "secret", "device_marks": ["a.1", "b.2"]})
    assert Account().submitted(Purpose.SIGN_IN, "ada", "secret", ("a.1", "b.2"))[-1] == Post(Purpose.SIGN_IN, body)
    bare = json.dumps({"username": "ada", "password": "secret"})
    assert Account().submitted(Purpose.REGISTER, "ada", "secret", ("a.1",))[-1] == Post(Purpose.REGISTER, bare)


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
    """The login is kept, shown, and renewed at half of its life."""
    account = Account()
    account.submitted(purpose, "ada", "secret")
    assert account.responded(purpose, status, BODY, NOW) == [
        Keep(LOGIN, ""),
        StartRenewalTimer(1_800),
        RememberPerson("ada"),
        SignedIn("ada"),
    ]
    assert account.login == LOGIN


def test_account_renews_short_lives_not_too_often() -> None:
    """However soon a token ends, by whichever clock, renewals keep a distance."""
    account = Account()
    account.submitted(Purpose.SIGN_IN, "ada", "secret")
    effects = account.responded(Purpose.SIGN_IN, 200, BODY, NOW + 10_000)
    assert StartRenewalTimer(MIN_RENEWAL_SECONDS) in effects


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
    assert account.unreachable(purpose) == [ShowFault(LoginFault.UNREACHABLE)]


@pytest.mark.parametrize("purpose", ENTRANCES)
def test_account_tells_that_its_origin_is_refused(purpose: Purpose) -> None:
    """A person reads which origin that is, and who can do something about it."""
    account = Account()
    account.submitted(purpose, "ada", "secret")
    refused = PageOriginRefused("https://pages.example")
    assert account.origin_refused(purpose, "https://pages.example") == [ShowFault(refused)]
    assert account.submitted(purpose, "ada", "secret") != []


def test_account_goes_on_where_its_origin_is_refused() -> None:
    """The room says what is the matter, and the token is looked at again when that is over."""
    account = Account()
    account.resumed(Kept(LOGIN))
    effects = account.origin_refused(Purpose.RESUME, "https://pages.example")
    assert effects == [StartRenewalTimer(RENEWAL_RETRY_SECONDS), RememberPerson("ada"), SignedIn("ada")]


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
        Forget(),
        *GONE,
        SignedOut(LoginFault.EXPIRED, "ada"),
    ]


@pytest.mark.parametrize("unreachable", [True, False])
def test_account_goes_on_while_the_server_is_in_trouble(unreachable: bool) -> None:  # noqa: FBT001 - a case
    """A kept login is used without having been looked at, and looked at again soon."""
    account = Account()
    account.resumed(Kept(LOGIN))
    effects = account.unreachable(Purpose.RESUME) if unreachable else account.responded(Purpose.RESUME, 503, "", NOW)
    assert effects == [StartRenewalTimer(RENEWAL_RETRY_SECONDS), RememberPerson("ada"), SignedIn("ada")]


def test_account_renews_without_showing_it() -> None:
    """A renewal changes the token and nothing that a person sees."""
    account = signed_in()
    assert account.renewal_due() == [Post(Purpose.RENEW, "{}", "jwt")]
    effects = account.responded(Purpose.RENEW, 200, RENEWED_BODY, NOW + 3_600)
    assert effects == [Keep(RENEWED, ""), StartRenewalTimer(1_800)]
    assert account.unreachable(Purpose.RENEW) == [StartRenewalTimer(RENEWAL_RETRY_SECONDS)]


def test_account_signs_out() -> None:
    """Signing out forgets the login; answers that were on their way, and timers, come to nothing."""
    account = signed_in()
    account.renewal_due()
    assert account.signed_out() == [Forget(), *GONE, SignedOut()]
    assert account.responded(Purpose.RENEW, 200, BODY, NOW) == []
    assert account.unreachable(Purpose.RENEW) == []
    assert account.renewal_due() == []
    assert account.login is None


def test_account_ends_with_a_refused_token() -> None:
    """A token that the WebSocket's server does not take leads back to the form."""
    assert signed_in().token_refused("jwt") == [Forget(), *GONE, SignedOut(LoginFault.EXPIRED, "ada")]


def test_account_renews_a_long_login_twice_a_day() -> None:
    """A browser's timer takes 24 days at most, and fires at once where it has to wait longer."""
    body = json.dumps({"token": "jwt", "username": "ada", "expires_at": NOW + 365 * 86_400})
    account = Account()
    account.submitted(Purpose.SIGN_IN, "ada", "secret")
    assert StartRenewalTimer(MAX_RENEWAL_SECONDS) in account.responded(Purpose.SIGN_IN, 200, body, NOW)


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
    renewing.renewal_due()
    resuming.resumed(Kept(LOGIN))
    for account, purpose in ((renewing, Purpose.RENEW), (resuming, Purpose.RESUME)):
        account.looked(kept, NOW)
        assert account.responded(purpose, 200, RENEWED_BODY, NOW) == []
        assert account.unreachable(purpose) == []
        assert account.login is None


def test_account_writes_no_login_over_that_of_who_signs_in_next() -> None:
    """A renewal for someone who has signed out does not make this tab theirs again."""
    account = signed_in()
    account.renewal_due()
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
    assert account.looked(Kept(RENEWED), NOW) == [StartRenewalTimer(3_600)]
    assert account.login == RENEWED
    assert account.looked(Kept(LOGIN), NOW) == []
    assert account.login == RENEWED


def test_account_is_not_ended_by_the_refusal_of_a_token_that_was_renewed() -> None:
    """A tab that slept asks with an old token; the one that another tab has got meanwhile is asked with then."""
    account = Account()
    account.resumed(Kept(LOGIN))
    account.looked(Kept(RENEWED), NOW)
    assert account.responded(Purpose.RESUME, 401, "", NOW) == [Post(Purpose.RENEW, "{}", "newer")]
    assert account.token_refused("jwt") == [SignedIn("ada")]
    assert account.responded(Purpose.RENEW, 401, "", NOW)[-1] == SignedOut(LoginFault.EXPIRED, "ada")


def test_account_stays_who_it_is_while_another_signs_in() -> None:
    """The tab goes on as its person, and no longer keeps a login, since the other one stands there."""
    account = signed_in()
    assert account.looked(Kept(BENS), NOW) == []
    assert account.login == LOGIN
    assert account.responded(Purpose.RENEW, 200, RENEWED_BODY, NOW + 3_600) == [StartRenewalTimer(1_800)]
    assert account.login == RENEWED
    assert account.token_refused("newer") == [*GONE, SignedOut(LoginFault.EXPIRED, "ada")]


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
