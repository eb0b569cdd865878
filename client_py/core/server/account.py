"""Decides who is signed in on this page: signing in, registering, renewing the token, and what ends it.

signed out ──submitted──▶ checking ──200──▶ signed in ──refused, signed out──▶ signed out
     └──resumed (a token was kept)──▶ checking ──refused──▶ signed out

Each tab of a browser runs one of these, and there is one place to keep a login, for all of them. A logout is for every
tab. One stays its person's while someone else signs in in another; only its login is not kept any more then.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import get_args

from client_py.core.server.access_faults import (
    AccessFault,
    LoginFault,
    PageOriginRefused,
    ServerRefused,
    SignedInElsewhere,
    SomeoneElseSignedIn,
)
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
from client_py.core.server.device_marks import is_device_mark
from client_py.core.server.kept_login import Kept, Login, parse_login
from protocol.codes import ErrorCode
from protocol.fields import Seconds, Text
from protocol.http import CREDENTIALS, MARKED_CREDENTIALS, Credentials, MarkedCredentials
from protocol.json_text import parse_json_or_none

RENEWAL_RETRY_SECONDS = 30.0
"""How soon a renewal that found no server, or a server in trouble, is tried again."""

MIN_RENEWAL_SECONDS = 10.0
"""Renewals come no closer together, however short a life the server gives its tokens."""

MAX_RENEWAL_SECONDS = 12 * 60 * 60.0
"""Nor further apart: a timer of a browser takes 31 bits of milliseconds (24 days), and what is longer fires at once."""

_CODE = Text(64, r"[A-Za-z0-9_.-]+")
"""Codes that a newer server may have are shown, and ids of requests; what is longer is none."""
_ORIGIN = Text(256, r"[!-~]*")
"""An origin, or the Host header that came with it."""
_WAIT = get_args(Seconds)[1]

_OK = range(200, 300)
_BAD_REQUEST = 400
_UNAUTHORIZED = 401

_ENTRANCES = (Purpose.SIGN_IN, Purpose.REGISTER)


class Account:
    """The login on this page."""

    def __init__(self) -> None:
        self.login: Login | None = None
        self._checking = False
        self._shown_as_signed_in = False
        self._logout = ""
        """The last one that we know of."""
        self._is_kept = True
        """Whether the login that is kept is our person's, and not that of someone who has signed in in another tab."""
        self._someone_elsewhere = ""
        """Who the form says has signed in in another tab."""
        self._asked_with = ""
        """The token that the server was last asked about."""

    # Inputs of the page

    def resumed(self, kept: Kept, person: str = "") -> list[AccountEffect]:
        """The page was opened; `person` is whose tab this was before a reload, if anyone's."""
        self._logout = kept.logout
        if kept.login is None:
            return [SignedOut()]
        name = kept.login.username
        if person and person != name:
            self._someone_elsewhere = name
            return [SignedOut(SomeoneElseSignedIn(name, person), person)]
        self.login = kept.login
        self._checking = True
        return [self._ask(Purpose.RESUME, kept.login)]

    def submitted(
        self, purpose: Purpose, username: str, password: str, device_marks: Sequence[str] = ()
    ) -> list[AccountEffect]:
        """The person submitted the form, whose fields the view has looked at; these marks were kept here."""
        if self._checking:
            return []
        self._checking = True
        body = CREDENTIALS.to_json(Credentials(username, password))
        if purpose is Purpose.SIGN_IN and device_marks:
            body = MARKED_CREDENTIALS.to_json(MarkedCredentials(username, password, tuple(device_marks)))
        return [ShowChecking(), Post(purpose, json.dumps(body))]

    def signed_out(self) -> list[AccountEffect]:
        """The person signed out: of every tab, even where another person is signed in."""
        self._is_kept = True
        return self._end(None)

    # Inputs of the other tabs

    def looked(self, kept: Kept, now: float) -> list[AccountEffect]:
        """What is kept was looked at again: another tab may have changed it. `now` in seconds since the epoch."""
        if self.login is None:
            self._logout = kept.logout
            return self._tell_of_someone_elsewhere(kept.login)
        if kept.login is None or kept.logout != self._logout:
            self._logout = kept.logout
            return self._leave(LoginFault.LOGGED_OUT_ELSEWHERE)
        self._is_kept = kept.login.username == self.login.username
        if self._is_kept and kept.login.expires_at > self.login.expires_at:
            self.login = kept.login
            return [self._renew_in_time(kept.login, now)]
        return []

    # Inputs of the server

    def responded(self, purpose: Purpose, status: int, body: str, now: float) -> list[AccountEffect]:
        """The server answered a request; `now` in seconds since the epoch."""
        if self._is_stale(purpose):
            return []
        self._checking = False
        if status in _OK and (login := parse_login(body)) is not None:
            return [*_keep_device_mark(body), *self._begin(purpose, login, now)]
        if purpose in _ENTRANCES:
            fault = ShowFault(_origin_refusal_in(body) or _refusal_in(body) or LoginFault.UNREADABLE)
            # An earlier release of the server knows no marks, and takes no login with them: the next try goes without.
            is_misread = purpose is Purpose.SIGN_IN and status == _BAD_REQUEST
            return [ForgetDeviceMarks(), fault] if is_misread else [fault]
        if status == _UNAUTHORIZED:
            # Another tab may have renewed it meanwhile, and what was refused is the one before.
            is_another = self.login is not None and self.login.token != self._asked_with
            return self.renewal_due() if is_another else self._end(LoginFault.EXPIRED)
        return self._go_on_without_renewal()

    def unreachable(self, purpose: Purpose) -> list[AccountEffect]:
        """No answer came to a request."""
        return self._without_answer(purpose, LoginFault.UNREACHABLE)

    def origin_refused(self, purpose: Purpose, origin: str) -> list[AccountEffect]:
        """No answer came to a request, since the server takes no pages of this origin."""
        return self._without_answer(purpose, PageOriginRefused(origin))

    def token_refused(self, token: str) -> list[AccountEffect]:
        """The server does not take a token where a room is entered; another tab may have renewed it meanwhile."""
        if self.login is not None and self.login.token != token:
            return [SignedIn(self.login.username)]
        return self._end(LoginFault.EXPIRED)

    # Time

    def renewal_due(self) -> list[AccountEffect]:
        """The token has lived half of its life."""
        return [self._ask(Purpose.RENEW, self.login)] if self.login else []

    # Transitions

    def _is_stale(self, purpose: Purpose) -> bool:
        """Tell whether an answer belongs to a login that has ended meanwhile."""
        return purpose in (Purpose.RESUME, Purpose.RENEW) and self.login is None

    def _ask(self, purpose: Purpose, login: Login) -> AccountEffect:
        self._asked_with = login.token
        return Post(purpose, "{}", login.token)

    def _begin(self, purpose: Purpose, login: Login, now: float) -> list[AccountEffect]:
        if purpose in _ENTRANCES:
            self._is_kept = True
        elif self.login is not None and login.username != self.login.username:
            return []  # asked for someone who has signed out meanwhile
        self.login = login
        keeping: list[AccountEffect] = [Keep(login, self._logout)] if self._is_kept else []
        return [*keeping, self._renew_in_time(login, now), *self._show_signed_in(login.username)]

    def _renew_in_time(self, login: Login, now: float) -> AccountEffect:
        return StartRenewalTimer(min(max(MIN_RENEWAL_SECONDS, (login.expires_at - now) / 2), MAX_RENEWAL_SECONDS))

    def _tell_of_someone_elsewhere(self, login: Login | None) -> list[AccountEffect]:
        """Say at the form who has signed in in another tab: a reload makes this tab theirs."""
        name = login.username if login is not None else ""
        if self._checking or name == self._someone_elsewhere:
            return []
        self._someone_elsewhere = name
        return [SignedOut(SignedInElsewhere(name) if name else None)]

    def _without_answer(self, purpose: Purpose, fault: AccessFault) -> list[AccountEffect]:
        if self._is_stale(purpose):
            return []
        self._checking = False
        if purpose in _ENTRANCES:
            return [ShowFault(fault)]
        return self._go_on_without_renewal()

    def _go_on_without_renewal(self) -> list[AccountEffect]:
        """Keep what we have while the server is away: whether the token is still good, only the server can say."""
        username = self.login.username if self.login else ""
        return [StartRenewalTimer(RENEWAL_RETRY_SECONDS), *self._show_signed_in(username)]

    def _show_signed_in(self, username: str) -> list[AccountEffect]:
        if self._shown_as_signed_in:
            return []
        self._shown_as_signed_in = True
        return [RememberPerson(username), SignedIn(username)]

    def _end(self, fault: AccessFault | None) -> list[AccountEffect]:
        forgetting: list[AccountEffect] = [Forget()] if self._is_kept else []
        return [*forgetting, *self._leave(fault)]

    def _leave(self, fault: AccessFault | None) -> list[AccountEffect]:
        username = self.login.username if self.login and fault else ""
        self.login = None
        self._checking = False
        self._shown_as_signed_in = False
        self._is_kept = True
        self._someone_elsewhere = ""
        return [RememberPerson(""), StopRenewalTimer(), SignedOut(fault, username)]


