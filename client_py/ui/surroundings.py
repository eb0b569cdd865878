"""What of the browser the views stand on, in one bundle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
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
