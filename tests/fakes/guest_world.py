"""A world of one browser's tabs whose person comes as a guest and becomes an account, among faults.

Beside what happens in the account world, answers get lost that make a guest or an account, and pages end while such a
request is under way. What is promised: no tab stays a guest whose account the browser has; whoever asks again by the
same name and password gets the account that was made; each request has an end; and nobody becomes somebody else.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

from client_py.core.server.access_faults import AccessFault
from client_py.ports.server import Response, Unreachable
from protocol.http import CREDENTIALS, GUEST_ACCOUNT_PATH, GUESTS_PATH, LOGIN, LOGIN_PATH, Login
from protocol.json_text import parse_json_or_none
from protocol.usernames import guest_username
from signaling.accounts.renewals import begun
from tests.fakes.account_world import (
    FLOCK_SECONDS,
    PASSWORD,
    SETTLING_SECONDS,
    TABS,
    AccountServer,
    AccountWorld,
    Machine,
    Tab,
    _refused,
)
from tests.fakes.agenda import Agenda

ROOM, NAME, USERNAME = "den", "Ben", "Benjamin"
LOST = 0.3
"""How often the answer is lost that makes a guest or an account."""
FAULTS = 8
TRIES = 20
"""Of a person whose answers get lost."""


class GuestServer(AccountServer):
    """Lets guests in, and makes an account of one: the guest's own tokens are good no longer then."""

    def __init__(self, agenda: Agenda) -> None:
        super().__init__(agenda)
        self.accounts: dict[str, str] = {}
        """The names of those that were made, by that of the guest."""
        self._suffixes = itertools.count(1)

    def answer(self, path: str, body: str, token: str | None) -> Response:
        """Answer a request."""
        if path == GUESTS_PATH:
            suffix = f"bcdf{next(self._suffixes):02}".replace("0", "2").replace("1", "3")
            return self._enter(guest_username(NAME, suffix))
        if path == GUEST_ACCOUNT_PATH:
            assert token is not None
            return self._make_account(body, token)
        if path == LOGIN_PATH and CREDENTIALS.decode(body).username not in self.accounts.values():
            return Response(401, '{"error":{"code":"invalid_credentials"}}')
        return super().answer(path, body, token)

    def _make_account(self, body: str, token: str) -> Response:
        guest = self._people.get(token, "")
        if not self.is_good(token) or guest in self.accounts:
            return _refused()
        username = CREDENTIALS.decode(body).username
        if username in self.accounts.values():
            return Response(409, '{"error":{"code":"account_exists"}}')
        self.accounts[guest] = username
        for other, person in self._people.items():
            if person == guest:
                self._chains.pop(self.entered[other], None)
        return self._enter(username)

    def _enter(self, username: str) -> Response:
        entrance = next(self._numbers)
        self._chains[entrance] = begun(int(self.now))
        return self._give(username, entrance)

    def _give(self, username: str, entrance: int) -> Response:
        response = super()._give(username.replace("~", "-"), entrance)
        login = LOGIN.decode(response.body)
        self._people[login.token] = username
        formerly = next((guest for guest, account in self.accounts.items() if account == username), None)
        more = Login(login.token, username, login.expires_at, None, login.expires_in, ROOM, formerly)
        return Response(response.status, LOGIN.encode(more))


class GuestTab(Tab):
    """A tab in which somebody may come as a guest."""

    def open(self) -> None:
        """Load the page."""
        self.is_waiting = False
        """Whether the form shows that the server is being asked."""
        super().open()

    def show_signing_in(self) -> None:
        """Lock the form."""
        self.is_waiting = True

    def show_access_fault(self, fault: AccessFault) -> None:
        """Open the form again."""
        del fault
        self.is_waiting = False

    def come(self) -> None:
        """Type a name."""
        if not self.loop.is_frozen and not self.person:
            self.submitted = NAME
            self.do(lambda: self.driver.come(NAME, "invitation"))

    def keep_name(self) -> None:
        """Ask for an account."""
        if not self.loop.is_frozen and "~" in self.person:
            self.submitted = USERNAME
            self.do(lambda: self.driver.keep_name(USERNAME, PASSWORD))

    async def post(self, path: str, body: str, *, token: str | None = None, outlives_page: bool = False) -> Response:
        """Send a request, whose answer may get lost."""
        response = await super().post(path, body, token=token, outlives_page=outlives_page)
        if path in (GUESTS_PATH, GUEST_ACCOUNT_PATH) and self.agenda.chance(LOST):
            raise Unreachable
        return response

    def signed_in(self, username: str) -> None:
        """Show who is signed in: who has become an account is the same person."""
        self.is_waiting = False
        server = self.machine.server
        assert isinstance(server, GuestServer)
        if server.accounts.get(self.person) == username:
            self.person = username
        elif self.submitted == NAME and username.startswith(f"{NAME}~"):
            self.submitted = username
        super().signed_in(username)

    def signed_out(self, fault: AccessFault | None, username: str) -> None:
        """Show the form, which can be used."""
        self.is_waiting = False
        super().signed_out(fault, username)

    @property
    def kept_username(self) -> str:
        """Return whose login stands in the browser, as this tab sees it."""
        value = parse_json_or_none(self.store.get("p2pchat.login") or "")
        return str(value["username"]) if isinstance(value, dict) else ""


