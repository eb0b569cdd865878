from __future__ import annotations

import json

import pytest

from client_py.core.account import (
    EXPIRED,
    MAX_RENEWAL_SECONDS,
    MIN_RENEWAL_SECONDS,
    RENEWAL_RETRY_SECONDS,
    UNREACHABLE,
    UNREADABLE,
    Account,
    Forget,
    ForgetDeviceMarks,
    Keep,
    KeepDeviceMark,
    Login,
    Post,
    Purpose,
    ShowChecking,
    ShowFault,
    SignedIn,
    SignedOut,
    StartRenewalTimer,
    StopRenewalTimer,
    parse_login,
)

NOW = 1_000_000.0
LOGIN = Login("jwt", "ada", NOW + 3_600)
BODY = json.dumps({"token": "jwt", "username": "ada", "expires_at": NOW + 3_600})
ENTRANCES = [Purpose.SIGN_IN, Purpose.REGISTER]


def signed_in() -> Account:
    """Give an account that has signed in."""
    account = Account()
    account.submitted(Purpose.SIGN_IN, "ada", "secret")
    account.responded(Purpose.SIGN_IN, 200, BODY, NOW)
    return account


def test_account_opens_signed_out() -> None:
    """Without a login that was kept, the form is shown."""
    assert Account().resumed(None) == [SignedOut()]


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
    assert account.responded(purpose, 200, body, NOW)[:2] == [KeepDeviceMark("a.1"), Keep(LOGIN)]


@pytest.mark.parametrize("mark", ["", "A.1", 1, None, ["a.1"]])
def test_account_signs_in_without_a_mark(mark: object) -> None:
    """A mark that is none does not stand in the way of the login."""
    account = Account()
    account.submitted(Purpose.SIGN_IN, "ada", "secret")
    body = json.dumps(json.loads(BODY) | {"device_mark": mark})
    assert account.responded(Purpose.SIGN_IN, 200, body, NOW)[0] == Keep(LOGIN)


def test_account_forgets_marks_that_the_server_does_not_know() -> None:
    """A server of an earlier release takes no login with marks: the next try has none."""
    account = Account()
    account.submitted(Purpose.SIGN_IN, "ada", "secret", ("a.1",))
    malformed = '{"error": {"code": "malformed", "message": "No."}}'
    assert account.responded(Purpose.SIGN_IN, 400, malformed, NOW) == [ForgetDeviceMarks(), ShowFault("No.")]
    account.submitted(Purpose.REGISTER, "ada", "secret")
    assert account.responded(Purpose.REGISTER, 400, malformed, NOW) == [ShowFault("No.")]


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
    assert account.responded(purpose, status, BODY, NOW) == [Keep(LOGIN), StartRenewalTimer(1_800), SignedIn("ada")]
    assert account.login == LOGIN


def test_account_renews_short_lives_not_too_often() -> None:
    """However soon a token ends, by whichever clock, renewals keep a distance."""
    account = Account()
    account.submitted(Purpose.SIGN_IN, "ada", "secret")
    effects = account.responded(Purpose.SIGN_IN, 200, BODY, NOW + 10_000)
    assert StartRenewalTimer(MIN_RENEWAL_SECONDS) in effects


@pytest.mark.parametrize("purpose", ENTRANCES)
@pytest.mark.parametrize(
    ("status", "body", "sentence"),
    [
        (401, '{"error": {"code": "invalid_credentials", "message": "Wrong."}}', "Wrong."),
        (503, '{"error": {"code": "database_unavailable", "message": "Later.", "retry_after": 5}}', "Later."),
        (502, "<html>", UNREADABLE),
        (500, '{"error": "?"}', UNREADABLE),
        (200, "{}", UNREADABLE),
    ],
)
def test_account_tells_why_not(purpose: Purpose, status: int, body: str, sentence: str) -> None:
    """A refusal is told in the server's words, or in ours where it has none, and the person may try again."""
    account = Account()
    account.submitted(purpose, "ada", "secret")
    assert account.responded(purpose, status, body, NOW) == [ShowFault(sentence)]
    assert account.login is None
    assert account.submitted(purpose, "ada", "secret") != []


@pytest.mark.parametrize("purpose", ENTRANCES)
def test_account_tells_that_nobody_answers(purpose: Purpose) -> None:
    """No answer is no refusal."""
    account = Account()
    account.submitted(purpose, "ada", "secret")
    assert account.unreachable(purpose) == [ShowFault(UNREACHABLE)]


@pytest.mark.parametrize("purpose", ENTRANCES)
def test_account_tells_that_its_origin_is_refused(purpose: Purpose) -> None:
    """A person reads which origin that is, and who can do something about it."""
    account = Account()
    account.submitted(purpose, "ada", "secret")
    sentence = (
        "This server does not allow pages from https://pages.example. Whoever runs it has to add that to "
        "P2PCHAT_ALLOWED_ORIGINS and restart it."
    )
    assert account.origin_refused(purpose, "https://pages.example") == [ShowFault(sentence)]
    assert account.submitted(purpose, "ada", "secret") != []


def test_account_goes_on_where_its_origin_is_refused() -> None:
    """The room says what is the matter, and the token is looked at again when that is over."""
    account = Account()
    account.resumed(LOGIN)
    effects = account.origin_refused(Purpose.RESUME, "https://pages.example")
    assert effects == [StartRenewalTimer(RENEWAL_RETRY_SECONDS), SignedIn("ada")]


