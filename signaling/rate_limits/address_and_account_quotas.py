"""Decides how much of this process one account, one address, one network and all of them may use. No clock or I/O.

Each connection counts against the account that it belongs to, the address and the network that it comes from, and the
whole. What is counted: connections and how often they are opened, frames, and the bytes that are kept for a client that
does not end what it sends, or does not read what is sent to it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from signaling.client_addresses import ClientAddress
from signaling.rate_limits.budgets import Budget, Rate
from signaling.rate_limits.penalties import HASTE, MALFORMED, OFFENCES, KeptPenalty, Penalty, part_for

FRAMES_FOR_A_MESSAGE = 5
"""Pongs, pings and fragments are frames beside the messages: an honest client sends few of them."""
LEAST_FRAMES, LEAST_FRAMES_SECONDS = 100, 10.0
"""Whatever the limit on messages is: the answers to our own pings must fit in."""
BUSY_CONNECTIONS = 20
"""This many connections of one account or address may each send as fast as one alone: of fifty, some are quiet."""
NETWORK_FACTOR = 4
"""A network may use as much as this many of its addresses."""
ACCOUNT_PART, ADDRESS_PART, NETWORK_PART = 16, 8, 4
"""The parts of all buffers that one account, address or network may fill."""
SWEEP_FROM = 1024
"""Below that number of holders it is not worth looking for those that can be forgotten."""


@dataclass(frozen=True, slots=True, kw_only=True)
class QuotaLimits:
    """What the settings allow."""

    connections: int
    connections_per_account: int
    connections_per_address: int
    opens_by_account: Rate
    handshakes_by_address: Rate
    requests_by_address: Rate
    """Of HTTP, and connections for them."""
    frames: Rate
    """Of one connection."""
    buffered_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What one holder may use."""

    connections: int
    buffered_bytes: int
    handshakes: Rate
    requests: Rate
    frames: Rate
    offences: Rate = OFFENCES


class Holder:
    """What one account, address or network uses, or all together; there is one for each that has used something."""

    __slots__ = (
        "_handshakes",
        "_requests",
        "bounds",
        "buffered_bytes",
        "connections",
        "frames",
        "penalty",
    )

    def __init__(self, bounds: Bounds, name: str = "") -> None:
        self.bounds = bounds
        self.connections = 0
        self.buffered_bytes = 0
        self.frames = Budget(bounds.frames)
        self.penalty = Penalty(bounds.offences, part_for(name))
        self._handshakes = Budget(bounds.handshakes)
        self._requests = Budget(bounds.requests)

    @property
    def is_full(self) -> bool:
        """Whether there may be no further connection."""
        return self.connections >= self.bounds.connections

    def shake_hands(self, now: float) -> float:
        """Count a handshake and return 0, or return the seconds to wait."""
        return self.penalty.seconds_left(now) or self._handshakes.spend(now)

    def request(self, now: float) -> float:
        """Count a request and return 0, or return the seconds to wait."""
        return self.penalty.seconds_left(now) or self._requests.spend(now)

    def buffer(self, more: int) -> bool:
        """Keep more bytes, or less; False if they are too many now."""
        self.buffered_bytes += more
        return self.buffered_bytes <= self.bounds.buffered_bytes

    def is_idle(self, now: float) -> bool:
        """Tell whether it can be forgotten: one that is made again would be the same."""
        budgets = (self._handshakes, self._requests, self.frames)
        return self.connections == 0 and self.penalty.is_clean(now) and all(budget.is_full(now) for budget in budgets)


class Usage:
    """What one connection uses; it counts against each of its holders, until it is released."""

    __slots__ = ("_buffered_bytes", "_frames", "_holders", "_offenders")

    def __init__(self, frames: Rate, everyone: Holder, offenders: tuple[Holder, ...]) -> None:
        self._frames = Budget(frames)
        self._holders = (everyone, *offenders)
        self._offenders = offenders
        self._buffered_bytes = 0
        for holder in self._holders:
            holder.connections += 1

    def belongs_to(self, account: Holder) -> None:
        """Count against an account too, unless the connection went while its account was looked up."""
        if not self._holders:
            return
        account.connections += 1
        self._holders = (*self._holders, account)

    def admit_frames(self, now: float, count: int) -> bool:
        """Count frames; False if they are too many for the connection, or for one of its holders."""
        if self._frames.spend(now, count):
            return False
        return not any(holder.frames.spend(now, count) for holder in self._holders)

    def buffer(self, total: int) -> bool:
        """Keep `total` bytes in all for this connection; False if one of its holders has too many now."""
        more = total - self._buffered_bytes
        self._buffered_bytes = total
        is_within = True
        for holder in self._holders:
            is_within = holder.buffer(more) and is_within
        return is_within or more <= 0

    def offend(self, now: float, points: int) -> bool:
        """Hold an offence against where it comes from; tell whether that is refused from now on."""
        # All of them are told, so the list must not end with the first who is refused.
        refused = [holder.penalty.offend(now, points) for holder in self._offenders]
        return any(refused)

    def release(self) -> None:
        """Count no more: the connection is gone."""
        self.buffer(0)
        for holder in self._holders:
            holder.connections -= 1
        self._holders = ()


