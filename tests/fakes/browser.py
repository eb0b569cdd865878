"""A browser of the simulated world as one page sees it; the ports on it are in `browser_ports.py`."""

from __future__ import annotations

import asyncio
from base64 import urlsafe_b64encode
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from client_py.core.conversation.sharing import Sharing
from protocol.codes import CloseCode
from tests.fakes.agenda import Agenda
from tests.fakes.page_loop import PageLoop
from tests.fakes.ports import FakeStore
from tests.fakes.profile import Claim, Profile
from tests.fakes.server import Line, Server
from tests.fakes.shared_login import SharedLogin
from tests.fakes.webrtc import Internet, PeerConnection

LETTING_GO = (0.0, 0.5)
"""The time that a page which was closed goes on holding its locks for."""

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class ViewContext:
    """What every browser stands on."""

    agenda: Agenda
    server: Server
    internet: Internet
    storing: float
    """Seconds that it takes at most until something is stored."""
    max_together: int
    """How many entries are stored in one transaction."""
    sharing: dict[str, Sharing] = field(default_factory=dict[str, Sharing])
    """What each person lets others know, by account."""


@dataclass(slots=True)
class PageRandom:
    """Implements `ports.Random`, with tokens that may be given beforehand."""

    agenda: Agenda
    given: deque[str] = field(default_factory=deque)

    def random(self) -> float:
        """Return a number."""
        return self.agenda.random.random()

    def token(self) -> str:
        """Return the token that was given beforehand, or one of chance."""
        if self.given:
            return self.given.popleft()
        return urlsafe_b64encode(self.agenda.random.randbytes(16)).decode().rstrip("=")


class Browser:
    """A browser as one page sees it, from its opening to its end; whatever happens is told in the page's loop."""

    def __init__(
        self,
        context: ViewContext,
        profile: Profile,
        tab: FakeStore,
        place: str,
        account: str,
        login: SharedLogin | None = None,
    ) -> None:
        self.agenda = context.agenda
        self.server = context.server
        self.internet = context.internet
        self.profile = profile
        self.max_together = context.max_together
        self.place = place
        self.login = login or SharedLogin(context.agenda, context.server, account)
        self.loop = PageLoop(self.agenda)  # type: ignore[abstract]  # what nobody calls is not there
        self.random = PageRandom(self.agenda)
        self.line: Line | None = None
        """The WebSocket that was opened last."""
        self.silent_until = 0.0
        """Until when nothing comes of what is asked of the server, not even a refusal."""
        self.connections: list[PeerConnection] = []
        """Those that were made and are not closed."""
        self.claims: list[Claim] = []
        self.frame_received: Callable[[str], None] | None = None
        """Told what comes in over data channels, before the page is."""
        self.tab = tab

    @property
    def is_silenced(self) -> bool:
        """Whether the server cannot even be asked."""
        return self.agenda.now < self.silent_until

    async def wait(self, least: float, most: float) -> None:
        """Let some time pass in the browser, and hear of it when the page is awake."""
        future = self.loop.create_future()
        self.agenda.within(least, most, lambda: self.loop.arrive(future, None))
        await future

    async def transact(self, work: Callable[[], Result], share: float = 1.0) -> Result:
        """Do something to the rows; all of it, or nothing if the page ends before."""
        future: asyncio.Future[Result] = self.loop.create_future()

        def complete() -> None:
            if not self.loop.has_ended:
                self.loop.arrive(future, work())

        self.profile.transactions.carry(complete, share)
        return await future

    def close(self) -> None:
        """End, as a browser closes a page: connections are closed, and names are let go of in a moment."""
        self.loop.end()
        if self.line is not None:
            self.line.close(CloseCode.GOING_AWAY)
        for connection in list(self.connections):
            connection.close()
        self.profile.ending.append(self._let_go)
        self.agenda.within(*LETTING_GO, self._let_go)

    def crash(self) -> None:
        """End without a word to anyone; what a page before has yet to let go of, ends with it."""
        self.loop.end()
        for let_go in self.profile.ending:
            let_go()
        self.profile.ending.clear()
        if self.line is not None:
            self.line.cut()
        for connection in self.connections:
            connection.vanish()
        self._let_go()

    def _let_go(self) -> None:
        for claim in self.claims:
            claim.release()
