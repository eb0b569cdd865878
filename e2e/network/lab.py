"""The network lab: a server with a relay, two homes with browsers, and a router between them that can be made to fail.

    alice ── 198.51.100.0/26 ── ┐          ┌ ── 203.0.113.0/24 ── server, coturn
      └╌╌╌╌╌ 192.0.2.0/26 ╌╌╌╌╌ router ────┤
                                           ├ ── 198.51.100.64/26 ── bob
                                           └╌╌╌ 192.0.2.64/26 ╌╌╌╌╌┘

A home is in one of its two networks at a time. All addresses are those that documentation uses (RFC 5737), and nothing
leads out of the lab.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path

from playwright.async_api import async_playwright

from e2e.browsers import Browsers
from e2e.network.coturn import SECRET, Coturn
from e2e.network.namespaces import Namespace, remove_leftovers
from e2e.network.router import Line, Router
from e2e.server import Server

SERVER_ADDRESS = "203.0.113.1"
SERVER_GATEWAY = "203.0.113.254"
HOME_NETWORKS = ("198.51.100", "192.0.2")
HOME_SIZE = 64
HOMES = ("alice", "bob")


@dataclass
class Home:
    """One person's place: two networks to be in, one after the other, and browsers inside."""

    namespace: Namespace
    number: int
    router: Router
    line: Line
    browsers: Browsers
    network: int = 0
    """Which of the two networks it is in."""

    def cut(self) -> None:
        """Lose every packet from and to this home, with all interfaces up."""
        self.line.is_cut = True
        self.router.apply()

    def mend(self) -> None:
        """End all faults of the line."""
        self.line.is_cut = self.line.is_udp_blocked = self.line.is_behind_nat = False
        self.line.lost_percent = 0
        self.router.apply()

    def block_udp(self) -> None:
        """Lose every UDP packet from and to this home, as behind a firewall that lets the web through only."""
        self.line.is_udp_blocked = True
        self.router.apply()

    def hide_behind_nat(self) -> None:
        """Stand behind a symmetric NAT: what a STUN server sees of this home is of no use to anyone else."""
        self.line.is_behind_nat = True
        self.router.apply()

    def lose(self, percent: int) -> None:
        """Lose this percentage of the packets from this home, and of those to it, by chance."""
        self.line.lost_percent = percent
        self.router.apply()

    def move(self) -> None:
        """Leave the network for the other one at once: interface, address and route are others."""
        leaving = _leaving(self.network)
        self.network = 1 - self.network
        self.namespace.configure(*leaving, *_entering(self.number, self.network))

    def leave(self) -> None:
        """Lose interface, address and route, as a phone does out of reach of its network."""
        self.namespace.configure(*_leaving(self.network))

    def arrive(self) -> None:
        """Come up in the other network than the one that was left."""
        self.network = 1 - self.network
        self.namespace.configure(*_entering(self.number, self.network))


@dataclass
class Lab:
    """All of it, running."""

    server: Server
    coturn: Coturn
    place: Namespace
    alice: Home
    bob: Home

    @property
    def homes(self) -> tuple[Home, Home]:
        """Both homes."""
        return self.alice, self.bob

    def start_server(self) -> None:
        """Start the server, in its place, and wait until it answers."""
        with self.place.entered():
            self.server.start()

    @contextmanager
    def other_settings(self, **settings: str) -> Iterator[None]:
        """Run the server with other settings for a while."""
        before = dict(self.server.settings)
        self.server.stop()
        self.server.settings |= settings
        self.start_server()
        try:
            yield
        finally:
            self.server.stop()
            self.server.settings = before
            self.start_server()

    @contextmanager
    def without_relay(self) -> Iterator[None]:
        """Have nobody answer at the address of the TURN server for a while."""
        self.coturn.stop()
        try:
            yield
        finally:
            self.coturn.start()

    def register(self, username: str) -> None:
        """Make an account."""
        with self.place.entered():
            self.server.register(username)

    def mend(self) -> None:
        """End all faults of all lines."""
        for home in self.homes:
            home.mend()


