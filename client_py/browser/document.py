"""The DOM: elements and the page, as `ports` speaks of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, cast

import js

from client_py.browser.clock import BrowserClock
from client_py.browser.interop import Callbacks, from_null, js_object
from client_py.ports.disposal import Dispose
from client_py.ports.page import DomEvent, Element, Listener

SVG_NAMESPACE = "http://www.w3.org/2000/svg"
SVG_TAGS = frozenset({"svg", "path"})

KEY_OF_INPUT_METHOD = 229
"""KeyboardEvent.keyCode for what an input method takes; Safari ends a composition before it tells of the Enter."""

DOCUMENT_EVENTS = frozenset({"visibilitychange"})
"""The events that go to the document; the others go to the window."""

NETWORK_CHANGE = "networkchange"
"""Our own name for the `change` of NetworkInformation, which tells that the page moved from one network to another."""

HIDDEN_FRAME_SECONDS = 0.1
"""How often a hidden page is brought up to date, which no frame does; browsers make it once in a second."""


class BrowserElement:
    """Implements `ports.Element`."""

    def __init__(self, node: js.Node, callbacks: Callbacks) -> None:
        self.node = node
        self._callbacks = callbacks

    @property
    def text(self) -> str:
        """Node.textContent."""
        return self.node.textContent

    @text.setter
    def text(self, text: str) -> None:
        self.node.textContent = text

    @property
    def value(self) -> str:
        """HTMLInputElement.value."""
        return self.node.value

    @value.setter
    def value(self, value: str) -> None:
        self.node.value = value

    @property
    def hidden(self) -> bool:
        """HTMLElement.hidden."""
        return bool(self.node.hidden)

    @hidden.setter
    def hidden(self, hidden: bool) -> None:
        self.node.hidden = hidden

    @property
    def disabled(self) -> bool:
        """HTMLButtonElement.disabled."""
        return self.node.disabled

    @disabled.setter
    def disabled(self, disabled: bool) -> None:
        self.node.disabled = disabled

    @property
    def scroll_top(self) -> float:
        """Element.scrollTop, in CSS pixels."""
        return self.node.scrollTop

    @scroll_top.setter
    def scroll_top(self, pixels: float) -> None:
        self.node.scrollTop = pixels

    @property
    def top(self) -> float:
        """Where its upper edge is seen, in CSS pixels (Element.getBoundingClientRect)."""
        return float(self.node.getBoundingClientRect().top)

    @property
    def scroll_height(self) -> float:
        """Element.scrollHeight, in CSS pixels."""
        return self.node.scrollHeight

    @property
    def client_height(self) -> float:
        """Element.clientHeight, in CSS pixels."""
        return self.node.clientHeight

    def get(self, attribute: str) -> str | None:
        """Return an attribute's value, or None (Element.getAttribute)."""
        value: str | None = from_null(self.node.getAttribute(attribute))
        return value

    def set(self, attribute: str, value: str | None) -> None:
        """Set an attribute, or remove it with None (Element.setAttribute, removeAttribute)."""
        if value is None:
            self.node.removeAttribute(attribute)
        else:
            self.node.setAttribute(attribute, value)

    def append(self, *children: Element | str) -> None:
        """Add children at the end (Element.append, which makes a text node of a string)."""
        self.node.append(*map(_node, children))

    def insert_before(self, child: Element, reference: Element) -> None:
        """Add a child before another one (Node.insertBefore)."""
        self.node.insertBefore(_node(child), _node(reference))

    def replace_children(self, *children: Element | str) -> None:
        """Put these children in the place of all (Element.replaceChildren)."""
        self.node.replaceChildren(*map(_node, children))

    def remove(self) -> None:
        """Take the element out of the page (Element.remove)."""
        self.node.remove()

    def copy(self) -> BrowserElement:
        """Return another one like it, with all that is in it (Node.cloneNode)."""
        return BrowserElement(self.node.cloneNode(True), self._callbacks)  # noqa: FBT003 - what is in it too

    def focus(self, *, scroll: bool = True) -> None:
        """Focus it (HTMLElement.focus with `preventScroll`)."""
        self.node.focus(js_object({"preventScroll": not scroll}))

    def show_popover(self) -> None:
        """Open it, if it is a popover on the page that is not open (HTMLElement.showPopover)."""
        if self.node.isConnected and not self.node.matches(":popover-open"):
            self.node.showPopover()

    def hide_popover(self) -> None:
        """Close it, if it is a popover that is open (HTMLElement.hidePopover)."""
        self.node.hidePopover()

    def fit_to_content(self, max_height: float) -> None:
        """Make a text area as high as its text, up to a height in CSS pixels."""
        # scrollHeight never falls under the height that is set, so that is let go first; and it leaves the borders out,
        # which a height of box-sizing: border-box has in it.
        self.node.style.setProperty("height", "auto")
        borders = self.node.offsetHeight - self.node.clientHeight
        self.set_height(min(self.node.scrollHeight + borders, max_height))

    def set_height(self, height: float) -> None:
        """Make it so high, in CSS pixels, whatever is in it (HTMLElement.style)."""
        self.node.style.setProperty("height", f"{height}px")

    def on(self, event: str, listener: Listener) -> Dispose:
        """Listen to an event until disposed of (EventTarget.addEventListener)."""
        return self._callbacks.listen(self.node, event, lambda js_event: listener(_dom_event(js_event)))