class Quotas:
    """Everyone who uses this process."""

    def __init__(self, limits: QuotaLimits) -> None:
        self._frames = limits.frames
        busy, size = limits.frames.times(BUSY_CONNECTIONS), limits.buffered_bytes
        endless = Rate(0.0, 0.0)
        self._everyone = Holder(
            Bounds(
                connections=limits.connections,
                buffered_bytes=size,
                handshakes=endless,
                requests=endless,
                frames=endless,
            )
        )
        self._accounts = _Holders(
            Bounds(
                connections=limits.connections_per_account,
                buffered_bytes=size // ACCOUNT_PART,
                handshakes=limits.opens_by_account,
                requests=endless,
                frames=busy,
            )
        )
        self._addresses = _Holders(
            Bounds(
                connections=limits.connections_per_address,
                buffered_bytes=size // ADDRESS_PART,
                handshakes=limits.handshakes_by_address,
                requests=limits.requests_by_address,
                frames=busy,
            )
        )
        self._networks = _Holders(
            Bounds(
                connections=NETWORK_FACTOR * limits.connections_per_address,
                buffered_bytes=size // NETWORK_PART,
                handshakes=limits.handshakes_by_address.times(NETWORK_FACTOR),
                requests=limits.requests_by_address.times(NETWORK_FACTOR),
                frames=busy.times(NETWORK_FACTOR),
                offences=OFFENCES.times(NETWORK_FACTOR),
            )
        )

    def shake_hands(self, client: ClientAddress | None, now: float) -> float:
        """Count a handshake and return 0; or return the seconds to wait, for that and for every other."""
        return self._count(Holder.shake_hands, client, now)

    def request(self, client: ClientAddress | None, now: float) -> float:
        """Count an HTTP request, or a connection for some, and return 0; or return the seconds to wait."""
        return self._count(Holder.request, client, now)

    def offend(self, client: ClientAddress | None, now: float) -> None:
        """Hold a request against where it comes from that is none."""
        for holder in self._origins(client, now):
            holder.penalty.offend(now, MALFORMED)

    def connect(self, client: ClientAddress | None, now: float) -> Usage | None:
        """Count a connection from now on; None if there are as many as there may be."""
        offenders = self._origins(client, now)
        if self._everyone.is_full or any(holder.is_full for holder in offenders):
            return None
        return Usage(self._frames, self._everyone, offenders)

    def log_in(self, usage: Usage, account: str, now: float) -> bool:
        """Count a connection against its account too; False if that has too many, or opens them too fast."""
        holder = self._accounts.of(account, now)
        if holder.is_full or holder.shake_hands(now):
            return False
        usage.belongs_to(holder)
        return True

    def penalties(self, now: float) -> dict[str, dict[str, KeptPenalty]]:
        """Return the penalties that a restart should not undo, of addresses and of networks, by name."""
        return {kind: holders.penalties(now) for kind, holders in self._offenders.items()}

    def restore(self, penalties: dict[str, dict[str, KeptPenalty]], now: float) -> None:
        """Hold against addresses and networks what was held against them before."""
        for kind, holders in self._offenders.items():
            for name, kept in penalties.get(kind, {}).items():
                holders.of(name, now).penalty.restore(kept, now)

    @property
    def _offenders(self) -> dict[str, _Holders]:
        return {"addresses": self._addresses, "networks": self._networks}

    def _count(self, use: Callable[[Holder, float], float], client: ClientAddress | None, now: float) -> float:
        for holder in self._origins(client, now):
            if wait := use(holder, now):
                holder.penalty.offend(now, HASTE)
                return wait
        return 0.0

    def _origins(self, client: ClientAddress | None, now: float) -> tuple[Holder, ...]:
        if client is None:
            return ()
        address = self._addresses.of(client.site, now)
        return (address,) if client.network is None else (address, self._networks.of(client.network, now))


class _Holders:
    """Holders by name, with those forgotten that use nothing."""

    __slots__ = ("_bounds", "_by_name", "_sweep_at")

    def __init__(self, bounds: Bounds) -> None:
        self._bounds = bounds
        self._by_name: dict[str, Holder] = {}
        self._sweep_at = SWEEP_FROM

    def of(self, name: str, now: float) -> Holder:
        """Return the holder of a name."""
        holder = self._by_name.get(name)
        if holder is None:
            if len(self._by_name) >= self._sweep_at:
                self._sweep(now)
            holder = self._by_name[name] = Holder(self._bounds, name)
        return holder

    def penalties(self, now: float) -> dict[str, KeptPenalty]:
        """Return what is held against whom."""
        kept = ((name, holder.penalty.kept(now)) for name, holder in self._by_name.items())
        return {name: penalty for name, penalty in kept if penalty is not None}

    def _sweep(self, now: float) -> None:
        """Forget the idle, and look again when there are twice as many: so each newcomer pays for a few others only."""
        self._by_name = {name: holder for name, holder in self._by_name.items() if not holder.is_idle(now)}
        self._sweep_at = max(SWEEP_FROM, 2 * len(self._by_name))


def frames_for(messages: Rate) -> Rate:
    """Return the limit on a connection's frames that goes with one on its messages."""
    least = LEAST_FRAMES_SECONDS / LEAST_FRAMES
    interval = min(messages.interval / FRAMES_FOR_A_MESSAGE, least)
    return Rate(interval, max(messages.seconds, LEAST_FRAMES * interval))