def test_account_looks_at_a_kept_login_first() -> None:
    """Only the server can say whether a token is still good, so it is asked before anything is shown."""
    account = Account()
    assert account.resumed(LOGIN) == [Post(Purpose.RESUME, "{}", "jwt")]
    assert account.responded(Purpose.RESUME, 200, BODY, NOW)[-1] == SignedIn("ada")


def test_account_leads_back_to_the_form() -> None:
    """A kept login that is over is forgotten, and its name stands in the form."""
    account = Account()
    account.resumed(LOGIN)
    assert account.responded(Purpose.RESUME, 401, "", NOW) == [
        Forget(),
        StopRenewalTimer(),
        SignedOut(EXPIRED, "ada"),
    ]


@pytest.mark.parametrize("unreachable", [True, False])
def test_account_goes_on_while_the_server_is_in_trouble(unreachable: bool) -> None:  # noqa: FBT001 - a case
    """A kept login is used without having been looked at, and looked at again soon."""
    account = Account()
    account.resumed(LOGIN)
    effects = account.unreachable(Purpose.RESUME) if unreachable else account.responded(Purpose.RESUME, 503, "", NOW)
    assert effects == [StartRenewalTimer(RENEWAL_RETRY_SECONDS), SignedIn("ada")]


def test_account_renews_without_showing_it() -> None:
    """A renewal changes the token and nothing that a person sees."""
    account = signed_in()
    assert account.renewal_due() == [Post(Purpose.RENEW, "{}", "jwt")]
    later = Login("newer", "ada", NOW + 7_200)
    body = json.dumps({"token": "newer", "username": "ada", "expires_at": NOW + 7_200})
    assert account.responded(Purpose.RENEW, 200, body, NOW + 3_600) == [Keep(later), StartRenewalTimer(1_800)]
    assert account.unreachable(Purpose.RENEW) == [StartRenewalTimer(RENEWAL_RETRY_SECONDS)]


def test_account_signs_out() -> None:
    """Signing out forgets the login; answers that were on their way, and timers, come to nothing."""
    account = signed_in()
    account.renewal_due()
    assert account.signed_out() == [Forget(), StopRenewalTimer(), SignedOut()]
    assert account.responded(Purpose.RENEW, 200, BODY, NOW) == []
    assert account.unreachable(Purpose.RENEW) == []
    assert account.renewal_due() == []
    assert account.login is None


def test_account_ends_with_a_refused_token() -> None:
    """A token that the WebSocket's server does not take leads back to the form."""
    assert signed_in().token_refused() == [Forget(), StopRenewalTimer(), SignedOut(EXPIRED, "ada")]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "null",
        '{"token": "jwt", "username": "ada"}',
        '{"token": "", "username": "ada", "expires_at": 1}',
        '{"token": "jwt", "username": "a b", "expires_at": 1}',
        '{"token": "jwt", "username": "ada", "expires_at": "soon"}',
    ],
)
def test_parse_login_refuses_what_is_none(text: str) -> None:
    """What a browser has kept may be of another version, or spoilt: then nobody is signed in."""
    assert parse_login(text) is None


GOOD = '{"token":"jwt","username":"ada","expires_at":1000}'


@pytest.mark.parametrize(
    "text",
    [
        "[" * 9_000,
        GOOD.replace("1000", "1e999"),
        GOOD.replace("1000", "9" * 400),
        GOOD.replace("1000", "-1"),
        GOOD.replace("1000", '"1000"'),
        GOOD.replace("jwt", "no token"),
        GOOD.replace("jwt", "j" * 5_000),
        GOOD.replace('"jwt"', "7"),
        GOOD.replace("ada", "\\ud800da"),
    ],
    ids=lambda text: text[:40],
)
def test_parse_login_refuses_what_nobody_can_use(text: str) -> None:
    """A token that no subprotocol can be, and an end that no timer and no calendar has, make a page fail later on."""
    assert parse_login(GOOD) == Login("jwt", "ada", 1000)
    assert parse_login(text) is None


def test_account_renews_a_long_login_twice_a_day() -> None:
    """A browser's timer takes 24 days at most, and fires at once where it is to wait longer."""
    body = json.dumps({"token": "jwt", "username": "ada", "expires_at": NOW + 365 * 86_400})
    account = Account()
    account.submitted(Purpose.SIGN_IN, "ada", "secret")
    assert StartRenewalTimer(MAX_RENEWAL_SECONDS) in account.responded(Purpose.SIGN_IN, 200, body, NOW)


@pytest.mark.parametrize(
    "body",
    ["[" * 9_000, '{"error":{"message":["no"]}}', '{"error":{"message":"\\ud800"}}', '{"error":"no"}', '{"error":{}}'],
)
def test_account_shows_no_sentence_that_is_none(body: str) -> None:
    """A proxy may answer, or a server in trouble: what cannot be read is said as that."""
    account = Account()
    account.submitted(Purpose.SIGN_IN, "ada", "secret")
    assert account.responded(Purpose.SIGN_IN, 502, body, NOW) == [ShowFault(UNREADABLE)]
