"""The account of somebody who comes as a guest, and may become more than that."""

from __future__ import annotations

import json

import pytest

from client_py.core.server.access_faults import LoginFault, ServerRefused
from client_py.core.server.account import Account
from client_py.core.server.account_effects import (
    AccountEffect,
    AskPassword,
    EndLogin,
    ForgetExpired,
    Keep,
    KeepDeviceMark,
    Post,
    Purpose,
    RememberPerson,
    ShowChecking,
    ShowFault,
    SignedIn,
    SignedOut,
)
from client_py.core.server.kept_login import Kept, Login
from protocol.http import GUEST_ACCOUNT_PATH, GUESTS_PATH

NOW = 1_000_000.0
NAME = "Ben~bcdfgh"
GUEST = Login("guest", NAME, NOW + 3_600, "den")
GUEST_BODY = json.dumps({"token": "guest", "username": NAME, "expires_at": NOW + 3_600, "room": "den"})
ACCOUNT = Login("account", "Benjamin", NOW + 7_200, "den", NAME)
ACCOUNT_BODY = json.dumps(
    {"token": "account", "username": "Benjamin", "expires_at": NOW + 7_200, "room": "den", "formerly": NAME}
)
CREDENTIALS = json.dumps({"username": "Benjamin", "password": "long enough"})
UNAUTHENTICATED = '{"error": {"code": "unauthenticated"}}'


def a_guest() -> Account:
    """Return the account of a guest who has come."""
    account = Account()
    account.resumed(Kept())
    account.came("Ben", "invitation")
    account.asked(NOW)
    account.responded(Purpose.COME, 201, GUEST_BODY, NOW, 1)
    return account


def becoming() -> Account:
    """Return the account of a guest who has asked for one."""
    account = a_guest()
    assert account.name_kept("Benjamin", "long enough") == [
        ShowChecking(),
        Post(Purpose.BECOME, CREDENTIALS, "guest", attempt=2),
    ]
    return account


def told(effects: list[AccountEffect], *kinds: type[AccountEffect]) -> list[AccountEffect]:
    """Return the effects of some kinds."""
    return [effect for effect in effects if isinstance(effect, kinds)]


def test_who_has_a_link_comes_by_a_name() -> None:
    """Without a password; the login is kept like any other, with its room."""
    account = Account()
    account.resumed(Kept())
    body = {"name": "Ben", "invitation": "invitation", "room": None}
    [checking, post] = account.came("Ben", "invitation")
    assert isinstance(post, Post)
    assert (checking, post.purpose, json.loads(post.body), post.token) == (
        ShowChecking(),
        Purpose.COME,
        body,
        None,
    )
    assert (Purpose.COME.path, Purpose.BECOME.path) == (GUESTS_PATH, GUEST_ACCOUNT_PATH)
    assert account.came("Ben", "invitation") == [], "the name is on its way"
    account.asked(NOW)
    effects = account.responded(Purpose.COME, 201, GUEST_BODY, NOW, 1)
    assert told(effects, Keep, RememberPerson, SignedIn) == [Keep(GUEST, ""), RememberPerson(NAME), SignedIn(NAME)]
    assert account.login == GUEST
    assert GUEST.is_guest
    assert account.came("Eve", "invitation") == [], "who is signed in comes as who they are"


def test_guest_is_told_why_they_cannot_come() -> None:
    """And may try another name."""
    account = Account()
    account.resumed(Kept())
    account.came("root", "invitation")
    body = '{"error": {"code": "reserved_username"}}'
    assert account.responded(Purpose.COME, 409, body, NOW, 1) == [ShowFault(ServerRefused("reserved_username"))]
    account.came("Ben", "invitation")
    assert account.unreachable(Purpose.COME, NOW, 2) == [ShowFault(LoginFault.UNREACHABLE)]


def test_guest_becomes_an_account() -> None:
    """The login of before is another's, and all that was known of it is this account's."""
    account = becoming()
    body = json.dumps(json.loads(ACCOUNT_BODY) | {"device_mark": "0a.1b"})
    effects = account.responded(Purpose.BECOME, 201, body, NOW, 2)
    assert told(effects, KeepDeviceMark, Keep, RememberPerson, SignedIn) == [
        KeepDeviceMark("0a.1b"),
        Keep(ACCOUNT, ""),
        RememberPerson("Benjamin"),
        SignedIn("Benjamin"),
    ]
    assert not ACCOUNT.is_guest
    assert (ACCOUNT.name_of_before("den"), ACCOUNT.name_of_before("hall")) == (NAME, "")
    assert account.name_kept("Benny", "long enough") == [], "who has an account needs no other"