@asynccontextmanager
async def running_lab(folder: Path) -> AsyncIterator[Lab]:
    """Build the lab, with its files in a folder, and remove it whatever happens."""
    remove_leftovers()
    async with AsyncExitStack() as stack:
        router, place = Router(_namespace("router", stack)), _namespace("server", stack)
        router.namespace.write_setting("ipv4/ip_forward", "1")
        _join(router.namespace, "server", f"{SERVER_GATEWAY}/24", place, "eth0")
        place.configure(
            "link set eth0 up",
            f"address add {SERVER_ADDRESS}/24 dev eth0",
            f"route add default via {SERVER_GATEWAY}",
        )
        coturn = Coturn(place, SERVER_ADDRESS, folder)
        stack.callback(coturn.stop)
        coturn.start()
        server = Server(folder, _settings(coturn), SERVER_ADDRESS)
        stack.callback(server.stop)
        alice, bob = [await _home(number, router, server.url, stack) for number in range(len(HOMES))]
        router.apply()
        lab = Lab(server, coturn, place, alice, bob)
        lab.start_server()
        for username in HOMES:
            lab.register(username)
        yield lab


async def _home(number: int, router: Router, url: str, stack: AsyncExitStack) -> Home:
    name = HOMES[number]
    namespace = _namespace(name, stack)
    interfaces = tuple(f"{name}-{network}" for network in range(len(HOME_NETWORKS)))
    for network, interface in enumerate(interfaces):
        _join(router.namespace, interface, f"{_address(number, network, 1)}/26", namespace, f"eth{network}")
    namespace.configure(*_entering(number, 0))
    line = Line(interfaces)
    router.lines.append(line)
    # Playwright's driver starts inside, and so do its browsers: Firefox is driven over a port on the loopback address.
    with namespace.entered():
        playwright = await stack.enter_async_context(async_playwright())
    browsers = Browsers(
        playwright,
        # The page needs a secure context, which plain http is on the loopback address only.
        chromium_arguments=[f"--unsafely-treat-insecure-origin-as-secure={url}"],
        firefox_preferences={
            "dom.securecontext.allowlist": SERVER_ADDRESS,
            # Under automation, Firefox is made not to notice when the network goes and comes.
            "remote.prefs.recommended": False,
            "network.manage-offline-status": True,
        },
    )
    stack.push_async_callback(browsers.close)
    return Home(namespace, number, router, line, browsers)


def _namespace(name: str, stack: AsyncExitStack) -> Namespace:
    namespace = Namespace(name)
    stack.callback(namespace.remove)
    namespace.create()
    return namespace


def _join(router: Namespace, interface: str, address: str, other: Namespace, other_interface: str) -> None:
    """Lay a cable from the router to another namespace; its end there is not up yet."""
    router.configure(
        f"link add {interface} type veth peer name {other_interface} netns {other.name}",
        f"address add {address} dev {interface}",
        f"link set {interface} up",
    )


def _leaving(network: int) -> list[str]:
    return [f"link set eth{network} down", f"address flush dev eth{network}"]


def _entering(number: int, network: int) -> list[str]:
    return [
        f"link set eth{network} up",
        f"address add {_address(number, network, 2)}/26 dev eth{network}",
        f"route add default via {_address(number, network, 1)}",
    ]


def _address(number: int, network: int, host: int) -> str:
    return f"{HOME_NETWORKS[network]}.{number * HOME_SIZE + host}"


def _settings(coturn: Coturn) -> dict[str, str]:
    return {
        "P2PCHAT_STUN_URLS": coturn.stun_url,
        "P2PCHAT_TURN_URLS": ",".join(coturn.turn_urls),
        "P2PCHAT_TURN_SECRET": SECRET,
    }
