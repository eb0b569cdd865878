"""Decides who is signed in on this page: signing in, registering, renewing the token, and what ends it.

signed out ──submitted──▶ checking ──200──▶ signed in ──refused, signed out──▶ signed out
     └──resumed (a token was kept)──▶ checking ──refused──▶ signed out
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum, auto
from typing import get_args

from client_py.core.device_marks import is_device_mark
from client_py.core.origin import origin_fault
from protocol.errors import MalformedMessage
from protocol.fields import USERNAME, Sentence, Text, UnixTime
from protocol.http import LOGIN_PATH, REFRESH_PATH, REGISTER_PATH
from protocol.json_text import parse_json

RENEWAL_RETRY_SECONDS = 30.0
"""How soon a renewal that found no server, or a server in trouble, is tried again."""

MIN_RENEWAL_SECONDS = 10.0
"""Renewals come no closer together, however short a life the server gives its tokens."""

MAX_RENEWAL_SECONDS = 12 * 60 * 60.0
"""Nor further apart: a timer of a browser takes 31 bits of milliseconds (24 days), and what is longer fires at once."""

EXPIRED = "Your login has expired. Please sign in again."
UNREACHABLE = "The server cannot be reached. Please check your connection and try again."
UNREADABLE = "The server’s answer could not be read. Please try again, or reload the page."

_TOKEN = Text(4_096, r"[A-Za-z0-9_.-]+")
"""A JWT: what a browser takes as a subprotocol (RFC 7230 §3.2.6), since it goes there."""
_EXPIRY, _SENTENCE = get_args(UnixTime)[1], get_args(Sentence)[1]

_OK = range(200, 300)
_BAD_REQUEST = 400
_UNAUTHORIZED = 401


class Purpose(Enum):
    """What a request to the server is for; what comes of it is told with the same value."""

    SIGN_IN = auto()
    REGISTER = auto()
    RESUME = auto()
    """To see, when the page opens, whether the token that was kept is still good."""
    RENEW = auto()

    @property
    def path(self) -> str:
        """Give the address that the request goes to."""
        return {Purpose.SIGN_IN: LOGIN_PATH, Purpose.REGISTER: REGISTER_PATH}.get(self, REFRESH_PATH)


@dataclass(frozen=True, slots=True)
class Login:
    """What the server gives to who signs in."""

    token: str
    username: str
    expires_at: float
    """Seconds since the epoch, by the server's clock."""


@dataclass(frozen=True, slots=True)
class Post:
    """Send a request, and call `responded` or `unreachable` with its purpose."""

    purpose: Purpose
    body: str
    token: str | None = None


@dataclass(frozen=True, slots=True)
class Keep:
    """Keep the login in this browser."""

    login: Login


@dataclass(frozen=True, slots=True)
class Forget:
    """Take the login out of this browser."""


@dataclass(frozen=True, slots=True)
class KeepDeviceMark:
    """Keep what this browser shows when the same person logs in again; logging out does not take it away."""

    mark: str


@dataclass(frozen=True, slots=True)
class ForgetDeviceMarks:
    """Take all of them out of this browser."""


@dataclass(frozen=True, slots=True)
class StartRenewalTimer:
    """Call `renewal_due` after some seconds; starting it again starts it anew."""

    seconds: float


@dataclass(frozen=True, slots=True)
class StopRenewalTimer:
    """Do not call `renewal_due` any more."""


@dataclass(frozen=True, slots=True)
class ShowChecking:
    """Show that name and password are being checked."""


