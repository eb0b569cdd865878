"""Decides who is signed in on this page: signing in, registering, renewing the token, and what ends it.

signed out ──submitted──▶ checking ──200──▶ signed in ──signed out──▶ signed out
     └──resumed (a token was kept)──▶ checking ──refused──▶ signed out
signed in ──refused──▶ expired ──submitted, 200──▶ signed in

A login that is refused while its person is signed in has expired: they are asked for the password, and stay where they
are, since what they are saying goes from browser to browser.

No timer is trusted for long, since it may stand still while the machine sleeps, and no clock is, since it may be wrong,
and be set. The server says for how many seconds a token is good, and by that the page knows how far its own clock is
from the server's. It looks at the clock every few seconds and whenever it wakes, and a clock that has jumped is a
reason to renew at once.

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
from client_py.core.server.device_marks import is_device_mark
from client_py.core.server.kept_login import Kept, Login, parse_login
from client_py.core.server.sleep_detection import TICK_SECONDS, SleepDetection
from protocol.codes import ErrorCode
from protocol.fields import Range, Seconds, Text
from protocol.http import CREDENTIALS, MARKED_CREDENTIALS, NEW_GUEST, Credentials, MarkedCredentials, NewGuest
from protocol.json_text import parse_json_or_none

RETRY_SECONDS = 2.0
RETRY_CAP_SECONDS = 30.0
"""How soon a renewal that found no server, or a server in trouble, is tried again: later and later."""

MIN_RENEWAL_SECONDS = 10.0
"""Renewals come no closer together, however short a life the server gives its tokens."""

MAX_RENEWAL_SECONDS = 12 * 60 * 60.0
"""Nor further apart, whatever the clocks say."""

UNKNOWN_LIFE_SECONDS = 20 * 60.0
"""What a fresh token is taken to have left where our clock finds it ended, and the server does not say for how long it
is good, as that of an earlier release."""

_CODE = Text(64, r"[A-Za-z0-9_.-]+")
"""Codes that a newer server may have are shown, and ids of requests; what is longer is none."""
_ORIGIN = Text(256, r"[!-~]*")
"""An origin, or the Host header that came with it."""
_WAIT = get_args(Seconds)[1]
_LIFE = Range(1, 2**31)

_NO_PAUSE = float("-inf")

_OK = range(200, 300)
_BAD_REQUEST = 400
_UNAUTHORIZED = 401

_ENTRANCES = (Purpose.SIGN_IN, Purpose.REGISTER, Purpose.COME, Purpose.BECOME)


class Account:
    """The login on this page."""

    def __init__(self) -> None:
        self.login: Login | None = None
        self._checking = False
        self._attempt = 0
        """How often the form was submitted: the answer to an earlier time may come after a logout."""
        self._wanted = ""
        """The name and password, as the body of a request, by which a guest becomes an account."""
        self._shown_as_signed_in = False
        self._logout = ""
        """The last one that we know of."""
        self._is_kept = True
        """Whether the login that is kept is our person's, and not that of someone who has signed in in another tab."""
        self._someone_elsewhere = ""
        """Who the form says has signed in in another tab."""
        self._asked_with = ""
        """The token that the server was last asked about."""
        self._refused_token = ""
        self._sleep_detection = SleepDetection()
        self._due_at = _NO_PAUSE
        """When to renew, by our own clock, as all moments here that are not the server's."""
        self._floor = _NO_PAUSE
        """No renewal before this, since there has just been one."""
        self._not_before = _NO_PAUSE
        """Nor before this, since the last one was in vain."""
        self._pause = RETRY_SECONDS
        self._is_renewing = False
        self._server_ahead: float | None = None
        """By how many seconds the server's clock is ahead of ours; None while it has not said."""
        self._has_jumped = False
        """Whether our clock has jumped since then."""
        self._under_way = 0
        """How many requests have no answer yet."""
        self._has_jumped_meanwhile = False
        """Whether our clock has jumped since the first of those went out."""

    @property
    def has_expired(self) -> bool:
        """Whether the server takes the login of our person no longer, and they are asked for the password."""
        return self.login is not None and self.login.token == self._refused_token

    @property
    def server_ahead(self) -> float:
        """By how many seconds the server's clock is ahead of ours, as far as is known."""
        return self._server_ahead or 0.0

    # Inputs of the page

    def resumed(self, kept: Kept, person: str = "") -> list[AccountEffect]:
        """The page was opened; `person` is whose tab this was before a reload, if anyone's."""
        self._logout = kept.logout
        if kept.login is None:
            return [SignedOut()]
        name = kept.login.username
        if person and person not in (name, kept.login.formerly):
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
        body = CREDENTIALS.to_json(Credentials(username, password))
        if purpose is Purpose.SIGN_IN and device_marks:
            body = MARKED_CREDENTIALS.to_json(MarkedCredentials(username, password, tuple(device_marks)))
        return self._enter(purpose, json.dumps(body))

    def came(self, name: str, invitation: str) -> list[AccountEffect]:
        """The person wants to talk as a guest under this name, by an invitation."""
        if self._checking or self.login is not None:
            return []
        return self._enter(Purpose.COME, json.dumps(NEW_GUEST.to_json(NewGuest(name, invitation))))

    def name_kept(self, username: str, password: str) -> list[AccountEffect]:
        """The guest who is signed in wants an account."""
        if self._checking or self.login is None or not self.login.is_guest:
            return []
        self._wanted = json.dumps(CREDENTIALS.to_json(Credentials(username, password)))
        return self._enter(Purpose.BECOME, self._wanted, self.login.token)

    def signed_out(self, kept: Login | None = None) -> list[AccountEffect]:
        """The person signed out: of every tab, even where another person is signed in, whose login is kept."""
        is_anothers = kept is not None and self.login is not None and kept.username != self.login.username
        ended = [EndLogin(kept.token)] if kept is not None and is_anothers else []
        ended += self._end_own_login()
        self._is_kept = True
        return [*self._end(None, Forget()), *ended]

    # Inputs of the other tabs

    def looked(self, kept: Kept, now: float) -> list[AccountEffect]:
        """What is kept was looked at again: another tab may have changed it. `now` in seconds since the epoch."""
        if self.login is None:
            self._logout = kept.logout
            return self._tell_of_someone_elsewhere(kept.login)
        if kept.login is not None and kept.login.formerly == self.login.username and kept.logout == self._logout:
            return self._become(kept.login, now)
        has_expired = self.has_expired
        # Another tab may find a guest's login refused that is being made an account of just now, and take it away.
        is_gone = kept.login is None and not has_expired and not self._wanted
        if kept.logout != self._logout or is_gone:
            # Where the login is the one that was kept, the tab in which the person logged out ends it.
            ended = [] if self._is_kept else self._end_own_login()
            self._logout = kept.logout
            return [*self._leave(LoginFault.LOGGED_OUT_ELSEWHERE), *ended]
        if kept.login is None:
            return []  # another tab has found it expired, too
        self._is_kept = kept.login.username == self.login.username
        is_another = kept.login.token not in (self.login.token, self._refused_token)
        # Of two that end in the same second, the one that is kept was written later.
        is_older = kept.login.expires_at < self.login.expires_at
        if not self._is_kept or not is_another or (is_older and not has_expired):
            return []
        self.login = kept.login
        self._look_for_jump(now)
        self._renew_in_time(kept.login.expires_at - self.server_ahead - now, now)
        return [StartTickTimer(TICK_SECONDS), *self._tell_of_renewal(self.login.username, had_expired=has_expired)]

    # Inputs of the server

    def responded(
        self, purpose: Purpose, status: int, body: str, now: float, attempt: int | None = None
    ) -> list[AccountEffect]:
        """The server answered a request; `now` in seconds since the epoch. Without `attempt`, to the last one."""
        self._answered()
        if self._is_stale(purpose, attempt):
            unwanted = parse_login(body) if purpose in _ENTRANCES and status in _OK else None
            return [EndLogin(unwanted.token)] if unwanted is not None else []
        self._checking = self._checking and purpose is Purpose.RENEW
        self._is_renewing = self._is_renewing and purpose in _ENTRANCES
        if status in _OK and (login := parse_login(body)) is not None:
            return [*_keep_device_mark(body), *self._begin(purpose, login, _life_in(body), now)]
        if purpose is Purpose.BECOME and status == _UNAUTHORIZED:
            # Either the guest has ended, or is that account already, and the answer that said so was lost.
            self._checking = True
            return [Post(Purpose.SIGN_IN, self._wanted, attempt=self._attempt)]
        if self._wanted and purpose is Purpose.SIGN_IN and status == _UNAUTHORIZED:
            self._wanted = ""
            return [ShowFault(LoginFault.GUEST_ENDED), *self._expire()]
        if purpose in _ENTRANCES:
            self._wanted = ""
            fault = ShowFault(fault_in(body))
            # An earlier release of the server knows no marks, and takes no login with them: the next try goes without.
            is_misread = purpose is Purpose.SIGN_IN and status == _BAD_REQUEST
            return [ForgetDeviceMarks(), fault] if is_misread else [fault]
        if status == _UNAUTHORIZED:
            # Another tab may have renewed it meanwhile, and what was refused is the one before.
            is_another = self.login is not None and self.login.token != self._asked_with
            return self._renew() if is_another else self._expire()
        refusal = _refusal_in(body)
        return self._go_on_without_renewal(now, (refusal and refusal.retry_after) or 0)

    def unreachable(self, purpose: Purpose, now: float, attempt: int | None = None) -> list[AccountEffect]:
        """No answer came to a request."""
        self._answered()
        return [] if self._is_stale(purpose, attempt) else self._without_answer(purpose, LoginFault.UNREACHABLE, now)

    def origin_refused(
        self, purpose: Purpose, origin: str, now: float, attempt: int | None = None
    ) -> list[AccountEffect]:
        """No answer came to a request, since the server takes no pages of this origin."""
        self._answered()
        return [] if self._is_stale(purpose, attempt) else self._without_answer(purpose, PageOriginRefused(origin), now)

    def token_given(self, shown: str, body: str, now: float) -> list[AccountEffect]:
        """Another request than a renewal, which showed this token, was answered with a login in its place."""
        login = parse_login(body)
        if login is None or self.login is None:
            return []
        self._asked_with = shown
        return [*_keep_device_mark(body), *self._begin(Purpose.RENEW, login, _life_in(body), now)]

    def deleted(self) -> list[AccountEffect]:
        """The server has deleted the account, at the person's wish, and there is nothing left to log out of."""
        return self._end(None, Forget())

    def token_refused(self, token: str) -> list[AccountEffect]:
        """The server does not take a token where a room is entered; another tab may have renewed it meanwhile."""
        if self.login is not None and self.login.token not in (token, self._refused_token):
            return [LoginRenewed(self.login.username)]
        return self._expire()

    # Time; `now` in seconds since the epoch

    def asked(self, now: float) -> list[AccountEffect]:
        """A request goes out; its answer says how far the server's clock is from ours, unless that jumps meanwhile."""
        self._look_for_jump(now)
        self._has_jumped_meanwhile &= self._under_way > 0
        self._under_way += 1
        return []

    def ticked(self, now: float) -> list[AccountEffect]:
        """Some time has passed."""
        return [StartTickTimer(TICK_SECONDS), *self._look_at_clock(now)] if self._is_renewable else []

    def checked(self, now: float) -> list[AccountEffect]:
        """The page may have slept, or the network is another: let no pause run on."""
        if not self._is_renewable:
            return []
        self._pause = RETRY_SECONDS
        self._not_before = _NO_PAUSE
        return self._look_at_clock(now)

    # Transitions

    def _is_stale(self, purpose: Purpose, attempt: int | None) -> bool:
        """Tell whether an answer belongs to a login that has ended meanwhile, or that nobody wants any more."""
        if purpose in _ENTRANCES:
            return not self._checking or attempt not in (None, self._attempt)
        return self.login is None

    def _enter(self, purpose: Purpose, body: str, token: str | None = None) -> list[AccountEffect]:
        self._checking = True
        self._attempt += 1
        return [ShowChecking(), Post(purpose, body, token, attempt=self._attempt)]

    def _become(self, login: Login, now: float) -> list[AccountEffect]:
        """Go on as the account that another tab has made of our guest."""
        self.login = login
        self._is_kept, self._checking, self._shown_as_signed_in = True, False, False
        self._look_for_jump(now)
        self._renew_in_time(login.expires_at - self.server_ahead - now, now)
        return [StartTickTimer(TICK_SECONDS), *self._show_signed_in(login.username)]

    def _answered(self) -> None:
        self._under_way = max(0, self._under_way - 1)

    def _ask(self, purpose: Purpose, login: Login) -> AccountEffect:
        self._asked_with = login.token
        return Post(purpose, "{}", login.token)

    @property
    def _is_renewable(self) -> bool:
        return self.login is not None and self._shown_as_signed_in and not self.has_expired

    def _renew(self) -> list[AccountEffect]:
        self._is_renewing = True
        return [self._ask(Purpose.RENEW, self.login)] if self.login else []

    def _look_for_jump(self, now: float) -> bool:
        """Tell whether our clock has jumped since the last look; there is only one that sees it."""
        has_jumped = self._sleep_detection.ticked(now)
        self._has_jumped |= has_jumped
        self._has_jumped_meanwhile |= has_jumped and self._under_way > 0
        return has_jumped

    def _look_at_clock(self, now: float) -> list[AccountEffect]:
        if self._look_for_jump(now):
            # What we know of it by our clock may be wrong now, and so may every pause.
            self._due_at = now
            self._not_before = _NO_PAUSE
            self._floor = min(self._floor, now + MIN_RENEWAL_SECONDS)
        is_time = now >= max(self._due_at, self._floor, self._not_before)
        return self._renew() if is_time and not self._is_renewing else []

    def _begin(self, purpose: Purpose, login: Login, life: float | None, now: float) -> list[AccountEffect]:
        if purpose in _ENTRANCES:
            self._wanted = ""
        if self.login is not None and login.username != self.login.username:
            if purpose not in _ENTRANCES:
                return []  # asked for someone who has signed out meanwhile
            self._shown_as_signed_in = False
        had_expired = self._shown_as_signed_in and self.has_expired
        self._is_kept = self._is_kept or purpose in _ENTRANCES
        if life is not None:
            self._server_ahead = login.expires_at - life - now
        if self.login is not None and purpose not in _ENTRANCES and self._has_newer(login, self.login):
            login = self.login
        self.login = login
        self._has_jumped = self._look_for_jump(now) or self._has_jumped_meanwhile
        self._renew_in_time(login.expires_at - self.server_ahead - now, now)
        keeping: list[AccountEffect] = [Keep(login, self._logout)] if self._is_kept else []
        renewed = self._tell_of_renewal(login.username, had_expired=had_expired)
        return [*keeping, StartTickTimer(TICK_SECONDS), *renewed, *self._show_signed_in(login.username)]

    def _has_newer(self, login: Login, held: Login) -> bool:
        """Tell whether another tab has renewed the login since we asked, and later than our answer was given.

        To keep the answer would bring back a token that was exchanged already, and the server ends a login for that.
        """
        is_another = held.token not in (self._asked_with, self._refused_token)
        return is_another and held.expires_at >= login.expires_at

    def _renew_in_time(self, left: float, now: float) -> None:
        """Renew when half of what is left of a token is over."""
        if left <= 0:
            left = UNKNOWN_LIFE_SECONDS  # it is fresh, so it is our clock that is wrong
        self._pause = RETRY_SECONDS
        self._not_before = _NO_PAUSE
        self._floor = now + MIN_RENEWAL_SECONDS
        self._due_at = now + min(max(MIN_RENEWAL_SECONDS, left / 2), MAX_RENEWAL_SECONDS)
        if self._has_jumped:
            self._due_at = now  # what is left is not known: another renewal will tell

    def _tell_of_someone_elsewhere(self, login: Login | None) -> list[AccountEffect]:
        """Say at the form who has signed in in another tab: a reload makes this tab theirs."""
        name = login.username if login is not None else ""
        if self._checking or name == self._someone_elsewhere:
            return []
        self._someone_elsewhere = name
        return [SignedOut(SignedInElsewhere(name) if name else None)]

    def _without_answer(self, purpose: Purpose, fault: AccessFault, now: float) -> list[AccountEffect]:
        self._checking = self._checking and purpose is Purpose.RENEW
        if purpose in _ENTRANCES:
            return [ShowFault(fault)]
        self._is_renewing = False
        return self._go_on_without_renewal(now)

    def _go_on_without_renewal(self, now: float, least: float = 0.0) -> list[AccountEffect]:
        """Keep what we have while the server is away: whether the token is still good, only the server can say."""
        username = self.login.username if self.login else ""
        pause = max(self._pause, least)
        self._pause = min(2 * self._pause, RETRY_CAP_SECONDS)
        self._not_before = now + pause
        return [StartTickTimer(min(pause, TICK_SECONDS)), *self._show_signed_in(username)]

    def _tell_of_renewal(self, username: str, *, had_expired: bool) -> list[AccountEffect]:
        if had_expired:
            return [LoginRenewed(username)]
        return [TokenChanged()] if self._shown_as_signed_in else []

    def _show_signed_in(self, username: str) -> list[AccountEffect]:
        if self._shown_as_signed_in:
            return []
        self._shown_as_signed_in = True
        return [RememberPerson(username), SignedIn(username)]

    def _expire(self) -> list[AccountEffect]:
        """Ask for the password, where the person is; at the form, where they are nowhere yet."""
        if self.login is None:
            return []
        if not self._shown_as_signed_in:
            is_guest = self.login.is_guest
            return self._end(LoginFault.GUEST_ENDED if is_guest else LoginFault.EXPIRED, ForgetExpired())
        self._refused_token = self.login.token
        return [StopTickTimer(), AskPassword(self.login.username)]

    def _end(self, fault: AccessFault | None, forget: Forget | ForgetExpired) -> list[AccountEffect]:
        forgetting: list[AccountEffect] = [forget] if self._is_kept else []
        return [*forgetting, *self._leave(fault)]

    def _end_own_login(self) -> list[EndLogin]:
        """Have the server end our login, unless it has said that there is none."""
        return [EndLogin(self.login.token)] if self.login is not None and not self.has_expired else []

    def _leave(self, fault: AccessFault | None) -> list[AccountEffect]:
        username = self.login.username if self.login and fault else ""
        self.login = None
        self._wanted = ""
        self._checking = False
        self._shown_as_signed_in = False
        self._is_kept = True
        self._is_renewing = False
        self._someone_elsewhere = ""
        return [RememberPerson(""), StopTickTimer(), SignedOut(fault, username)]


def fault_in(body: str) -> AccessFault:
    """Read why the server did not do what a request asked for."""
    return _origin_refusal_in(body) or _refusal_in(body) or LoginFault.UNREADABLE


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


def _life_in(body: str) -> float | None:
    """Read for how many seconds a login is good; an earlier release of the server does not say it."""
    match parse_json_or_none(body):
        case {"expires_in": int(seconds)} if _LIFE.admits(seconds):
            return seconds
    return None


def _keep_device_mark(body: str) -> list[AccountEffect]:
    """Keep the mark in an answer that holds a login; that of an earlier release, or to a renewal, has none."""
    match parse_json_or_none(body):
        case {"device_mark": str(mark)} if is_device_mark(mark):
            return [KeepDeviceMark(mark)]
    return []
