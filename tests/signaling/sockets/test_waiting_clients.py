"""Who waits for a client, for how long, and who goes first: on a clock that a test moves."""

import asyncio
from dataclasses import dataclass, field

import pytest

from signaling.monitoring.counters import Counters
from signaling.monitoring.exhausted_files import ExhaustedFiles
from signaling.sockets.waiting_clients import (
    LINE_SECONDS,
    MOST_WAITING,
    TOLD_AT_ONCE,
    Patience,
    WaitingClients,
    waiting_clients,
)

SOON = 5.0


@dataclass(eq=False)
class Client:
    """A connection that does as it is told."""

    address: str
    due: float = 10.0
    told: list[str] = field(default_factory=list)

    def time_is_up(self, now: float) -> None:
        """Note it."""
        self.told.append(f"time is up at {now}")

    def make_way(self) -> None:
        """Note it."""
        self.told.append("make way")


@dataclass
class Clock:
    """A clock that stands."""

    now: float = 0.0

    def __call__(self) -> float:
        """Tell the time."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """A clock at zero."""
    return Clock()


def waiting(clients: list[Client], most: int = 100, files: int | None = None) -> WaitingClients:
    """Have clients wait, one after the other."""
    waiting = WaitingClients(Patience(), most, files)
    for client in clients:
        waiting.owes(client)
    return waiting


def gone(clients: list[Client]) -> list[int]:
    """Return the places of those who had to make way."""
    return [place for place, client in enumerate(clients) if "make way" in client.told]


async def test_oldest_of_address_with_most_goes_first() -> None:
    """Somebody who connects often loses connections of their own."""
    clients = [Client("192.0.2.1"), Client("192.0.2.2"), Client("192.0.2.2"), Client("192.0.2.3")]
    waiting(clients, most=3)
    assert gone(clients) == [1]


async def test_oldest_of_all_goes_first_where_each_has_one() -> None:
    """Where no address stands out, the one that has waited longest goes."""
    clients = [Client(f"192.0.2.{number}") for number in range(5)]
    waiting(clients, most=3)
    assert gone(clients) == [0, 1]


async def test_client_that_is_done_is_not_counted() -> None:
    """Whose request has come takes no place any more, however often that is said."""
    first, second, third = Client("192.0.2.1"), Client("192.0.2.2"), Client("192.0.2.3")
    clients = waiting([first, second], most=2)
    clients.is_done(first)
    clients.is_done(first)
    clients.owes(third)
    assert gone([first, second, third]) == []


async def test_connection_without_file_takes_the_place_of_another() -> None:
    """Close to the limit of the system, one that owes something goes, and of those that read, only then one."""
    reading, asking, new = Client("192.0.2.1"), Client("192.0.2.2"), Client("192.0.2.2")
    clients = waiting([asking, new], files=50)
    clients.has_to_read(reading)
    assert clients.has_come(new, 49)
    assert gone([reading, asking]) == []
    assert clients.has_come(new, 50)
    assert gone([reading, asking]) == [1]
    assert clients.has_come(new, 51)
    assert gone([reading, asking]) == [0, 1]
    assert not clients.has_come(new, 52)
    assert gone([new]) == []


async def test_last_file_is_told_of(caplog: pytest.LogCaptureFixture) -> None:
    """With it, the event loop can accept no more, and drops what comes without a word."""
    counters = Counters()
    clients = WaitingClients(Patience(), 10, 50, 60, exhausted=ExhaustedFiles(counters))
    for file in (49, 58, 59):
        clients.has_come(Client("192.0.2.1"), file)
    assert (counters.files_exhausted, counters.shed["too_few_files"]) == (1, 2)
    assert any("event=files_exhausted limit=60" in message for message in caplog.messages)


async def test_clients_are_told_that_their_time_is_up(clock: Clock) -> None:
    """Those who owe something, and those who have to read; nobody before, and nobody who is done."""
    asking, reading, later, done = Client("a", 10), Client("b", 10), Client("c", 11), Client("d", 10)
    clients = WaitingClients(Patience(), clock=clock)
    for client in (asking, later, done):
        clients.owes(client)
    clients.has_to_read(reading)
    clients.is_done(done)
    clock.now = 9.9
    clients.look()
    clock.now = 10.0
    clients.look()
    assert [client.told for client in (asking, reading, later, done)] == [["time is up at 10.0"]] * 2 + [[], []]


async def test_log_says_how_many_had_to_go_once_a_minute(clock: Clock, caplog: pytest.LogCaptureFixture) -> None:
    """An attack is seen in the log, and does not fill it."""
    clients = WaitingClients(Patience(), 1, 50, clock=clock)
    for _ in range(4):
        clients.owes(Client("192.0.2.1"))
    clients.look()
    clients.has_come(Client("192.0.2.2"), 50)
    clients.look()
    clock.now += LINE_SECONDS
    clients.look()
    clients.look()
    assert caplog.messages == [
        "event=connections_shed reason=too_many_waiting count=3",
        "event=connections_shed reason=too_few_files count=1",
    ]


async def test_time_goes_on_by_itself_while_somebody_waits() -> None:
    """One timer looks as long as there is someone, and begins again for those who come later."""
    clients = WaitingClients(Patience(step=0.001), clock=lambda: 100.0)
    for _ in range(2):
        is_told = asyncio.Event()
        client = Client("192.0.2.1")
        client.time_is_up = lambda _now, told=is_told: told.set()  # type: ignore[method-assign, misc]
        clients.owes(client)
        await asyncio.wait_for(is_told.wait(), SOON)
        clients.is_done(client)
        async with asyncio.timeout(SOON):
            while clients._timer is not None:  # noqa: ASYNC110 - a timer that ends has no event
                await asyncio.sleep(0.001)


async def test_few_are_told_in_one_round_of_the_loop() -> None:
    """Hundreds that began together are shown out one group after the other, without a pause between the groups."""
    told: list[Client] = []
    clients = WaitingClients(Patience(step=0.001), clock=lambda: 100.0)
    crowd = [Client("192.0.2.1") for _ in range(3 * TOLD_AT_ONCE)]
    for client in crowd:

        def leave(_now: float, client: Client = client) -> None:
            told.append(client)
            clients.is_done(client)

        client.time_is_up = leave  # type: ignore[assignment, method-assign]
        clients.owes(client)
    async with asyncio.timeout(SOON):
        while not told:  # noqa: ASYNC110 - a timer has no event
            await asyncio.sleep(0)
    counts = []
    for _ in range(3):
        counts.append(len(told))
        await asyncio.sleep(0)
    assert counts == [TOLD_AT_ONCE, 2 * TOLD_AT_ONCE, 3 * TOLD_AT_ONCE]
    assert told == crowd


@pytest.mark.parametrize(("chance", "seconds"), [(0.0, 0.5), (1.0, 1.5)])
def test_refusals_have_moments_of_their_own(chance: float, seconds: float) -> None:
    """Those who were refused together are told so one after the other."""
    assert Patience(random=lambda: chance).for_refusal() == seconds


@pytest.mark.parametrize(
    ("files", "most", "first_refused"),
    [(300, 75, 263), (1024, 256, 960), (65_536, MOST_WAITING, 65_472), (None, MOST_WAITING, None)],
)
def test_bounds_follow_from_open_files(files: int | None, most: int, first_refused: int | None) -> None:
    """A process keeps some of its files for other things than connections."""
    clients = waiting_clients(most_files=files)
    assert (clients._most, clients._files, clients._limit) == (most, first_refused, files)


@pytest.mark.parametrize(("received", "seconds"), [(0, 10.0), (500, 11.0), (4_096, 18.192), (1_000_000, 30.0)])
def test_body_has_time_by_what_has_come(received: int, seconds: float) -> None:
    """A body that goes on gets more time, and never more than a whole one has."""
    assert Patience().for_body(received) == pytest.approx(seconds)
