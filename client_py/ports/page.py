"""The page: its document, its address, and what a person's browser does for it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Protocol

from client_py.ports.disposal import Dispose


@dataclass(frozen=True, slots=True)
class DomEvent:
    """What a view needs to know of a DOM event."""

    key: str = ""
    """KeyboardEvent.key."""
    shift: bool = False
    composing: bool = False
    """Whether an input method is at work, so that Enter belongs to it."""
    prevent_default: Callable[[], None] = lambda: None
    submitter: str = ""
    """SubmitEvent.submitter's `value`: which button submitted the form."""
    data: str = ""
    """InputEvent.data: what is about to be written, pasted or dropped, or has just been."""
    aside: bool = False
    """Whether a click asks for another tab or window: with a key held, or by another button than the first."""


Listener = Callable[[DomEvent], None]


class Element(Protocol):
    """One DOM element. Text goes in as text; there is no way to hand it HTML."""

    text: str
    """Node.textContent."""
    value: str
    """HTMLInputElement.value."""
    hidden: bool
    disabled: bool
    scroll_top: float
    """In CSS pixels, like the two heights."""

    @property
    def top(self) -> float:
        """Element.getBoundingClientRect: where its upper edge is seen, in CSS pixels from that of the window."""
        ...

    @property
    def scroll_height(self) -> float:
        """Element.scrollHeight."""
        ...

    @property
    def client_height(self) -> float:
        """Element.clientHeight."""
        ...

    def get(self, attribute: str) -> str | None:
        """Return an attribute's value, or None if it is not there."""
        ...

    def set(self, attribute: str, value: str | None) -> None:
        """Set an attribute, or remove it with None."""
        ...

    def append(self, *children: Element | str) -> None:
        """Add children at the end; a str becomes a text node."""
        ...

    def insert_before(self, child: Element, reference: Element) -> None:
        """Add a child before another one."""
        ...

    def replace_children(self, *children: Element | str) -> None:
        """Put these children in the place of all."""
        ...

    def remove(self) -> None:
        """Take the element out of the page."""
        ...

    def copy(self) -> Element:
        """Return another one like it, with all that is in it; nobody listens to that one yet."""
        ...

    def focus(self, *, scroll: bool = True) -> None:
        """Give it the keyboard focus, and bring it before the eyes unless that is not wanted."""
        ...

    def show_popover(self) -> None:
        """Open it, if it is a panel over the page that is on the page and not open."""
        ...

    def hide_popover(self) -> None:
        """Close it, if it is a panel over the page that is open."""
        ...

    def fit_to_content(self, max_height: float) -> None:
        """Make a text area as high as its text, up to a height in CSS pixels."""
        ...

    def set_height(self, height: float) -> None:
        """Make it so high, in CSS pixels, whatever is in it."""
        ...

    def on(self, event: str, listener: Listener) -> Dispose:
        """Listen to an event until disposed of."""
        ...


class Document(Protocol):
    """The page."""

    title: str

    @property
    def visible(self) -> bool:
        """Whether a person can see the page, and it has the focus."""
        ...

    def create(self, tag: str, attributes: Mapping[str, str] | None = None, *children: Element | str) -> Element:
        """Create an element that is not in the page yet. An SVG tag (svg, path) gets the SVG namespace."""
        ...

    def by_id(self, element_id: str) -> Element:
        """Return an element of index.html; KeyError if it has none of that id."""
        ...

    def root(self) -> Element:
        """Return the <html> element."""
        ...

    def next_frame(self, callback: Callable[[], None]) -> Dispose:
        """Call back once before the page is drawn next, unless disposed of before; in a hidden page, in a while."""
        ...

    def on(self, event: str, listener: Listener) -> Dispose:
        """Listen to an event of the document or the window, such as `visibilitychange`, until disposed of."""
        ...


class Location(Protocol):
    """The address bar and the session history."""

    @property
    def path(self) -> str:
        """The path of the page's address, below the path at which the site begins."""
        ...

    @property
    def fragment(self) -> str:
        """What follows a `#` in the page's address, as it stands there; `push` and `replace` end it."""
        ...

    def url_of(self, path: str) -> str:
        """Return the whole address of a path on this site."""
        ...

    def push(self, path: str) -> None:
        """Go to a path without loading a page."""
        ...

    def replace(self, path: str) -> None:
        """Be at another path, as if the page had always been there."""
        ...

    def reload(self) -> None:
        """Load the page again."""
        ...

    def on_change(self, callback: Callable[[], None]) -> Dispose:
        """Be told when the person goes back or forward, or to another fragment."""
        ...


class NearDay(Enum):
    """The days that have names of their own."""

    YESTERDAY = auto()
    TODAY = auto()


class DateFormats(Protocol):
    """How this person's locale writes times; what is no moment of a calendar, any of them writes as a dash."""

    def time(self, seconds: float) -> str:
        """Write the time of day of a moment: "14:05"."""
        ...

    def day(self, seconds: float) -> str:
        """Write the day of a moment in the local time zone: "Monday, 23 November"; equal for equal days."""
        ...

    def near_day(self, seconds: float) -> NearDay | None:
        """Tell whether a moment is today or yesterday, in the local time zone."""
        ...

    def full(self, seconds: float) -> str:
        """Write date and time in full, for a tooltip."""
        ...

    def brief(self, seconds: float) -> str:
        """Write a moment as short as can be: the time of day today, a weekday in the last week, else a date."""
        ...


class Clipboard(Protocol):
    """Copying, and the sharing dialogue of a phone."""

    @property
    def can_share(self) -> bool:
        """Whether there is such a dialogue."""
        ...

    def share(self, title: str, url: str) -> Awaitable[bool]:
        """Hand a link to it; False where the person or the browser has called it off."""
        ...

    def copy(self, text: str) -> Awaitable[bool]:
        """Copy a text; False where the browser does not let us."""
        ...


class Downloads(Protocol):
    """Files that the page makes for the person."""

    def save(self, name: str, media_type: str, text: str) -> None:
        """Let the person save a text as a file."""
        ...
