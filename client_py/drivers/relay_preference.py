"""Keeps the person's wish to connect through a relay only, and awaits whether the server has a relay to offer.

A room hears of the relay from its welcome; this is for who wants to choose before any other page learns their address.
"""

from __future__ import annotations

from collections.abc import Callable

from client_py.core.peer.ice_servers import RelayChoice, ice_servers_of, offers_relay
from client_py.drivers.tasks import Tasks
from client_py.ports.server import Http, Unreachable
from client_py.ports.storage import Store
from protocol.http import ICE_SERVERS_PATH

RELAY_ONLY_KEY = "p2pchat.relay-only"
"""Where the wish stands in localStorage: for everyone who signs in here, since it is this device's address."""
WISHED = "yes"


class RelayPreference:
    """The wish, for all pages of this browser; `show` is told what there is to choose from."""

    def __init__(
        self, http: Http, store: Store, token: Callable[[], str], tasks: Tasks, show: Callable[[RelayChoice], None]
    ) -> None:
        self._http = http
        self._store = store
        self._token = token
        self._tasks = tasks
        self._show = show
        self._offered: bool | None = None

    @property
    def choice(self) -> RelayChoice:
        """What is wished, and whether there is a relay, as far as that is known."""
        return RelayChoice(self.only, self._offered)

    @property
    def only(self) -> bool:
        """Whether the person wants to connect through a relay only."""
        return self._store.get(RELAY_ONLY_KEY) == WISHED

    def wish(self, *, only: bool) -> None:
        """Remember what the person wants from now on."""
        if only:
            self._store.put(RELAY_ONLY_KEY, WISHED)
        else:
            self._store.remove(RELAY_ONLY_KEY)
        self._show(self.choice)

    def look(self) -> None:
        """Find out whether the server has a relay; where it does not say, that stays unknown."""
        self._tasks.spawn(self._look())

    async def _look(self) -> None:
        try:
            response = await self._http.get(ICE_SERVERS_PATH, token=self._token())
        except Unreachable:
            return
        servers = ice_servers_of(response.status, response.body)
        if servers is not None:
            self._offered = offers_relay(servers)
            self._show(self.choice)
