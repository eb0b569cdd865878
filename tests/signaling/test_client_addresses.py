import pytest

from signaling.client_addresses import ClientAddress, ClientAddresses, address_key, host_of, is_loopback, network_key

ADDRESSES = ClientAddresses(["127.0.0.1", "::1", "10.0.0.0/8"])


def test_ipv4_address_counts_by_itself() -> None:
    """An IPv4 address is one site; what is around it is not known."""
    assert ADDRESSES.of("203.0.113.7") == ClientAddress("203.0.113.7")


def test_ipv6_address_counts_as_its_site_and_network() -> None:
    """All addresses of a /64 count together, and all of a /48 too."""
    assert ADDRESSES.of("2001:db8:1:2:3:4:5:6") == ClientAddress("2001:db8:1:2::", "2001:db8:1::")
    assert ADDRESSES.of("2001:db8:1:2::9") == ADDRESSES.of("2001:0DB8:1:2:ffff::")
    neighbour, stranger = ADDRESSES.of("2001:db8:1:3::1"), ADDRESSES.of("2001:db8:2::1")
    assert neighbour == ClientAddress("2001:db8:1:3::", "2001:db8:1::")
    assert stranger == ClientAddress("2001:db8:2::", "2001:db8:2::")


def test_mapped_address_counts_as_ipv4() -> None:
    """A socket of both families shows IPv4 addresses within one /64 of IPv6."""
    assert ADDRESSES.of("::ffff:203.0.113.7") == ClientAddress("203.0.113.7")


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "10.1.2.3", "::ffff:10.1.2.3", None, ""])
def test_proxy_is_nobody(host: str | None) -> None:
    """A trusted proxy that names no client, and a Unix socket, stand for everyone behind them."""
    assert ADDRESSES.of(host) is None


def test_name_counts_by_itself() -> None:
    """What a proxy calls its client need not be an address."""
    assert ADDRESSES.of("203.0.113.7:4711") == ClientAddress("203.0.113.7:4711")


@pytest.mark.parametrize(
    ("host", "key"),
    [
        ("203.0.113.1", "203.0.113.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::"),
        ("2001:db8:1:2::9", "2001:db8:1:2::"),
        ("::ffff:203.0.113.1", "203.0.113.1"),
        ("::1", "::"),
        ("", "unknown"),
        (None, "unknown"),
        ("a-socket", "a-socket"),
    ],
)
def test_address_is_counted_by_network(host: str | None, key: str) -> None:
    """An IPv6 address counts as its /64, of which a household has one at least."""
    assert address_key(host) == key


@pytest.mark.parametrize(
    ("host", "key"),
    [
        ("203.0.113.1", "203.0.113.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1::"),
        ("::ffff:203.0.113.1", "203.0.113.1"),
        (None, "unknown"),
    ],
)
def test_network_of_an_address_is_wider(host: str | None, key: str) -> None:
    """An IPv6 address is one of a /48, which one owner may have all of."""
    assert network_key(host) == key


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost", "LocalHost"])
def test_loopback_host_is_of_this_machine(host: str) -> None:
    """Only this machine can reach these."""
    assert is_loopback(host)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.2", "example.org", "", "127.1", "localhost.example.org"])  # noqa: S104 - judged, not bound
def test_other_host_is_public(host: str) -> None:
    """Others can reach these, or it is not known that they cannot."""
    assert not is_loopback(host)


def test_socket_without_an_address_has_no_host() -> None:
    """A client of a Unix socket comes from nowhere."""
    assert host_of({"client": ("203.0.113.1", 50_000)}) == "203.0.113.1"
    assert host_of({"client": None}) is None
    assert host_of({}) is None
