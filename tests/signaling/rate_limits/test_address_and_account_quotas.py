import pytest

from signaling.client_addresses import ClientAddress
from signaling.rate_limits.address_and_account_quotas import (
    ACCOUNT_PART,
    ADDRESS_PART,
    BUSY_CONNECTIONS,
    FRAMES_FOR_A_MESSAGE,
    NETWORK_FACTOR,
    NETWORK_PART,
    SWEEP_FROM,
    QuotaLimits,
    Quotas,
    Usage,
    frames_for,
)
from signaling.rate_limits.budgets import Rate
from signaling.rate_limits.penalties import FIRST_SECONDS, FLOOD, part_for

NOW = 1000.0
HOME, SHOP = ClientAddress("203.0.113.1"), ClientAddress("203.0.113.2")
MIB = 2**20


def first_refusal(name: str) -> float:
    """Return how long an address or a network is refused at first."""
    return FIRST_SECONDS * part_for(name)


def site(number: int, network: int = 0) -> ClientAddress:
    """Return a /64 of a /48."""
    return ClientAddress(f"2001:db8:{network:x}:{number:x}::", f"2001:db8:{network:x}::")


def quotas(**changes: int) -> Quotas:
    """Make quotas with small bounds."""
    bounds = {"connections": 100, "connections_per_account": 3, "connections_per_address": 2} | changes
    return Quotas(
        QuotaLimits(
            **bounds,
            opens_by_account=Rate.of(5, 10.0),
            handshakes_by_address=Rate.of(4, 10.0),
            requests_by_address=Rate.of(8, 10.0),
            frames=Rate.of(10, 10.0),
            buffered_bytes=16 * MIB,
        )
    )


def connected(everyone: Quotas, client: ClientAddress | None = HOME, account: str | None = None) -> Usage:
    """Connect, and log in."""
    usage = everyone.connect(client, NOW)
    assert usage is not None
    assert account is None or everyone.log_in(usage, account, NOW)
    return usage


# Connections


def test_connections_of_an_address_are_bounded() -> None:
    """The newest is refused, at that address alone, until another has gone."""
    everyone = quotas()
    first, _ = connected(everyone), connected(everyone)
    assert everyone.connect(HOME, NOW) is None
    connected(everyone, SHOP)
    first.release()
    connected(everyone)


def test_network_has_some_times_as_many() -> None:
    """The owner of a whole /48 does not get a full number of connections for each /64 of it."""
    everyone = quotas()
    for number in range(2 * NETWORK_FACTOR):
        connected(everyone, site(number))
    assert everyone.connect(site(99), NOW) is None
    connected(everyone, site(99, network=1))


def test_connections_of_all_are_bounded() -> None:
    """What is bound to no address counts in all."""
    everyone = quotas(connections=2)
    connected(everyone, None)
    connected(everyone, HOME)
    assert everyone.connect(None, NOW) is None
    assert everyone.connect(SHOP, NOW) is None


def test_connections_of_an_account_are_bounded_wherever_it_is() -> None:
    """Connections of one account count together, and one that is refused counts nothing."""
    everyone = quotas()
    usages = [connected(everyone, None, "ann") for _ in range(3)]
    refused = connected(everyone, SHOP)
    assert not everyone.log_in(refused, "ann", NOW)
    assert everyone.log_in(refused, "ben", NOW)
    usages[0].release()
    connected(everyone, HOME, "ann")


def test_openings_of_an_account_are_limited() -> None:
    """Somebody who comes and goes without end is refused for a while."""
    everyone = quotas()
    for _ in range(5):
        connected(everyone, None, "ann").release()
    usage = connected(everyone, None)
    assert not everyone.log_in(usage, "ann", NOW)
    assert everyone.log_in(usage, "ann", NOW + 2)


def test_release_counts_once() -> None:
    """What was counted is given back, whatever happens to the connection afterwards."""
    everyone = quotas(connections=1)
    usage = connected(everyone, HOME, "ann")
    usage.buffer(5)
    usage.release()
    usage.release()
    usage.buffer(7)
    connected(everyone, HOME, "ann")
    assert everyone.connect(SHOP, NOW) is None


def test_connection_that_has_gone_counts_against_no_account() -> None:
    """It may go while its account is looked up; nobody would give back what was counted for it then."""
    everyone = quotas()
    for _ in range(3):
        usage = connected(everyone)
        usage.release()
        assert everyone.log_in(usage, "ann", NOW)
    connected(everyone, HOME, "ann")


