"""A page in plain Python: the ports Document and Element over a tree, with listeners that a test can fire."""

from __future__ import annotations

from html.parser import HTMLParser
from pathlib import Path
from typing import TYPE_CHECKING, cast

from client_py.ports.page import DomEvent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from client_py.ports.disposal import Dispose
    from client_py.ports.page import Element, Listener

INDEX = Path(__file__).parents[2] / "static" / "index.html"
VOID_TAGS = frozenset({"input", "link", "meta", "path"})


class Listeners:
    """Who listens to what; `count` tells how many still do."""

    def __init__(self) -> None:
        self._by_event: dict[str, list[Listener]] = {}

    @property
    def count(self) -> int:
        """How many listeners have not been disposed of."""
        return sum(map(len, self._by_event.values()))

    def add(self, event: str, listener: Listener) -> Dispose:
        """Listen until disposed of, as often as one likes."""
        listeners = self._by_event.setdefault(event, [])
        listeners.append(listener)

        def dispose() -> None:
            if listener in listeners:
                listeners.remove(listener)

        return dispose

    def fire(self, name: str, event: DomEvent) -> None:
        """Call those who listen to an event now."""
        for listener in tuple(self._by_event.get(name, ())):
            listener(event)


class FakeElement:
    """An element with its children; the heights are what the test says, for nothing is laid out."""

    def __init__(self, page: FakeDocument, tag: str, attributes: Mapping[str, str]) -> None:
        self.page = page
        self.tag = tag
        self.attributes = dict(attributes)
        self.parent: FakeElement | None = None
        self.children: list[FakeElement | str] = []
        self.listeners = Listeners()
        self.value = attributes.get("value", "")
        self.disabled = "disabled" in attributes
        self.scroll_height = 0.0
        self.client_height = 0.0
        self.top = 0.0
        self.max_height: float | None = None
        """What it was last fitted to."""
        self.height: float | None = None
        """What it was last made, without a look at its content."""
        self._scroll_top = 0.0

    @property
    def text(self) -> str:
        """Node.textContent."""
        return "".join(child if isinstance(child, str) else child.text for child in self.children)

    @text.setter
    def text(self, text: str) -> None:
        self.replace_children(*([text] if text else []))

    @property
    def hidden(self) -> bool:
        """The attribute of that name."""
        return "hidden" in self.attributes

    @hidden.setter
    def hidden(self, hidden: bool) -> None:
        self.set("hidden", "" if hidden else None)

    @property
    def scroll_top(self) -> float:
        """Element.scrollTop, which a browser keeps within the content."""
        return self._scroll_top

    @scroll_top.setter
    def scroll_top(self, pixels: float) -> None:
        self._scroll_top = max(0.0, min(pixels, self.scroll_height - self.client_height))

    def get(self, attribute: str) -> str | None:
        """Return an attribute's value, or None if it is not there."""
        return self.attributes.get(attribute)

    def set(self, attribute: str, value: str | None) -> None:
        """Set an attribute, or remove it with None."""
        if value is None:
            self.attributes.pop(attribute, None)
        else:
            self.attributes[attribute] = str(value)

    def append(self, *children: Element | str) -> None:
        """Add children at the end; an element leaves the place that it had."""
        for child in children:
            self._adopt(child, len(self.children))

    def insert_before(self, child: Element, reference: Element) -> None:
        """Add a child before another one."""
        self._adopt(child, self.children.index(cast("FakeElement", reference)))

    def replace_children(self, *children: Element | str) -> None:
        """Put these children in the place of all."""
        for child in [child for child in self.children if isinstance(child, FakeElement)]:
            child.remove()
        self.children.clear()
        self.append(*children)

    def remove(self) -> None:
        """Take the element out of its place."""
        if self.parent:
            self.parent.children.remove(self)
            self.parent = None

    def copy(self) -> FakeElement:
        """Return another one like it, with all that is in it."""
        other = self.page.create(self.tag, self.attributes)
        other.append(*(child if isinstance(child, str) else child.copy() for child in self.children))
        return other

    def focus(self, *, scroll: bool = True) -> None:
        """Give it the keyboard focus, which goes only to what is on the page, not hidden and not disabled."""
        if self.is_shown() and not self.disabled:
            self.page.focused = self
            self.page.scrolled_to = self if scroll else self.page.scrolled_to

    def show_popover(self) -> None:
        """Remember it."""
        self.page.shown_popovers.append(self.get("id") or "")

    def hide_popover(self) -> None:
        """Remember it."""
        self.page.hidden_popovers.append(self.get("id") or "")

    def fit_to_content(self, max_height: float) -> None:
        """Remember the height that it was fitted to."""
        self.max_height, self.height = max_height, None

    def set_height(self, height: float) -> None:
        """Remember the height that it was made."""
        self.max_height, self.height = None, height

    def on(self, event: str, listener: Listener) -> Dispose:
        """Listen to an event until disposed of."""
        return self.listeners.add(event, listener)

    # What tests ask beyond the port.

    def is_shown(self) -> bool:
        """Tell whether it is on the page and no ancestor hides it."""
        return not self.hidden and (self.parent.is_shown() if self.parent else self is self.page.html)

    def all(self) -> Iterator[FakeElement]:
        """Yield the element and what is in it, in the order of the document."""
        yield self
        for child in self.children:
            if isinstance(child, FakeElement):
                yield from child.all()

    def every(self, *, tag: str | None = None, **attributes: str) -> list[FakeElement]:
        """Find elements by tag and attributes (`data_name="bob"`, `class_="card"`); a class among several counts."""
        wanted = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
        return [element for element in self.all() if tag in {None, element.tag} and element._has(wanted)]

    def one(self, *, tag: str | None = None, **attributes: str) -> FakeElement:
        """Find the only element by tag and attributes; AssertionError if there are none, or several."""
        found = self.every(tag=tag, **attributes)
        assert len(found) == 1, f"{len(found)} elements are {tag or ''} {attributes}"
        return found[0]

    def by_test_id(self, test_id: str) -> FakeElement:
        """Find the only element with a `data-testid`."""
        return self.one(data_testid=test_id)

    def fire(  # noqa: PLR0913 - the fields of an event, by name
        self,
        name: str,
        *,
        key: str = "",
        shift: bool = False,
        composing: bool = False,
        submitter: str = "",
        data: str = "",
        aside: bool = False,
    ) -> bool:
        """Let an event happen here, and here only; give whether a listener prevented the browser's own answer to it."""
        prevented: list[bool] = []
        event = DomEvent(key, shift, composing, lambda: prevented.append(True), submitter, data, aside)
        # A disabled button is not clicked.
        if not self.disabled:
            self.listeners.fire(name, event)
        return bool(prevented)

    def type(self, text: str) -> None:
        """Let a person put a text in the place of what stands in the field."""
        self.value = text
        self.fire("input")

    def paste(self, text: str) -> None:
        """Let a person paste a text after what stands in the field, if the page lets them."""
        if not self.fire("beforeinput", data=text):
            self.type(self.value + text)

    def scroll_to(self, pixels: float) -> None:
        """Let a person scroll."""
        self.scroll_top = pixels
        self.fire("scroll")

    def _has(self, wanted: Mapping[str, str]) -> bool:
        return all(
            value in (self.get(name) or "").split() if name == "class" else self.get(name) == value
            for name, value in wanted.items()
        )

    def _adopt(self, child: Element | str, place: int) -> None:
        if isinstance(child, str):
            self.children.insert(place, child)
            return
        element = cast("FakeElement", child)
        assert element not in self._ancestors(), "an element cannot be inside itself"
        element.remove()
        element.parent = self
        self.children.insert(place, element)

    def _ancestors(self) -> Iterator[FakeElement]:
        yield self
        if self.parent:
            yield from self.parent._ancestors()


