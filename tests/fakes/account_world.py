"""A world of one browser's tabs and the login that they share: the production account machine, among faults.

A seed decides on them: clocks that are wrong, and are set; a server that is away or slow; tabs that sleep, are loaded
again, or are left; people who sign in, renew without knowing, log out in whichever tab, and end their login from
another machine. What the server says of
renewals is its own module's decision. `AccountWorld.check` holds what is promised at any moment; `AccountWorld.settle`,
what is promised once the faults are over.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Self

from client_py.core.server.access_faults import AccessFault
from client_py.core.server.kept_login import Login as KeptLogin
from client_py.core.server.kept_login import read_kept
from client_py.drivers.account import LOGIN_KEY, LOGOUT_KEY, AccountDriver
from client_py.drivers.tasks import Tasks
from client_py.ports.disposal import Dispose
from client_py.ports.server import Response, Unreachable
from protocol.http import CREDENTIALS, LOGIN, LOGOUT_PATH, REFRESH_PATH, Login
from signaling.accounts.renewals import Chain, begun, renewed
from tests.fakes.agenda import Agenda
from tests.fakes.browser_ports import EPOCH
from tests.fakes.page_loop import PageLoop
from tests.fakes.ports import FakeStore

PEOPLE = ("ann", "bob")
PASSWORD = "correct horse"
TABS = 3
LIVES = (60.0, 120.0, 600.0)
"""For how many seconds a token is good: short, for the page looks at its clock every few seconds of a longer life."""
CLOCK_ERRORS = (0.0, 0.0, -10_800.0, 172_800.0, -3.2e8)
HEARING = (0.0, 0.05)
"""Until a tab hears that another one has written to localStorage."""
REFUSED_SECONDS = (0.0, 15.0)
"""Until a request fails, where the server is away."""
FAULTS = 8
FLOCK_SECONDS = 2.0
"""Many faults come in a flock: one meets what the other has begun."""
SETTLING_SECONDS = 90.0
"""A request without an answer, and the longest pause between two."""
QUIET_LIVES = 2
"""So many lives of a token go by without a fault, in which everyone stays signed in."""
MAX_RENEWALS_A_LIFE = 6
"""By one tab: it renews when half is left, and at the earliest after 10 s."""
MAX_RENEWALS_MORE = 6
"""By one tab, whenever it is looked at: when it wakes, hears of the network, or finds its clock set."""
HEARING_OF_LOGOUT_SECONDS = 3.0
"""Until the server has heard of a logout."""
OK, NO_CONTENT, UNAUTHORIZED = 200, 204, 401


class AccountServer:
    """Gives out tokens, each with a life, and says which of them are good; a token is exchanged for the next once."""

    def __init__(self, agenda: Agenda) -> None:
        self.agenda = agenda
        self.is_up = True
        self.life = agenda.random.choice(LIVES)
        self.latency = agenda.random.choice(((0.001, 0.02), (0.05, 1.5)))
        self.entered: dict[str, int] = {}
        """By token: by which entrance, a login by password, its person came to it."""
        self._chains: dict[int, Chain] = {}
        """By entrance, while its login has not ended."""
        self._generations: dict[str, int] = {}
        self._ends: dict[str, float] = {}
        self._people: dict[str, str] = {}
        self._numbers = itertools.count(1)

    @property
    def now(self) -> float:
        """The time by the server's clock, which is right."""
        return EPOCH + self.agenda.now

    def is_good(self, token: str) -> bool:
        """Tell whether a token is taken."""
        return self._ends.get(token, 0.0) > self.now and self.entered[token] in self._chains

    def show(self, token: str) -> None:
        """See a token where a room is entered: where it is the newest one, that has arrived."""
        if self.is_up and self.is_good(token):
            chain = self._chains[self.entered[token]]
            if self._generations[token] >= chain.generation:
                self._chains[self.entered[token]] = replace(chain, is_confirmed=True)

    def answer(self, path: str, body: str, token: str | None) -> Response:
        """Answer a request."""
        if path == REFRESH_PATH:
            assert token is not None
            return self._renew(token)
        if path == LOGOUT_PATH:
            assert token is not None
            return self._end(token)
        credentials = CREDENTIALS.decode(body)
        if credentials.password != PASSWORD:
            return Response(UNAUTHORIZED, '{"error":{"code":"invalid_credentials"}}')
        entrance = next(self._numbers)
        self._chains[entrance] = begun(int(self.now))
        return self._give(credentials.username, entrance)

    def end_any(self) -> None:
        """End one of the logins, as its person can from elsewhere."""
        if self._chains:
            del self._chains[self.agenda.random.choice(list(self._chains))]

    def _renew(self, token: str) -> Response:
        if not self.is_good(token):
            return _refused()
        entrance = self.entered[token]
        chain = renewed(self._chains[entrance], self._generations[token], int(self.now))
        if chain is None:
            del self._chains[entrance]
            return _refused()
        self._chains[entrance] = chain
        return self._give(self._people[token], entrance)

    def _end(self, token: str) -> Response:
        if not self.is_good(token):
            return _refused()
        del self._chains[self.entered[token]]
        return Response(NO_CONTENT, "")

    def _give(self, username: str, entrance: int) -> Response:
        token = f"{username}.{next(self._numbers)}"
        self._people[token] = username
        self.entered[token] = entrance
        self._generations[token] = self._chains[entrance].generation
        ends_at = self._ends[token] = self.now + self.life
        return Response(OK, LOGIN.encode(Login(token, username, int(ends_at), expires_in=int(self.life))))


