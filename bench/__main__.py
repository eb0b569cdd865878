"""Runs the benchmarks one after the other, and writes what they say into `bench/RESULTS.md`. Run as `make bench`."""

from __future__ import annotations

import argparse
import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path

from bench import boot, link
from bench.relay import measure as relay
from bench.report import machine

RESULTS = Path(__file__).with_name("RESULTS.md")
BENCHMARKS = (boot.measure_all, relay.measure_all, link.measure_all)


async def main() -> None:
    """Measure everything; what is done stands in the file even if a later benchmark fails."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--rounds", type=int, help="how often (each benchmark knows how often it needs)")
    rounds = parser.parse_args().rounds
    often = {} if rounds is None else {"rounds": rounds}
    parts = [f"# What was measured\n\nOn {datetime.now(UTC):%Y-%m-%d}, by `make bench`, on {machine()}."]
    for measure_all in BENCHMARKS:
        parts.append(str(await measure_all(**often)))
        RESULTS.write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    sys.stdout.write(RESULTS.read_text(encoding="utf-8"))


if __name__ == "__main__":
    asyncio.run(main())
