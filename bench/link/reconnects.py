"""Counts what JavaScript holds of Python over many reconnects: each proxy costs memory until somebody lets go of it."""

from __future__ import annotations

from dataclasses import dataclass

from bench.link.stage import PEOPLE, Pair, Stage
from bench.report import Table
from e2e.proxies import count_proxies, reconnect, trace_proxies

RECONNECTS = 100
COUNTED = (10, 100, 1_000, 10_000)
"""After the first of them, everything that is made once is there."""


@dataclass(frozen=True)
class Count:
    """Live proxies in both pages together, after reconnects of which every other one was an ICE restart."""

    reconnects: int
    proxies: int


async def measure_reconnects(stage: Stage, _rounds: int, reconnects: int = RECONNECTS) -> list[Count]:
    """Lose the connection again and again, and count after the first few, after all, and at each power of ten."""
    room = stage.room()
    pair = Pair(*[await stage.open_ours(f"{person}-{room}", trace_proxies) for person in PEOPLE])
    await pair.meet(room)
    counts = []
    for number in range(1, reconnects + 1):
        await reconnect(*pair.pages, restart=bool(number % 2))
        if number == reconnects or number in COUNTED:
            counts.append(Count(number, await count_proxies(*pair.pages)))
    await pair.close()
    return counts


def reconnects_tables(results: dict[str, list[Count]]) -> list[Table]:
    """Put the counts one under the other, by browser."""
    rows = [
        (f"{kind}, {count.reconnects:,}", f"{count.proxies}") for kind, counts in results.items() for count in counts
    ]
    note = (
        "In turns an ICE restart, and a new RTCPeerConnection in the place of one that was closed. Live "
        "`PyProxy` objects by Pyodide's own tracing, in both pages together, once they have come to rest."
    )
    return [Table("Live proxies after a number of reconnects", ("reconnects", "proxies"), rows, (note,))]