def _refused() -> Response:
    return Response(UNAUTHORIZED, '{"error":{"code":"unauthenticated"}}')


@dataclass(slots=True)
class Machine:
    """What the tabs of one browser share."""

    agenda: Agenda
    server: AccountServer
    clock_error: float = 0.0
    """By how many seconds its clock is ahead."""
    store: FakeStore = field(default_factory=FakeStore)
    tabs: list[Tab] = field(default_factory=list)
    entrances: set[int] = field(default_factory=set)
    """By which its people have signed in."""
    over: set[int] = field(default_factory=set)
    """Those of them that were before the last logout."""
    ending: dict[str, float] = field(default_factory=dict)
    """The tokens of logouts that the server hears of, and since when: it was there, and no page has gone or slept."""

    def written(self, writer: Tab, key: str) -> None:
        """Let the other tabs hear of what one has written."""
        for tab in self.tabs:
            if tab is not writer:
                self.agenda.within(*HEARING, partial(tab.hear, key))


class Tab:
    """One tab, page after page: the production driver on its own ports, and what it shows to a person."""

    def __init__(self, machine: Machine) -> None:
        self.agenda = machine.agenda
        self.machine = machine
        self.kept = FakeStore()
        """What the tab keeps over a reload (sessionStorage)."""
        self.person = ""
        """Who is shown as signed in."""
        self.asked = ""
        """Who is asked for the password over the conversation."""
        self.submitted = ""
        """Who has last tried to sign in, since the page was loaded."""
        self.asks = 0
        """How often it has asked the server about its login."""
        self.logouts = 0
        """How often somebody has logged out in it."""
        self.open()

    def open(self) -> None:
        """Load the page."""
        self.loop = PageLoop(self.agenda)  # type: ignore[abstract]  # what nobody calls is not there
        self.person = self.asked = self.submitted = ""
        self.store = SharedStore(self)
        self.driver = AccountDriver(self, self.store, self.kept, self, Tasks(_fail), self)
        self.do(self.driver.start)

    def do(self, act: Callable[[], None]) -> None:
        """Let something happen to the page, if it is there."""
        self.loop.enter(act)

    def reload(self) -> None:
        """Load the page again."""
        self.loop.end()
        self.machine.ending.clear()
        self.open()

    def hear(self, key: str) -> None:
        """Hear that another tab has written to localStorage."""
        self.store.update(key)
        self.do(self.driver.look)

    def sign_in(self, username: str, password: str = PASSWORD) -> None:
        """Submit the form."""
        if not self.loop.is_frozen and (not self.person or self.asked):
            self.submitted = username
            self.do(lambda: self.driver.sign_in(username, password))

    def sign_out(self) -> None:
        """Log out, in every tab."""
        if self.person and not self.loop.is_frozen:
            self.machine.over |= self.machine.entrances
            self.logouts += 1
            login, server = self.driver.login, self.machine.server
            if login is not None and server.is_up and not self.asked:
                self.machine.ending[login.token] = self.agenda.now
            self.do(self.driver.sign_out)

    def sleep(self, seconds: float) -> None:
        """Be frozen for some time."""
        self.machine.ending.clear()
        loop = self.loop
        loop.freeze()
        self.agenda.after(seconds, lambda: self.wake(loop))

    def wake(self, loop: PageLoop) -> None:
        """Wake up, and look at everything."""
        if loop.is_frozen and not loop.has_ended:
            loop.thaw()
            loop.enter(self.driver.checked)

    def enter_room(self) -> None:
        """Show the token where a room is entered, which refuses one that is over."""
        login = self.driver.login
        if login is not None and not self.loop.is_frozen and not self.machine.server.is_good(login.token):
            self.do(partial(self.driver.token_refused, login.token))

    # ports.Clock

    def now(self) -> float:
        """Return the time, as wrong as the clock of the machine is."""
        return EPOCH + self.agenda.now + self.machine.clock_error

    def call_later(self, seconds: float, callback: Callable[[], None]) -> Dispose:
        """Call back later; a tab that sleeps hears of it when it wakes."""
        loop = self.loop
        return self.agenda.after(seconds, lambda: loop.enter(callback))

    # ports.Http

    async def post(self, path: str, body: str, *, token: str | None = None, outlives_page: bool = False) -> Response:
        """Send a request, which the server may not be there to answer."""
        assert outlives_page is (path == LOGOUT_PATH)
        loop, server, uniform = self.loop, self.machine.server, self.agenda.random.uniform
        outcome: asyncio.Future[Response] = loop.create_future()
        self.asks += path == REFRESH_PATH
        logouts = self.logouts

        def arrive() -> None:
            if server.is_up:
                response = server.answer(path, body, token)
                self.agenda.after(uniform(*server.latency), lambda: loop.arrive(outcome, response))
            else:
                self.agenda.within(*REFUSED_SECONDS, lambda: loop.fail(outcome, Unreachable()))

        self.agenda.after(uniform(*server.latency), arrive)
        response = await outcome
        if response.status == OK and path not in (REFRESH_PATH, LOGOUT_PATH):
            entrance = server.entered[LOGIN.decode(response.body).token]
            self.machine.entrances.add(entrance)
            if logouts != self.logouts:
                self.machine.over.add(entrance)  # nobody waits for it any more
        return response

    async def get(self, path: str, *, token: str) -> Response:
        """Nothing is asked for like this."""
        raise AssertionError((path, token))

    # drivers.account.AccountView

    def show_signing_in(self) -> None:
        """Name and password are being checked."""

    def show_access_fault(self, fault: AccessFault) -> None:
        """Signing in failed."""

    def signed_in(self, username: str) -> None:
        """Show who is signed in, which nobody becomes without their password or the login that is kept."""
        assert self.person in ("", username) or self.submitted == username, f"{self.person} has become {username}"
        self.person, self.asked = username, ""
        self._show_token()

    def ask_password(self, username: str) -> None:
        """Ask for the password, which nobody needs to be asked for whose login is good."""
        login = self.driver.login
        assert login is not None
        assert not self.machine.server.is_good(login.token), f"{username} is asked for the password of a good login"
        self.asked = username

    def login_renewed(self) -> None:
        """Go on."""
        self.asked = ""
        self._show_token()

    def token_changed(self) -> None:
        """Show it over the WebSocket, if the server is there."""
        self._show_token()

    def _show_token(self) -> None:
        server, login = self.machine.server, self.driver.login
        assert login is not None
        token = login.token
        self.agenda.within(*server.latency, partial(server.show, token))

    def signed_out(self, fault: AccessFault | None, username: str) -> None:
        """Show the form."""
        del fault, username
        self.person = self.asked = ""


