"""Runs the account machine: sends its requests, keeps the login in the browser, and renews it in time."""

from __future__ import annotations

from collections.abc import Sequence
from http import HTTPStatus
from typing import Protocol

from client_py.core.server.access_faults import AccessFault
from client_py.core.server.account import Account
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
from client_py.core.server.device_marks import parse_device_marks, with_device_mark, write_device_marks
from client_py.core.server.kept_login import Kept, Login, format_login, read_kept
from client_py.drivers.tasks import Tasks
from client_py.drivers.timers import Timers
from client_py.ports.server import Http, OriginRefused, Unreachable
from client_py.ports.storage import Store
from client_py.ports.time import Clock
from protocol.http import LOGOUT_PATH

LOGIN_KEY = "p2pchat.login"
"""Where the login stands in localStorage, for every tab: the JWT with its name, its end, and the logout before it."""

LOGOUT_KEY = "p2pchat.logged-out"
"""Where the name of the last logout stands in localStorage. Writing it is what tells the other tabs."""

PERSON_KEY = "p2pchat.person"
"""Where it stands in sessionStorage whose tab this is: a browser may load it again by itself, to save memory."""

DEVICE_MARKS_KEY = "p2pchat.device-marks"
"""Where the marks stand by which the server knows this browser when someone logs in here again."""

TICK = "tick"

END_LOGIN_PAUSES = (2.0, 10.0, 60.0, 600.0)
"""Seconds between the tries to tell a server that is away of a login that is over. It ends in its time anyway."""


class AccountView(Protocol):
    """Who is shown what comes of signing in."""

    def show_signing_in(self) -> None:
        """Name and password are being checked."""
        ...

    def show_access_fault(self, fault: AccessFault) -> None:
        """Signing in or registering failed."""
        ...

    def signed_in(self, username: str) -> None:
        """Someone is signed in."""
        ...

    def ask_password(self, username: str) -> None:
        """The login of the person who is signed in has expired."""
        ...

    def login_renewed(self) -> None:
        """The login of the person who is signed in is good again, or another one than was refused."""
        ...

    def token_changed(self) -> None:
        """The login has another token than before."""
        ...

    def signed_out(self, fault: AccessFault | None, username: str) -> None:
        """Nobody is signed in (any more); the fault says why, if that is not plain."""
        ...