def test_guest_stays_one_where_the_name_is_refused() -> None:
    """And may try another."""
    account = becoming()
    body = '{"error": {"code": "account_exists"}}'
    assert account.responded(Purpose.BECOME, 409, body, NOW, 2) == [ShowFault(ServerRefused("account_exists"))]
    assert account.login == GUEST
    assert told(account.name_kept("Benny", "long enough"), Post) != []


def test_account_is_found_whose_making_was_never_told() -> None:
    """The answer was lost: the guest's token is good no longer, and name and password open what was made."""
    account = becoming()
    assert account.unreachable(Purpose.BECOME, NOW, 2) == [ShowFault(LoginFault.UNREACHABLE)]
    account.name_kept("Benjamin", "long enough")
    effects = account.responded(Purpose.BECOME, 401, UNAUTHENTICATED, NOW, 3)
    assert effects == [Post(Purpose.SIGN_IN, CREDENTIALS, attempt=3)]
    effects = account.responded(Purpose.SIGN_IN, 200, ACCOUNT_BODY, NOW, 3)
    assert told(effects, Keep, SignedIn) == [Keep(ACCOUNT, ""), SignedIn("Benjamin")]


def test_guest_who_has_ended_becomes_nothing() -> None:
    """Whoever invited them may have ended that: they hear this, and not that a password is wrong."""
    account = becoming()
    account.responded(Purpose.BECOME, 401, UNAUTHENTICATED, NOW, 2)
    refused = '{"error": {"code": "invalid_credentials"}}'
    effects = account.responded(Purpose.SIGN_IN, 401, refused, NOW, 2)
    assert told(effects, ShowFault, AskPassword) == [ShowFault(LoginFault.GUEST_ENDED), AskPassword(NAME)]
    assert account.has_expired


def test_renewal_leaves_what_is_being_asked_alone() -> None:
    """Its answer may come while the guest becomes an account, and their answer after that is theirs."""
    account = becoming()
    renewed = json.dumps(json.loads(GUEST_BODY) | {"token": "renewed"})
    account.responded(Purpose.RENEW, 200, renewed, NOW)
    account.unreachable(Purpose.RENEW, NOW)
    effects = account.responded(Purpose.BECOME, 401, UNAUTHENTICATED, NOW, 2)
    assert effects == [Post(Purpose.SIGN_IN, CREDENTIALS, attempt=2)]
    account.responded(Purpose.SIGN_IN, 200, ACCOUNT_BODY, NOW, 2)
    assert account.responded(Purpose.RENEW, 200, renewed, NOW) == [], "it was asked for the guest of before"
    assert account.login == ACCOUNT


def test_account_that_nobody_waits_for_any_more_is_ended() -> None:
    """The guest has logged out instead."""
    account = becoming()
    account.signed_out()
    assert account.responded(Purpose.BECOME, 201, ACCOUNT_BODY, NOW, 2) == [EndLogin("account")]


def test_other_tabs_become_the_account_too() -> None:
    """They hear of the login that is kept, and that it is their guest's; a logout counts for more."""
    account = a_guest()
    effects = account.looked(Kept(ACCOUNT), NOW)
    assert told(effects, RememberPerson, SignedIn) == [RememberPerson("Benjamin"), SignedIn("Benjamin")]
    assert account.login == ACCOUNT
    assert a_guest().looked(Kept(ACCOUNT, "logout"), NOW) != []
    assert a_guest().looked(Kept(Login("jwt", "ada", NOW + 60)), NOW) == [], "somebody else is another person"


def test_guest_who_is_becoming_an_account_stays_where_another_tab_finds_them_ended() -> None:
    """That tab was loaded again before the answer came, and took away what the server took no longer."""
    account = becoming()
    assert account.looked(Kept(), NOW) == []
    effects = account.responded(Purpose.BECOME, 201, ACCOUNT_BODY, NOW, 2)
    assert told(effects, Keep, SignedIn) == [Keep(ACCOUNT, ""), SignedIn("Benjamin")]
    assert told(becoming().looked(Kept(None, "logout"), NOW), SignedOut) != []


def test_tab_of_a_guest_is_the_accounts_after_a_reload() -> None:
    """The account was made in another tab meanwhile."""
    account = Account()
    assert account.resumed(Kept(ACCOUNT), NAME) == [Post(Purpose.RESUME, "{}", "account")]


@pytest.mark.parametrize(
    ("login", "fault"), [(GUEST, LoginFault.GUEST_ENDED), (Login("jwt", "ada", NOW + 60), LoginFault.EXPIRED)]
)
def test_guest_whose_login_has_ended_is_asked_for_no_password(login: Login, fault: LoginFault) -> None:
    """They have none; an account has."""
    account = Account()
    account.resumed(Kept(login))
    effects = account.responded(Purpose.RESUME, 401, UNAUTHENTICATED, NOW)
    assert told(effects, ForgetExpired, SignedOut) == [ForgetExpired(), SignedOut(fault, login.username)]
