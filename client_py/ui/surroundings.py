"""What of the browser the views stand on, in one bundle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from client_py.ports import Clipboard, Clock, Document, Formats, Location, Random


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The ports that views are given; each takes those that it needs."""

    document: Document
    location: Location
    clock: Clock
    formats: Formats
    clipboard: Clipboard
    random: Random
    report: Callable[[BaseException], None]
    """Told of failures that nobody foresaw, and that the page goes on after; for whoever looks at the console."""
