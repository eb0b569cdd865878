"""Reads the command line of `python -m bench.link`, measures, and prints; run as `make bench-link`."""

from __future__ import annotations

import argparse
import asyncio
import sys

from bench.link.reconnects import RECONNECTS
from bench.link.stage import KINDS
from bench.link.suite import PARTS, ROUNDS, measure_all


async def main() -> None:
    """Measure, and print what was measured."""
    parser = argparse.ArgumentParser(prog="python -m bench.link", description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS, help=f"how often ({ROUNDS})")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS), help="which parts (all)")
    parser.add_argument("--kinds", nargs="+", choices=KINDS, default=list(KINDS), help="which browsers (all)")
    parser.add_argument(
        "--reconnects", type=int, default=RECONNECTS, help=f"how many connections to lose ({RECONNECTS})"
    )
    options = parser.parse_args()
    report = await measure_all(options.rounds, options.parts, options.kinds, reconnects=options.reconnects)
    sys.stdout.write(f"{report}\n")


if __name__ == "__main__":
    asyncio.run(main())