@dataclass(frozen=True, slots=True)
class ShowFault:
    """Show why signing in or registering failed."""

    sentence: str


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Someone is signed in: go where the address says."""

    username: str


@dataclass(frozen=True, slots=True)
class SignedOut:
    """Nobody is signed in (any more): show the form, with this sentence if there is one."""

    sentence: str = ""
    username: str = ""


AccountEffect = (
    Post
    | Keep
    | Forget
    | KeepDeviceMark
    | ForgetDeviceMarks
    | StartRenewalTimer
    | StopRenewalTimer
    | ShowChecking
    | ShowFault
    | SignedIn
    | SignedOut
)


class Account:
    """The login on this page."""

    def __init__(self) -> None:
        self.login: Login | None = None
        self._checking = False
        self._shown_as_signed_in = False

    # Inputs of the page

    def resumed(self, login: Login | None) -> list[AccountEffect]:
        """The page was opened; this login was kept here, if any."""
        if login is None:
            return [SignedOut()]
        self.login = login
        self._checking = True
        return [Post(Purpose.RESUME, "{}", login.token)]

    def submitted(
        self, purpose: Purpose, username: str, password: str, device_marks: Sequence[str] = ()
    ) -> list[AccountEffect]:
        """The person submitted the form, whose fields the view has looked at; these marks were kept here."""
        if self._checking:
            return []
        self._checking = True
        body: dict[str, str | list[str]] = {"username": username, "password": password}
        if purpose is Purpose.SIGN_IN and device_marks:
            body["device_marks"] = list(device_marks)
        return [ShowChecking(), Post(purpose, json.dumps(body))]

    def signed_out(self) -> list[AccountEffect]:
        """The person signed out."""
        return self._end("")

    # Inputs of the server

    def responded(self, purpose: Purpose, status: int, body: str, now: float) -> list[AccountEffect]:
        """The server answered a request; `now` in seconds since the epoch."""
        if self._is_stale(purpose):
            return []
        self._checking = False
        if status in _OK and (login := parse_login(body)) is not None:
            return [*_keep_device_mark(body), *self._begin(login, now)]
        if purpose in (Purpose.SIGN_IN, Purpose.REGISTER):
            fault = ShowFault(_server_sentence(body) or UNREADABLE)
            # An earlier release of the server knows no marks, and takes no login with them: the next try goes without.
            is_misread = purpose is Purpose.SIGN_IN and status == _BAD_REQUEST
            return [ForgetDeviceMarks(), fault] if is_misread else [fault]
        if status == _UNAUTHORIZED:
            return self._end(EXPIRED)
        return self._go_on_without_renewal()

    def unreachable(self, purpose: Purpose) -> list[AccountEffect]:
        """No answer came to a request."""
        return self._without_answer(purpose, UNREACHABLE)

    def origin_refused(self, purpose: Purpose, origin: str) -> list[AccountEffect]:
        """No answer came to a request, since the server takes no pages of this origin."""
        return self._without_answer(purpose, origin_fault(origin))

    def token_refused(self) -> list[AccountEffect]:
        """The server does not take the token where a room is entered."""
        return self._end(EXPIRED)

    # Time

    def renewal_due(self) -> list[AccountEffect]:
        """The token has lived half of its life."""
        return [Post(Purpose.RENEW, "{}", self.login.token)] if self.login else []

    # Transitions

    def _is_stale(self, purpose: Purpose) -> bool:
        """Tell whether an answer belongs to a login that has ended meanwhile."""
        return purpose in (Purpose.RESUME, Purpose.RENEW) and self.login is None

    def _begin(self, login: Login, now: float) -> list[AccountEffect]:
        self.login = login
        renewal = min(max(MIN_RENEWAL_SECONDS, (login.expires_at - now) / 2), MAX_RENEWAL_SECONDS)
        return [Keep(login), StartRenewalTimer(renewal), *self._show_signed_in(login.username)]

    def _without_answer(self, purpose: Purpose, sentence: str) -> list[AccountEffect]:
        if self._is_stale(purpose):
            return []
        self._checking = False
        if purpose in (Purpose.SIGN_IN, Purpose.REGISTER):
            return [ShowFault(sentence)]
        return self._go_on_without_renewal()

    def _go_on_without_renewal(self) -> list[AccountEffect]:
        """Keep what we have while the server is away: whether the token is still good, only the server can say."""
        username = self.login.username if self.login else ""
        return [StartRenewalTimer(RENEWAL_RETRY_SECONDS), *self._show_signed_in(username)]

    def _show_signed_in(self, username: str) -> list[AccountEffect]:
        if self._shown_as_signed_in:
            return []
        self._shown_as_signed_in = True
        return [SignedIn(username)]

    def _end(self, sentence: str) -> list[AccountEffect]:
        username = self.login.username if self.login and sentence else ""
        self.login = None
        self._checking = False
        self._shown_as_signed_in = False
        return [Forget(), StopRenewalTimer(), SignedOut(sentence, username)]


def parse_login(text: str) -> Login | None:
    """Read a login as the server sends it and as the browser keeps it; None if it is not one."""
    match _value(text):
        case {"token": str(token), "username": str(username), "expires_at": int() | float() as expires_at} if (
            _TOKEN.admits(token) and USERNAME.admits(username) and _EXPIRY.admits(expires_at)
        ):
            return Login(token, username, expires_at)
    return None


def _server_sentence(body: str) -> str | None:
    match _value(body):
        case {"error": {"message": str(sentence)}} if _SENTENCE.admits(sentence):
            return sentence
    return None


def _value(text: str) -> object:
    """Return the value of a JSON text; None, which is no answer of a server, if it is none."""
    try:
        return parse_json(text)
    except MalformedMessage:
        return None


def _keep_device_mark(body: str) -> list[AccountEffect]:
    """Keep the mark in an answer that holds a login; that of an earlier release, or to a renewal, has none."""
    mark = json.loads(body).get("device_mark")
    return [KeepDeviceMark(mark)] if is_device_mark(mark) else []