# Handshakes


def test_address_shakes_hands_so_often() -> None:
    """Beyond that it has to wait, alone; a proxy that names nobody does not."""
    everyone = quotas()
    assert [everyone.shake_hands(HOME, NOW) for _ in range(4)] == [0.0] * 4
    assert everyone.shake_hands(HOME, NOW) == pytest.approx(2.5)
    assert everyone.shake_hands(SHOP, NOW) == 0
    assert not any(everyone.shake_hands(None, NOW) for _ in range(1000))
    assert everyone.shake_hands(HOME, NOW + 2.5) == 0


def test_network_shakes_hands_some_times_as_often() -> None:
    """Each /64 being new does not help."""
    everyone = quotas()
    waits = [everyone.shake_hands(site(number), NOW) for number in range(4 * NETWORK_FACTOR + 1)]
    assert not any(waits[:-1])
    assert waits[-1] > 0


def test_address_that_goes_on_is_refused_for_a_while() -> None:
    """Floods are held against the address that they come from, in every connection and for a time."""
    everyone = quotas()
    usage = connected(everyone)
    assert [usage.offend(NOW, FLOOD) for _ in range(3)] == [False, False, True]
    assert everyone.shake_hands(HOME, NOW) == pytest.approx(first_refusal(HOME.site))
    assert everyone.shake_hands(SHOP, NOW) == 0
    assert everyone.shake_hands(HOME, NOW + first_refusal(HOME.site)) == 0


