"""The login that the tabs of one simulated browser share: renewed in time by one that is awake, or lost to a sleep.

The account machine itself plays in `account_world.py`; here, its tokens are what connections to the server stand on.
"""

from __future__ import annotations

from collections import deque
from functools import partial
from typing import Protocol

from tests.fakes.agenda import Agenda
from tests.fakes.server import Server

HEARING = (0.0, 0.05)
"""Until a tab hears that another one has written to localStorage."""
SIGNING_IN = (1.0, 3.0)
"""How long a person takes to type the password."""
RETRY_SECONDS = 2.0
LOSS = 0.1
"""The probability that the answer to a renewal gets lost."""
FAILURE = 0.2
"""The probability that nothing comes of renewals until the token has ended, as where the database is away."""
SHOWING_SECONDS = 8.0
"""By then, a page has shown a fresh token over a WebSocket that works, or that was still being opened."""


class LoggedIn(Protocol):
    """A page that is told of the login."""

    @property
    def is_online(self) -> bool:
        """Whether it runs, and can ask the server."""
        ...

    def hear_of_token(self, *, renewed: bool) -> None:
        """The login has another token, or its person has logged in again."""
        ...


class SharedLogin:
    """The newest token of one browser's person, whoever of its pages has got it."""

    def __init__(self, agenda: Agenda, server: Server, account: str) -> None:
        self._agenda = agenda
        self._server = server
        self._account = account
        self._is_signing_in = False
        self._taken: deque[tuple[float, str]] = deque(maxlen=3)
        """The newest tokens, and since when there is each."""
        self.pages: list[LoggedIn] = []
        self._take()
        if server.token_seconds is not None:
            self._renew_in(server.token_seconds / 2)

    @property
    def is_settled(self) -> bool:
        """Whether pages have had time enough to show a token that is good."""
        latest = self._agenda.now - SHOWING_SECONDS
        return any(since < latest and self._server.is_good(token) for since, token in self._taken)

    def become(self, username: str) -> None:
        """The person is an account now, and a guest no longer."""
        self._account = username
        self._take()
        self._tell(renewed=True)

    def refused(self, token: str) -> None:
        """The server takes a token no longer; another page may have renewed it, or else the person logs in again."""
        if token != self.token and self._server.is_good(self.token):
            self._tell(renewed=True)
        elif not self._is_signing_in:
            self._is_signing_in = True
            self._agenda.within(*SIGNING_IN, self._sign_in)

    def _sign_in(self) -> None:
        if not self._can_ask:
            self._agenda.after(RETRY_SECONDS, self._sign_in)
            return
        self._is_signing_in = False
        self._take()
        self._tell(renewed=True)

    @property
    def _can_ask(self) -> bool:
        return self._server.is_up and any(page.is_online for page in self.pages)

    def _renew_in(self, seconds: float) -> None:
        self._agenda.after(seconds, self._renew)

    def _renew(self) -> None:
        if not self._can_ask or self._agenda.chance(LOSS) or not self._server.is_good(self.token):
            self._renew_in(RETRY_SECONDS)
            return
        seconds = self._server.token_seconds
        assert seconds is not None
        if self._agenda.chance(FAILURE):
            self._renew_in(seconds)
            return
        self._take()
        self._tell(renewed=False)
        self._renew_in(seconds / 2)

    def _take(self) -> None:
        self.token = self._server.issue(self._account)
        self._taken.append((self._agenda.now, self.token))

    def _tell(self, *, renewed: bool) -> None:
        for page in self.pages:
            self._agenda.within(*HEARING, partial(page.hear_of_token, renewed=renewed))