def _refusal_in(body: str) -> ServerRefused | None:
    """Read why the server refused; None if that is not what it says."""
    match parse_json_or_none(body):
        case {"error": {"code": str(code), **error}} if _CODE.admits(code):
            return ServerRefused(code, _wait_in(error), _request_id_in(error))
    return None


def _origin_refusal_in(body: str) -> PageOriginRefused | None:
    """Read that the page is one of another origin than the server was asked for, and which those are."""
    match parse_json_or_none(body):
        case {"error": {"code": ErrorCode.FORBIDDEN_ORIGIN, "origin": str(origin), "host": str(host)}}:
            return PageOriginRefused(origin, host) if _ORIGIN.admits(origin) and _ORIGIN.admits(host) else None
    return None


def _wait_in(error: dict[object, object]) -> int | None:
    match error:
        case {"retry_after": int(seconds)} if _WAIT.admits(seconds):
            return seconds
    return None


def _request_id_in(error: dict[object, object]) -> str:
    match error:
        case {"request_id": str(name)} if _CODE.admits(name):
            return name
    return ""


def _keep_device_mark(body: str) -> list[AccountEffect]:
    """Keep the mark in an answer that holds a login; that of an earlier release, or to a renewal, has none."""
    match parse_json_or_none(body):
        case {"device_mark": str(mark)} if is_device_mark(mark):
            return [KeepDeviceMark(mark)]
    return []
