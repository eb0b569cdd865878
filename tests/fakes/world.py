"""A world of pages, a server and a network in one process: the client, and the server's machines, among faults.

A seed decides on them. Every page runs the production `RoomDriver` on what its browser keeps. `World.check` holds what
is promised at any moment: every message once and in order, and shown as delivered only where it is kept;
`World.settle`, what is promised once the faults are over: everything arrives, and everyone is connected.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from random import Random
from typing import Self

from client_py.core.conversation.delivery import Delivery
from client_py.core.conversation.features import OURS, PROFILE, Abilities
from client_py.core.conversation.sharing import Sharing
from client_py.core.frames import Profile
from client_py.core.status_line import Status
from client_py.drivers.history_storage import MAX_TOGETHER
from tests.fakes.agenda import Agenda
from tests.fakes.browser import ViewContext
from tests.fakes.page import Disk, Page
from tests.fakes.server import Server
from tests.fakes.webrtc import Internet, PeerConnection

PLACES = ("ann", "bob", "cat")
RELEASES = (Abilities(1), Abilities(2), OURS, OURS)
"""What pages can do: those of before knew text alone, and another one may know no reactions."""
STORM_SECONDS = 2.0
"""Faults come in flocks: the second one meets what the first one has begun."""
GUEST, ACCOUNT = "bob~bcdfgh", "Benjamin"
BECOMING_SECONDS = 1.0
MAX_FLOCK = 4
MAX_BURST = 4
"""Messages at once; so some are on their way when a fault comes."""
SETTLING_SECONDS = 180.0
"""A dead line that is noticed late (45 s), the longest pause between two attempts (30 s), and a few attempts (20 s)."""
QUIET_SECONDS = 30.0
"""Longer than any timer that may still run, but for the one that looks at the clock."""
LOOKING_SECONDS = 2.0
RENAMED = 0.3
"""How often somebody is called otherwise when they come to their page."""
LAST_WORDS_SECONDS = 5.0
"""By then everything is stored that was written, and what happened last is known to everyone."""


@dataclass(slots=True)
class Home:
    """Where a person sits: with a browser that keeps things, and before it perhaps others that were left behind."""

    account: str
    disk: Disk
    numbers: itertools.count[int] = field(default_factory=itertools.count)
    left_behind: list[Disk] = field(default_factory=list)

    @property
    def disks(self) -> list[Disk]:
        """Return all that this person has ever kept."""
        return [*self.left_behind, self.disk]


class World:
    """Two places or three, with a page in each, that meet in one room. In some, tokens are good for some seconds only.

    In a world of `tabs`, all pages of a person are tabs of one browser, which keeps things for all of them. In one of
    `wanderers`, people also go on in another browser, which knows nothing of the one before. In one with a `liar`, the
    third person gives messages the ids of others' messages. In one of `releases`, pages are of older and newer ones,
    and each time that one is loaded, it may be of another. In one with a `guest`, the second person is one, and becomes
    an account on the way.
    """

    def __init__(  # noqa: PLR0913 - what kind of world it is
        self,
        seed: int,
        *,
        accounts: Sequence[str] = PLACES[:2],
        tabs: bool = False,
        wanderers: bool = False,
        liar: bool = False,
        releases: bool = False,
        guest: bool = False,
    ) -> None:
        accounts = [GUEST if guest and account == PLACES[1] else account for account in accounts]
        places = PLACES[: len(accounts)]
        self.agenda = Agenda(seed)
        self.server = Server(self.agenda, capacity=len(places))
        self.internet = Internet(self.agenda)
        self.faults = 0
        choice = self.agenda.random.choice
        self.server.noticing = choice((0.5, 3.0, 45.0))
        self.server.latency = choice(((0.001, 0.02), (0.005, 0.15), (0.05, 1.5)))
        self.internet.slowness = choice((1.0, 1.0, 20.0))
        self.server.credential_seconds = choice((None, 60.0))
        self.internet.relays = choice((0.0, 0.5))
        self.server.token_seconds = choice((None, None, None, 20.0))
        self._context = ViewContext(
            self.agenda,
            self.server,
            self.internet,
            storing=choice((0.01, 0.1, 3.0)),
            max_together=choice((1, 3, MAX_TOGETHER, MAX_TOGETHER)),
        )
        self._tastes = Random(f"what people share {seed}")  # noqa: S311 - a world of its own
        self._context.sharing.update((account, self._taste()) for account in sorted(set(accounts)))
        self._tabs = tabs
        self._wanderers = wanderers
        self._liar = PLACES[2] if liar else ""
        self._copied_ids: set[str] = set()
        self._secrets = itertools.count()
        self._releases = releases
        self._guest = guest
        self._opened: list[Page] = []
        disks: dict[str, Disk] = {}
        self.homes = {}
        for place, account in zip(places, accounts, strict=True):
            name = account if tabs else place
            disk = disks[name] = disks.get(name) or Disk(self._context, account)
            self.homes[place] = Home(account, disk)
        self.pages = {place: self._open(place) for place in self.homes}

    # What happens

    def trouble(self, seconds: float, faults: int) -> None:
        """Let people come and write, and faults happen, at moments of chance."""
        random = self.agenda.random
        if faults:
            self.internet.refusals = random.choice((0.0, 0.0, 0.02))
        for place in self.pages:
            self.agenda.within(0.0, seconds / 4, partial(self._enter, place))
        if self._guest:
            self.agenda.within(seconds / 4, seconds, self._become)
        while self.faults < faults:
            storm = random.uniform(0.0, seconds - STORM_SECONDS)
            for _ in range(random.randint(1, MAX_FLOCK)):
                self.agenda.after(random.uniform(storm, storm + STORM_SECONDS), random.choice(self._faults()))
                self.faults += 1
            for place in self.pages:
                self.agenda.after(random.uniform(storm, storm + STORM_SECONDS), partial(self._live, place))
        for place in self.pages:
            self.agenda.within(0.0, seconds, partial(self._live, place))
        self.agenda.run(seconds)
        self.check()

    def settle(self) -> float:
        """Let no more faults happen, and see that all becomes well and stays so; gives the seconds that it took."""
        self.internet.refusals = 0.0
        for page in self.pages.values():
            page.wake()
        if self._releases:
            self._update_all()
        start = self.agenda.now
        self.agenda.run(LAST_WORDS_SECONDS)
        self._wait_until(self.is_well)
        took = self.agenda.now - start
        for connection in self.internet.connections:
            connection.stalled, connection.is_dozing = None, False  # nobody has needed it since
        self.agenda.run(QUIET_SECONDS)
        self.check()
        # A line that was dead all the time may only have been noticed now, and its page be another one to the others;
        # and somebody who has gone for good is held a place for some time yet.
        self._wait_until(lambda: self.is_well() and self._has_no_ghosts() and self._knows_every_name())
        return took

    def _wait_until(self, is_so: Callable[[], bool]) -> None:
        end = self.agenda.now + SETTLING_SECONDS
        while not is_so():
            assert self.agenda.now < end, self.describe()
            self.agenda.run(LOOKING_SECONDS)
            self.check()

    def _has_no_ghosts(self) -> bool:
        """Tell whether nobody holds a connection more than one to each of the others."""
        return len(self.internet.connections) == len(self.pages) * (len(self.pages) - 1)

    def _taste(self) -> Sharing:
        """Return what a person lets others know, from the beginning to the end."""
        is_on = self._tastes.choice
        return Sharing(is_on((True, True, True, False)), is_on((True, True, True, False)))

    def _rename(self, account: str) -> None:
        """Let a person be called otherwise, or by their account's name again."""
        name = self._tastes.choice((f"{account} the {self._tastes.randint(1, 99)}th", ""))
        wish = Profile(name, self._tastes.randint(0, 8))
        self._context.sharing[account] = replace(self._context.sharing[account], profile=wish)
        for place, home in self.homes.items():
            if home.account == account:
                self.pages[place].share()

    def _knows_every_name(self) -> bool:
        """Tell whether every page knows what everybody else wants to be called."""
        return all(
            page.profiles.get(home.account, Profile()) == self._context.sharing[home.account].profile
            for place, page in self.pages.items()
            for home in self.homes.values()
            if home.account != self.homes[place].account and PROFILE in page.abilities.features
        )

    def _enter(self, place: str) -> None:
        self.pages[place].enter()

    def _become(self) -> None:
        """Let the guest become an account, as soon as the server is there."""
        if not self.server.is_up:
            self.agenda.after(BECOMING_SECONDS, self._become)
            return
        self.server.become(GUEST, ACCOUNT)
        for disk in {id(home.disk): home.disk for home in self.homes.values() if home.account == GUEST}.values():
            disk.username = ACCOUNT
            disk.login.become(ACCOUNT)

    def _live(self, place: str) -> None:
        """Let the person in a place do something."""
        random, page = self.agenda.random, self.pages[place]
        page.read(reading=random.choice((True, False)))
        for _ in range(random.randint(1, MAX_BURST)):
            page.write(long=self.agenda.chance(0.1), copied_id=self._copied_id(page))
        if self.agenda.chance(0.3):
            page.react()
        if self._tastes.random() < RENAMED:
            self._rename(self.homes[place].account)
        if self.agenda.chance(0.4):
            random.choice((page.begin, page.begin, page.finish))()

    def _copied_id(self, page: Page) -> str:
        """Return the id of a message of somebody else, where a page lies; of the newest, which others may yet lack."""
        if page.place != self._liar:
            return ""
        copied = next((name for name in reversed(page.disk.ids_of_others) if name not in self._copied_ids), "")
        self._copied_ids.add(copied)
        return copied

    def _faults(self) -> list[Callable[[], None]]:
        """Return what can go wrong; what stands here twice happens twice as often."""
        twice = [self._cut_path, self._break_channel, self._lose_server, self._reload, self._stall]
        return [
            *twice,
            *twice,
            self._overrun,
            self._restart_server,
            self._check,
            self._sleep,
            self._silence,
            self._set_clock,
        ]

    def _cut_path(self) -> None:
        places = frozenset(self.agenda.random.sample(list(self.pages), 2))
        self.internet.cut(places, self.agenda.random.choice((0.5, 3.0, 10.0, 30.0)))

    def _break_channel(self) -> None:
        if self.internet.connections:
            self.internet.break_channel(self.agenda.random.choice(self.internet.connections))

    def _overrun(self) -> None:
        if self.internet.connections:
            self.internet.overrun_channel(self.agenda.random.choice(self.internet.connections))

    def _stall(self) -> None:
        if self.internet.connections:
            connection = self.agenda.random.choice(self.internet.connections)
            connection.stalled = connection.generation

    def _lose_server(self) -> None:
        self._any_page().lose_server()

    def _silence(self) -> None:
        self._any_page().be_silenced(self.agenda.random.choice((2.0, 15.0, 70.0)))

    def _restart_server(self) -> None:
        if self.server.is_up:
            secret = str(next(self._secrets)) if self.agenda.chance(0.2) else "the secret"
            self.server.restart(self.agenda.random.choice((0.1, 2.0, 10.0)), secret=secret.encode())

    def _check(self) -> None:
        self._any_page().check()

    def _sleep(self) -> None:
        page = self._any_page()
        seconds = self.agenda.random.choice((2.0, 40.0, 7_200.0))
        page.sleep(seconds)
        others = [place for place in self.pages if place != page.place]
        self.internet.cut(frozenset({page.place, self.agenda.random.choice(others)}), min(seconds, 60.0))

    def _set_clock(self) -> None:
        """Set the clock of a machine, to be right or wrong."""
        self._any_page().disk.profile.clock_error = self.agenda.random.choice((0.0, -10_800.0, 172_800.0))

    def _reload(self) -> None:
        """Load a page again, crash its browser, or leave the room and come back; now and then both pages at once."""
        for page in list(self.pages.values()) if self.agenda.chance(0.2) else [self._any_page()]:
            end = self.agenda.random.choice((page.crash, page.crash, page.close, page.leave))
            wanders = self._wanderers and self.agenda.chance(0.3)
            if wanders and end == page.leave:
                end = page.close
            end()
            home = self.homes[page.place]
            if wanders:
                home.left_behind.append(home.disk)
                home.disk = Disk(self._context, home.account)
            if end != page.leave:
                self.pages[page.place] = self._open(page.place)
            self.agenda.within(0.2, 3.0, partial(self._enter, page.place))

    def _update_all(self) -> None:
        """Load every page again, in the release of today."""
        self._releases = False
        for place, page in self.pages.items():
            page.close()
            self.pages[place] = self._open(place)
            self.pages[place].enter()

    def _any_page(self) -> Page:
        return self.agenda.random.choice(list(self.pages.values()))

    def _open(self, place: str) -> Page:
        home = self.homes[place]
        abilities = self.agenda.random.choice(RELEASES) if self._releases else OURS
        page = Page(place, home.account, home.disk, home.numbers, abilities)
        self._opened.append(page)
        return page

    def __enter__(self) -> Self:
        """Begin; the pages are open already."""
        return self

    def __exit__(self, *_error: object) -> None:
        """Let nothing happen any more, so that nothing is left of it."""
        for page in self._opened:
            page.forget()

    # What is promised

    def check(self) -> None:
        """Assert what holds at any moment."""
        for place, page in self.pages.items():
            for author, numbers in page.received.items():
                self._check_order(place, author, numbers)
            for item_id, written in page.disk.written.items():
                if written.delivery >= Delivery.DELIVERED:
                    assert self._is_held(place, item_id), f"{item_id} is shown as delivered"
                if written.delivery is Delivery.READ:
                    assert self._may_be_known_as_read(place, written.accounts), f"{item_id} is shown as read"
                if written.shown.get(place) is Delivery.SENT and not page.is_asleep:
                    assert page.has_open_channel, f"{item_id} is shown as sent"
            self._check_transcript(place, page)
            assert not (page.is_open and page.owed_draft), f"{place} has lost {page.owed_draft!r}"

    def _may_be_known_as_read(self, writer: str, accounts: Sequence[str]) -> bool:
        """Tell whether all whom a message was for let others know what they have read."""
        own = self.homes[writer].account
        people = {GUEST if account == ACCOUNT else account for account in accounts} - {own}
        known = [self._context.sharing[account].read_receipts for account in people]
        # With nobody there, it was for somebody who came later.
        anyone = any(self._context.sharing[account].read_receipts for account in self.people - {own})
        return all(known) if known else anyone

    def _check_transcript(self, place: str, page: Page) -> None:
        """Assert that a tab shows messages as it will after a reload, and as the other tabs of its browser do."""
        order = page.disk.order
        numbers = [order[item_id] for item_id in page.transcript]
        assert len(numbers) == len(set(numbers)), f"{place} shows {numbers}"
        # What a tab still writes under the name of the guest, while another goes on under that of the account, stands
        # where the clock has put it.
        assert numbers == sorted(numbers) or (self._guest and self._tabs), f"{place} shows {numbers}"

    def _check_order(self, place: str, author: str, numbers: list[int]) -> None:
        context = f"{place} has {numbers} of {author}"
        # A tab may inherit what another had yet to send, and that is another device, which has gone on meanwhile.
        assert len(numbers) == len(set(numbers)) if self._tabs else numbers == sorted(set(numbers)), context
        if len(self.pages) == len(self.people) == 2 and not self._wanderers:
            # A browser has all that was written to it, since it forgets nothing and there is no other.
            texts = [item_id for item_id, written in self.homes[author].disk.written.items() if written.is_text]
            written = [int(item_id[-8:]) for item_id in texts]
            assert numbers == written[: len(numbers)], context

    @property
    def people(self) -> set[str]:
        """The accounts that are here."""
        return {home.account for home in self.homes.values()}

    def is_well(self) -> bool:
        """Tell whether everyone is connected, and everything has arrived that is for somebody else."""
        delivered = len(self.people) == 1 or all(
            written.delivery >= Delivery.DELIVERED
            for page in self.pages.values()
            for written in page.disk.written.values()
        )
        connected = all(page.status is Status.CONNECTED for page in self.pages.values())
        ends = [(end.place, other.place) for end in self.internet.connections if (other := _open_to(end)) is not None]
        return delivered and connected and sorted(ends) == sorted(itertools.permutations(self.pages, 2))

    def describe(self) -> str:
        """Say how things stand, for somebody who looks into a failure."""
        lines = [f"at {self.agenda.now:.1f} s"]
        for page in self.pages.values():
            waiting = [key for key, written in page.disk.written.items() if written.delivery < Delivery.DELIVERED]
            lines.append(f"{page.place} is {page.status}, has {page.received}, and waits for {waiting}")
        lines += [f"{end.fingerprint} of {end.place}: {end.connection_state}" for end in self.internet.connections]
        return "\n".join(lines)

    def _is_held(self, writer: str, item_id: str) -> bool:
        """Tell whether an item is safe with everyone else of whom its writer knew that they should get it."""
        others = [home for home in self.homes.values() if home.account != self.homes[writer].account]
        written = self.homes[writer].disk.written[item_id]
        holders = {home.account for home in others if any(written.says in disk.held for disk in home.disks)}
        owed = {home.account for home in others} & set(written.accounts)
        return bool(holders) and holders.issuperset(owed)


def _open_to(end: PeerConnection) -> PeerConnection | None:
    """Return the other end of a connection whose channel is open here."""
    return end.counterpart() if end.channel is not None and end.channel.ready_state == "open" else None