class SharedStore:
    """Implements `ports.Store` on localStorage, as one page sees it: what others write, it sees a moment later."""

    def __init__(self, tab: Tab) -> None:
        self._tab = tab
        self._written = tab.machine.store
        self._seen = dict(self._written)

    def get(self, key: str) -> str | None:
        """Return what was put under a key."""
        return self._seen.get(key)

    def put(self, key: str, value: str) -> None:
        """Keep a string."""
        self._seen[key] = value
        self._written.put(key, value)
        self._tab.machine.written(self._tab, key)

    def remove(self, key: str) -> None:
        """Forget a key; nobody hears of it where there is none."""
        if self._seen.pop(key, None) is not None:
            self._written.remove(key)
            self._tab.machine.written(self._tab, key)

    def keys(self) -> list[str]:
        """Return the keys."""
        return list(self._seen)

    def update(self, key: str) -> None:
        """See what was written to a key."""
        self._seen.pop(key, None)
        if key in self._written:
            self._seen[key] = self._written[key]


class AccountWorld:
    """A browser with a few tabs, and a server."""

    def __init__(self, seed: int) -> None:
        self.agenda = agenda = Agenda(seed)
        self.server = AccountServer(agenda)
        self.machine = Machine(agenda, self.server, agenda.random.choice(CLOCK_ERRORS))
        self.tabs = self.machine.tabs
        self.tabs += [Tab(self.machine) for _ in range(TABS)]

    def __enter__(self) -> Self:
        """Begin; the tabs are open already."""
        return self

    def __exit__(self, *_error: object) -> None:
        """Let nothing happen any more."""
        for tab in self.tabs:
            tab.loop.end()

    # What happens

    def trouble(self, faults: int) -> None:
        """Let people come and go, and faults happen, over two lives of a token."""
        agenda, seconds = self.agenda, 2 * self.server.life
        agenda.within(0.0, 5.0, lambda: self.tabs[0].sign_in(PEOPLE[0]))
        flock = agenda.random.uniform(0.0, seconds)
        for _ in range(faults):
            moment = agenda.random.choice((flock, agenda.random.uniform(0.0, seconds)))
            agenda.within(moment, moment + FLOCK_SECONDS, agenda.random.choice(self._faults()))
        agenda.run(seconds + FLOCK_SECONDS)
        self.check()

    def settle(self) -> None:
        """Let no more faults happen, and see that everyone who is signed in stays so, at little cost."""
        self.server.is_up = True
        for tab in self.tabs:
            tab.wake(tab.loop)
            tab.enter_room()
        self._run(SETTLING_SECONDS)
        for tab in self.tabs:
            if tab.asked:
                tab.sign_in(tab.asked)
        self._run(SETTLING_SECONDS)
        people = [tab.person for tab in self.tabs]
        for _ in range(QUIET_LIVES):
            self._run(self.server.life)
            for tab, person in zip(self.tabs, people, strict=True):
                if self._renews_alone(person):
                    continue
                assert (tab.person, tab.asked) == (person, ""), f"{person} was signed out, or asked for the password"
                self._check_login(tab)

    def _renews_alone(self, person: str) -> bool:
        """Tell whether a person's tabs hear nothing of each other's renewals, which the server takes for theft.

        They have no login in common where someone else has signed in after them, and are asked for the password once.
        """
        kept = self._kept_login
        return [tab.person for tab in self.tabs].count(person) > 1 and kept is not None and kept.username != person

    def _run(self, seconds: float) -> None:
        """Let time go by, in which nobody asks the server without end."""
        before = [tab.asks for tab in self.tabs]
        self.agenda.run(seconds)
        self.check()
        asks = [tab.asks - count for tab, count in zip(self.tabs, before, strict=True)]
        most = MAX_RENEWALS_MORE + MAX_RENEWALS_A_LIFE * seconds / self.server.life
        assert max(asks) <= most, f"the tabs have asked {asks} times in {seconds} s"

    def _faults(self) -> list[Callable[[], None]]:
        """Return what people do, and what befalls them; what stands here twice happens twice as often."""
        often = [self._sign_in, self._log_out, self._reload, self._sleep, self._set_clock]
        seldom = [self._stop_server, self._check_network, self._enter_room, self._end_login, self._change_mind]
        return [*often, *often, *seldom]

    def _any_tab(self) -> Tab:
        return self.agenda.random.choice(self.tabs)

    def _sign_in(self) -> None:
        password = "wrong" if self.agenda.chance(0.1) else PASSWORD
        self._any_tab().sign_in(self.agenda.random.choice((PEOPLE[0], *PEOPLE)), password)

    def _log_out(self) -> None:
        self._any_tab().sign_out()

    def _change_mind(self) -> None:
        """Log out instead of waiting until the password is checked."""
        tab = self._any_tab()
        tab.sign_in(PEOPLE[0])
        tab.sign_out()

    def _end_login(self) -> None:
        self.server.end_any()

    def _reload(self) -> None:
        self._any_tab().reload()

    def _sleep(self) -> None:
        tabs = self.tabs if self.agenda.chance(0.3) else [self._any_tab()]
        seconds = self.server.life * self.agenda.random.choice((0.1, 0.6, 1.5))
        for tab in tabs:
            tab.sleep(seconds)

    def _set_clock(self) -> None:
        self.machine.clock_error = self.agenda.random.choice(CLOCK_ERRORS)

    def _stop_server(self) -> None:
        self.server.is_up = False
        self.machine.ending.clear()
        self.agenda.after(self.agenda.random.choice((2.0, 20.0, self.server.life)), self._start_server)

    def _start_server(self) -> None:
        self.server.is_up = True

    def _check_network(self) -> None:
        tab = self._any_tab()
        tab.do(tab.driver.checked)

    def _enter_room(self) -> None:
        self._any_tab().enter_room()

    # What is promised

    def check(self) -> None:
        """Assert what holds at any moment: no login that is kept outlives a logout, and the server hears of one."""
        kept = self._kept_login
        assert kept is None or self.server.entered[kept.token] not in self.machine.over, "what is kept was logged out"
        for token, since in self.machine.ending.items():
            is_late = self.agenda.now > since + HEARING_OF_LOGOUT_SECONDS
            assert not (is_late and self.server.is_good(token)), f"{token} outlives its logout on the server"

    @property
    def _kept_login(self) -> KeptLogin | None:
        store = self.machine.store
        return read_kept(store.get(LOGIN_KEY) or "", store.get(LOGOUT_KEY) or "").login

    def _check_login(self, tab: Tab) -> None:
        """Assert that the login of whoever is signed in is good, and is from after the last logout."""
        login = tab.driver.login
        assert bool(tab.person) is (login is not None)
        if login is not None:
            assert login.username == tab.person
            assert self.server.is_good(login.token), f"{tab.person} has a login that has ended"
            assert self.server.entered[login.token] not in self.machine.over, f"{tab.person} was logged out"


def play_account(seed: int) -> None:
    """Play a schedule to its end; an AssertionError, or whatever the machine raises, names the seed."""
    with AccountWorld(seed) as world:
        world.trouble(FAULTS)
        world.settle()


def _fail(error: BaseException) -> None:
    raise error