class AccountDriver:
    """The login on this page, from the opening of the page to its end."""

    def __init__(self, http: Http, store: Store, tab: Store, clock: Clock, tasks: Tasks, view: AccountView) -> None:
        self._http = http
        self._store = store
        self._tab = tab
        self._clock = clock
        self._tasks = tasks
        self._view = view
        self._timers = Timers(clock)
        self._account = Account()

    @property
    def login(self) -> Login | None:
        """The login of now; whether it is valid, `has_expired` says."""
        return self._account.login

    @property
    def has_expired(self) -> bool:
        """Whether the server takes the login no longer, and its person is asked for the password."""
        return self._account.has_expired

    @property
    def server_ahead(self) -> float:
        """By how many seconds the server's clock is ahead of ours, as far as is known."""
        return self._account.server_ahead

    def start(self) -> None:
        """Take up the login that was kept, if there is one."""
        self._perform(self._account.resumed(self._kept(), self._tab.get(PERSON_KEY) or ""))

    def look(self) -> None:
        """See what other tabs have done: one has written to localStorage, or this one was asleep in the history."""
        self._perform(self._account.looked(self._kept(), self._clock.now()))

    def checked(self) -> None:
        """The network may be another, or the page is seen again: it may have slept."""
        self.look()  # another tab may have been awake, and have renewed it
        self._perform(self._account.checked(self._clock.now()))

    def sign_in(self, username: str, password: str) -> None:
        """Sign in with an account that exists."""
        self._perform(self._account.submitted(Purpose.SIGN_IN, username, password, self.device_marks()))

    def register(self, username: str, password: str) -> None:
        """Make a new account, and sign in with it."""
        self._perform(self._account.submitted(Purpose.REGISTER, username, password))

    def come(self, name: str, invitation: str) -> None:
        """Be a guest of this name, by an invitation."""
        self._perform(self._account.came(name, invitation))

    def keep_name(self, username: str, password: str) -> None:
        """Make an account of the guest who is signed in."""
        self._perform(self._account.name_kept(username, password))

    def sign_out(self) -> None:
        """End the login on this browser."""
        self._perform(self._account.signed_out(self._kept().login))

    def token_given(self, shown: str, body: str) -> None:
        """Another request than a renewal, which showed this token, was answered with a login in its place."""
        self._perform(self._account.token_given(shown, body, self._clock.now()))

    def deleted(self) -> None:
        """The server has deleted the account."""
        self._perform(self._account.deleted())

    def token_refused(self, token: str) -> None:
        """The server does not take this token where a room is entered."""
        self.look()
        if self._account.login is not None:
            self._perform(self._account.token_refused(token))

    def _tick(self) -> None:
        """Some time has passed. Another tab may have renewed the login, and one that was frozen not know it yet."""
        self.look()
        self._perform(self._account.ticked(self._clock.now()))

    def _kept(self) -> Kept:
        kept = read_kept(self._store.get(LOGIN_KEY) or "", self._store.get(LOGOUT_KEY) or "")
        if kept.login is None:
            # A tab that did not know of the logout yet may have written it.
            self._store.remove(LOGIN_KEY)
        return kept

    def device_marks(self) -> tuple[str, ...]:
        """Return the marks by which the server knows this browser where a password is tried."""
        # Read each time: other tabs of this browser keep theirs in the same place.
        return parse_device_marks(self._store.get(DEVICE_MARKS_KEY) or "")

    async def _post(self, post: Post) -> None:
        self._perform(self._account.asked(self._clock.now()))
        try:
            response = await self._http.post(post.purpose.path, post.body, token=post.token)
        except Unreachable:
            self._perform(self._account.unreachable(post.purpose, self._clock.now(), post.attempt))
            return
        except OriginRefused as refused:
            effects = self._account.origin_refused(post.purpose, refused.origin, self._clock.now(), post.attempt)
            self._perform(effects)
            return
        self.look()  # what has come may belong to a login that has ended in another tab
        now = self._clock.now()
        self._perform(self._account.responded(post.purpose, response.status, response.body, now, post.attempt))

    async def _end_login(self, token: str, pauses: Sequence[float] = END_LOGIN_PAUSES) -> None:
        if not await self._is_told(token) and pauses:
            pause, *others = pauses
            self._timers.start(token, pause, lambda: self._begin_to_end(token, others))

    def _begin_to_end(self, token: str, pauses: Sequence[float]) -> None:
        self._tasks.spawn(self._end_login(token, pauses))

    async def _is_told(self, token: str) -> bool:
        """Tell the server that a login is over; return whether it has heard that, or never will: an earlier release."""
        try:
            response = await self._http.post(LOGOUT_PATH, "{}", token=token, outlives_page=True)
        except (Unreachable, OriginRefused):
            return False
        return response.status < HTTPStatus.INTERNAL_SERVER_ERROR and response.status != HTTPStatus.TOO_MANY_REQUESTS

    def _perform(self, effects: list[AccountEffect]) -> None:  # noqa: C901, PLR0912 - a table of effects
        for effect in effects:
            match effect:
                case Post():
                    self._tasks.spawn(self._post(effect))
                case Keep(login, logout):
                    self._store.put(LOGIN_KEY, format_login(login, logout))
                case Forget():
                    self._store.remove(LOGIN_KEY)  # first, so that there is room where the storage is full
                    self._store.put(LOGOUT_KEY, str(self._clock.now()))
                case ForgetExpired():
                    self._store.remove(LOGIN_KEY)
                case EndLogin(token):
                    self._tasks.begin(self._end_login(token))  # at once: the tab may be closed next
                case KeepDeviceMark(mark):
                    marks = with_device_mark(self.device_marks(), mark)
                    self._store.put(DEVICE_MARKS_KEY, write_device_marks(marks))
                case ForgetDeviceMarks():
                    self._store.remove(DEVICE_MARKS_KEY)
                case RememberPerson(""):
                    self._tab.remove(PERSON_KEY)
                case RememberPerson(username):
                    self._tab.put(PERSON_KEY, username)
                case StartTickTimer(seconds):
                    self._timers.start(TICK, seconds, self._tick)
                case StopTickTimer():
                    self._timers.stop(TICK)
                case ShowChecking():
                    self._view.show_signing_in()
                case ShowFault(fault):
                    self._view.show_access_fault(fault)
                case SignedIn(username):
                    self._view.signed_in(username)
                case AskPassword(username):
                    self._view.ask_password(username)
                case LoginRenewed():
                    self._view.login_renewed()
                case TokenChanged():
                    self._view.token_changed()
                case SignedOut(why, username):
                    self._view.signed_out(why, username)