class FakeDocument:
    """The page of static/index.html as it stands when Python takes it over."""

    def __init__(self, html: str | None = None) -> None:
        self.title = ""
        self.visible = True
        self.listeners = Listeners()
        self.focused: FakeElement | None = None
        self.scrolled_to: FakeElement | None = None
        """What was brought before the eyes last, because it got the focus."""
        self.created: list[FakeElement] = []
        self.shown_popovers: list[str] = []
        self.hidden_popovers: list[str] = []
        """The ids of the panels that were closed."""
        self.frames: list[Callable[[], None]] | None = None
        """Who waits for the next frame, where a test draws the page."""
        self.html = _TreeBuilder(self).build(INDEX.read_text() if html is None else html)

    def create(self, tag: str, attributes: Mapping[str, str] | None = None, *children: Element | str) -> FakeElement:
        """Create an element that is not on the page yet."""
        element = FakeElement(self, tag, attributes or {})
        element.append(*children)
        self.created.append(element)
        return element

    def by_id(self, element_id: str) -> FakeElement:
        """Return the element of an id; KeyError if the page has none."""
        found = self.html.every(id=element_id)
        if not found:
            raise KeyError(element_id)
        return found[0]

    def root(self) -> FakeElement:
        """Return the <html> element."""
        return self.html

    def next_frame(self, callback: Callable[[], None]) -> Dispose:
        """Call back at once, as if the page were drawn all the time; or at the next `draw`, where a test draws."""
        if self.frames is None:
            callback()
            return lambda: None
        self.frames.append(callback)
        return lambda: self._forget_frame(callback)

    def on(self, event: str, listener: Listener) -> Dispose:
        """Listen to an event of the document or the window until disposed of."""
        return self.listeners.add(event, listener)

    # What tests ask beyond the port.

    @property
    def live_listeners(self) -> int:
        """How many listeners live, on the page, off it, and on the document."""
        elements = {id(element): element for element in (*self.created, *self.html.all())}
        return self.listeners.count + sum(element.listeners.count for element in elements.values())

    def fire(self, name: str, *, key: str = "") -> bool:
        """Let an event of the document or the window happen; return whether a listener prevented what comes of it."""
        prevented: list[bool] = []
        self.listeners.fire(name, DomEvent(key=key, prevent_default=lambda: prevented.append(True)))
        return bool(prevented)

    def hold_frames(self) -> None:
        """Let the test draw the page from now on."""
        self.frames = []

    def draw(self) -> None:
        """Draw the page, once."""
        frames, self.frames = self.frames or [], []
        for callback in frames:
            callback()

    def _forget_frame(self, callback: Callable[[], None]) -> None:
        if self.frames and callback in self.frames:
            self.frames.remove(callback)

    def look(self, *, visible: bool) -> None:
        """Let a person come to the page, or go to another one."""
        self.visible = visible
        self.fire("visibilitychange")

    def by_test_id(self, test_id: str) -> FakeElement:
        """Find the only element on the page with a `data-testid`."""
        return self.html.by_test_id(test_id)

    def has_test_id(self, test_id: str) -> bool:
        """Tell whether an element on the page has this `data-testid`."""
        return bool(self.html.every(data_testid=test_id))


class _TreeBuilder(HTMLParser):
    def __init__(self, page: FakeDocument) -> None:
        super().__init__()
        self._page = page
        self._open: list[FakeElement] = []
        self._root: FakeElement | None = None

    def build(self, html: str) -> FakeElement:
        self.feed(html)
        assert self._root, "there is no element in this HTML"
        return self._root

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = self._page.create(tag, {name: value or "" for name, value in attrs})
        if self._open:
            self._open[-1].append(element)
        else:
            self._root = element
        if tag not in VOID_TAGS:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID_TAGS:
            assert self._open.pop().tag == tag, f"</{tag}> closes another element"

    def handle_data(self, data: str) -> None:
        if self._open:
            self._open[-1].append(data)