class BrowserDocument:
    """Implements `ports.Document`."""

    def __init__(self, callbacks: Callbacks) -> None:
        self._callbacks = callbacks
        self._clock = BrowserClock(callbacks)

    @property
    def title(self) -> str:
        """Document.title."""
        return js.document.title

    @title.setter
    def title(self, title: str) -> None:
        js.document.title = title

    @property
    def visible(self) -> bool:
        """Whether a person can see the page, and it has the focus (visibilityState, hasFocus)."""
        return js.document.visibilityState == "visible" and js.document.hasFocus()

    def create(self, tag: str, attributes: Mapping[str, str] | None = None, *children: Element | str) -> BrowserElement:
        """Create an element that is not in the page yet (Document.createElement, createElementNS)."""
        is_svg = tag in SVG_TAGS
        node = js.document.createElementNS(SVG_NAMESPACE, tag) if is_svg else js.document.createElement(tag)
        for name, value in (attributes or {}).items():
            node.setAttribute(name, value)
        if children:
            node.append(*map(_node, children))
        return BrowserElement(node, self._callbacks)

    def by_id(self, element_id: str) -> BrowserElement:
        """Return an element of index.html; KeyError if it has none of that id (Document.getElementById)."""
        node = from_null(js.document.getElementById(element_id))
        if node is None:
            raise KeyError(element_id)
        return BrowserElement(node, self._callbacks)

    def root(self) -> BrowserElement:
        """Return the <html> element (Document.documentElement)."""
        return BrowserElement(js.document.documentElement, self._callbacks)

    def next_frame(self, callback: Callable[[], None]) -> Dispose:
        """Call back before the page is drawn next (requestAnimationFrame), or soon where it is hidden, and is not."""
        if js.document.visibilityState != "visible":
            return self._clock.call_later(HIDDEN_FRAME_SECONDS, callback)
        return self._callbacks.call_once(js.requestAnimationFrame, js.cancelAnimationFrame, callback)

    def on(self, event: str, listener: Listener) -> Dispose:
        """Listen to an event of the document or the window, or to "networkchange", until disposed of."""
        if event == NETWORK_CHANGE:
            return self._on_network_change(listener)
        target: js.EventTarget = js.document if event in DOCUMENT_EVENTS else js.window
        return self._callbacks.listen(target, event, lambda js_event: listener(_dom_event(js_event)))

    def _on_network_change(self, listener: Listener) -> Dispose:
        connection = getattr(js.navigator, "connection", None)
        if connection is None:
            return lambda: None  # only Chromium tells
        return self._callbacks.listen(connection, "change", lambda js_event: listener(_dom_event(js_event)))


def _node(child: Element | str) -> Any:
    return child if isinstance(child, str) else cast("BrowserElement", child).node


def _asks_for_another_tab(event: Any) -> bool:
    return bool(getattr(event, "button", 0)) or any(
        getattr(event, key, False) for key in ("ctrlKey", "metaKey", "shiftKey")
    )


def _dom_event(event: Any) -> DomEvent:
    submitter = from_null(getattr(event, "submitter", None))
    return DomEvent(
        key=getattr(event, "key", ""),
        shift=bool(getattr(event, "shiftKey", False)),
        aside=_asks_for_another_tab(event),
        composing=bool(getattr(event, "isComposing", False)) or getattr(event, "keyCode", 0) == KEY_OF_INPUT_METHOD,
        prevent_default=event.preventDefault,
        submitter=submitter.value if submitter is not None else "",
        data=from_null(getattr(event, "data", None)) or "",
    )