def test_network_that_goes_on_is_refused_too() -> None:
    """The owner of a whole /48 does not get three floods from each /64 of it."""
    everyone = quotas(connections_per_address=9)
    refused = [connected(everyone, site(number // 2)).offend(NOW, FLOOD) for number in range(10)]
    assert refused.index(True) == 9
    assert everyone.shake_hands(site(99), NOW) == pytest.approx(first_refusal("2001:db8:0::"))
    assert everyone.shake_hands(site(99, network=1), NOW) == 0


def test_haste_is_an_offence() -> None:
    """A client that shakes hands far too often is refused longer than until the next handshake is due."""
    everyone = quotas()
    for _ in range(100):
        everyone.shake_hands(HOME, NOW)
    assert everyone.shake_hands(HOME, NOW) == pytest.approx(first_refusal(HOME.site))


def test_flood_through_a_proxy_that_names_nobody_is_held_against_nobody() -> None:
    """There is no address that could be refused without refusing everyone."""
    everyone = quotas()
    usage = connected(everyone, None)
    assert not any(usage.offend(NOW, FLOOD) for _ in range(10))
    assert everyone.shake_hands(None, NOW) == 0


# Frames


def test_frames_of_a_connection_are_bounded() -> None:
    """A connection's own limit is the tightest."""
    usage = connected(quotas())
    assert usage.admit_frames(NOW, 10)
    assert not usage.admit_frames(NOW, 1)
    assert usage.admit_frames(NOW + 1, 1)


@pytest.mark.parametrize("by_account", [True, False])
def test_connections_of_one_account_or_address_share_frames(*, by_account: bool) -> None:
    """Many connections that keep to their limit are too much together."""
    everyone = quotas(connections_per_account=99, connections_per_address=99)
    usages = [everyone.connect(None if by_account else HOME, NOW) for _ in range(BUSY_CONNECTIONS + 1)]
    for number, usage in enumerate(usages):
        assert usage is not None
        if by_account:
            everyone.log_in(usage, "ann", NOW + 10 * number)
    logged_in = [usage.admit_frames(NOW + 1000, 10) for usage in usages if usage is not None]
    assert logged_in == [True] * BUSY_CONNECTIONS + [False]


def test_limit_on_frames_goes_with_the_one_on_messages() -> None:
    """There is room for pongs and pieces beside the messages, and always for the answers to our own pings."""
    assert frames_for(Rate.of(200, 10.0)) == Rate.of(200 * FRAMES_FOR_A_MESSAGE, 10.0)
    slow = frames_for(Rate.of(1, 3600.0))
    assert slow.interval == 0.1
    assert slow.seconds >= 10.0


# Buffers


@pytest.mark.parametrize(("holder", "part"), [("ann", ACCOUNT_PART), (None, ADDRESS_PART)])
def test_account_and_address_fill_a_part_of_the_buffers(holder: str | None, part: int) -> None:
    """What one keeps is bounded, over all its connections, and given back."""
    everyone = quotas()
    usages = [connected(everyone, None if holder else HOME, holder) for _ in range(2)]
    assert usages[0].buffer(16 * MIB // part)
    assert not usages[1].buffer(1)
    assert usages[0].buffer(5)
    assert usages[1].buffer(2)


def test_network_and_everyone_fill_their_parts() -> None:
    """Many sites of one network are bounded too, and so are all networks."""
    everyone = quotas()
    of_one = [connected(everyone, site(number)) for number in range(ADDRESS_PART)]
    logged_in = [usage.buffer(16 * MIB // ADDRESS_PART) for usage in of_one]
    assert logged_in.index(False) == ADDRESS_PART // NETWORK_PART
    everyone = quotas()
    of_many = [connected(everyone, site(0, network)) for network in range(ADDRESS_PART + 1)]
    logged_in = [usage.buffer(16 * MIB // ADDRESS_PART) for usage in of_many]
    assert logged_in.index(False) == ADDRESS_PART


def test_keeping_less_is_always_admitted() -> None:
    """Where there is too much, the one who gives something back is not the one to go."""
    everyone = quotas()
    usages = [connected(everyone) for _ in range(2)]
    usages[0].buffer(2 * MIB)
    assert not usages[1].buffer(10)
    assert usages[1].buffer(9)


def test_holders_that_use_nothing_are_forgotten() -> None:
    """Addresses that come once do not stay, and those that count for something do."""
    everyone = quotas()
    kept = connected(everyone)
    for number in range(3 * SWEEP_FROM):
        everyone.shake_hands(site(number % 2**16, number), NOW + 100.0 * number)
    assert len(everyone._addresses._by_name) <= SWEEP_FROM
    kept.buffer(2 * MIB)
    again = everyone.connect(HOME, NOW)
    assert again is not None
    assert not again.buffer(1)


# Requests


def test_requests_of_an_address_are_bounded() -> None:
    """Another address is not concerned, and a proxy that stands for many never."""
    everyone = quotas()
    assert [everyone.request(HOME, NOW) for _ in range(8)] == [0.0] * 8
    assert everyone.request(HOME, NOW) == pytest.approx(1.25)
    assert everyone.request(SHOP, NOW) == 0.0
    assert all(everyone.request(None, NOW) == 0.0 for _ in range(100))
    assert everyone.request(HOME, NOW + 1.25) == 0.0


def test_requests_of_a_network_are_bounded() -> None:
    """Many sites of one network have what four of them may have."""
    everyone = quotas()
    waits = [everyone.request(site(number), NOW) for number in range(40)]
    assert waits[:32] == [0.0] * 32
    assert all(waits[32:])


def test_address_that_goes_on_asking_is_refused_for_a_while() -> None:
    """At the handshake too; and who is refused there is refused here."""
    everyone = quotas()
    for _ in range(8 + 61):
        everyone.request(HOME, NOW)
    assert everyone.request(HOME, NOW + 2.0) == pytest.approx(first_refusal(HOME.site) - 2.0)
    assert everyone.shake_hands(HOME, NOW + 2.0) == pytest.approx(first_refusal(HOME.site) - 2.0)
    assert everyone.request(HOME, NOW + first_refusal(HOME.site)) == 0.0


def test_address_that_sends_what_is_no_request_is_refused_for_a_while() -> None:
    """Now and then is nothing; again and again is."""
    everyone = quotas()
    for _ in range(60):
        everyone.offend(HOME, NOW)
    assert everyone.request(HOME, NOW) == 0.0
    everyone.offend(HOME, NOW)
    assert everyone.request(HOME, NOW) == pytest.approx(first_refusal(HOME.site))
    assert everyone.request(SHOP, NOW) == 0.0
    everyone.offend(None, NOW)


# A restart


def test_who_is_refused_is_refused_by_the_next_process() -> None:
    """An address as an address, a network as a network; who has done nothing is not among them."""
    before, after = quotas(), quotas()
    usage, _ = connected(before, site(1)), connected(before)
    for _ in range(3):
        usage.offend(NOW, FLOOD)
    penalties = before.penalties(NOW)
    after.restore(penalties, NOW)
    assert after.penalties(NOW) == penalties
    assert set(penalties["addresses"]) == {site(1).site}
    assert after.shake_hands(site(1), NOW) == first_refusal(site(1).site)
    assert after.shake_hands(HOME, NOW) == 0
    after.restore({}, NOW)
    assert after.penalties(NOW) == penalties
