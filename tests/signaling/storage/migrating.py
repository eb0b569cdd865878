"""Migrates a database in a process of its own, as soon as it is told to, and writes from where to where."""

from __future__ import annotations

import asyncio
import sys

from sqlalchemy import make_url

from tests.signaling.storage.test_schema import migrated


def main() -> None:
    """Read a URL, wait for another line, and migrate."""
    url = make_url(sys.stdin.readline().strip())
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    sys.stdin.readline()
    migration = asyncio.run(migrated(url))
    sys.stdout.write(f"{migration.before} {migration.after}\n")


if __name__ == "__main__":
    main()