class GuestWorld(AccountWorld):
    """A browser with a few tabs, in which a guest comes, and a server."""

    server: GuestServer

    def __init__(self, seed: int) -> None:
        self.agenda = agenda = Agenda(seed)
        self.server = self.guest_server = GuestServer(agenda)
        self.machine = Machine(agenda, self.server)
        self.guest_tabs = [GuestTab(self.machine) for _ in range(TABS)]
        self.tabs = self.machine.tabs
        self.tabs += self.guest_tabs

    def trouble(self, faults: int) -> None:
        """Let a guest come and become an account, and faults happen meanwhile."""
        agenda, seconds = self.agenda, 2 * self.server.life
        agenda.within(0.0, 2.0, self.guest_tabs[0].come)
        agenda.within(3.0, 6.0, self.guest_tabs[1].reload)  # it is that guest, too
        # Often when the login is renewed, which is when half of its life is over.
        flock = agenda.random.choice((agenda.random.uniform(6.0, seconds), self.server.life / 2 - 1.0))
        agenda.within(flock, flock + FLOCK_SECONDS, self.guest_tabs[0].keep_name)
        for _ in range(faults):
            moment = agenda.random.choice((flock, agenda.random.uniform(0.0, seconds)))
            agenda.within(moment, moment + FLOCK_SECONDS, agenda.random.choice(self._faults()))
        agenda.run(seconds + FLOCK_SECONDS)

    def settle(self) -> None:
        """Let no more faults happen: who asked for an account gets it, and every tab of the browser is that person."""
        self.server.is_up = True
        for tab in self.guest_tabs:
            tab.wake(tab.loop)
            tab.enter_room()
        self.agenda.run(SETTLING_SECONDS)
        for tab in self.guest_tabs:
            tab.do(tab.driver.look)
            self._check_tab(tab)
        if not self.guest_server.accounts:
            return
        # The person tries once more where they are asked to: name and password are those of before.
        # Somebody who came a second time is another guest, for whom the name is taken.
        for tab in [tab for tab in self.guest_tabs if not tab.person or tab.person in self.guest_server.accounts]:
            for _ in range(TRIES):
                if tab.person:
                    tab.keep_name()
                else:
                    tab.sign_in(USERNAME)
                self.agenda.run(SETTLING_SECONDS)
                if tab.person == USERNAME and not tab.asked:
                    break
            assert (tab.person, tab.asked) == (USERNAME, ""), f"{tab.person} does not come to the account"
            login = tab.driver.login
            assert login is not None
            assert login.formerly in self.guest_server.accounts, "what the guest had is not found"

    def _check_tab(self, tab: GuestTab) -> None:
        """Assert that a tab shows no guest whose account the browser has, and has said what came of each request."""
        account = self.guest_server.accounts.get(tab.person)
        assert account is None or tab.kept_username != account, f"still {tab.person}"
        assert not tab.is_waiting, "nobody says what came of it"

    def _faults(self) -> list[Callable[[], None]]:
        tab = self.agenda.random.choice(self.guest_tabs)
        return [tab.come, tab.keep_name, tab.keep_name, self._reload, self._sleep, self._stop_server, self._enter_room]


def play_guest(seed: int) -> None:
    """Play a schedule to its end; an AssertionError, or whatever the machine raises, names the seed."""
    with GuestWorld(seed) as world:
        world.trouble(FAULTS)
        world.settle()
