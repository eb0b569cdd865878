"""What the views stand on, of the browser and in words, in one bundle."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from client_py.ports.page import Clipboard, DateFormats, Document, Location
    from client_py.ports.time import Clock, Random
    from client_py.words.phrases import Words


@dataclass(frozen=True, slots=True)
class ViewContext:
    """The ports and words that views are given; each takes what it needs."""

    document: Document
    location: Location
    clock: Clock
    formats: DateFormats
    clipboard: Clipboard
    random: Random
    report: Callable[[BaseException], None]
    """Told of failures that nobody foresaw, and after which the page goes on; for anyone who looks at the console."""
    words: Words
    """The language that the page speaks."""
