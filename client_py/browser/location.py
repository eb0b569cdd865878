"""The address bar and the session history."""

from __future__ import annotations

from collections.abc import Callable

import js

from client_py.browser.interop import Callbacks
from client_py.ports.disposal import Dispose


class BrowserLocation:
    """Implements `ports.Location`; the paths are those below the site's base."""

    def __init__(self, callbacks: Callbacks, base: str) -> None:
        self._callbacks = callbacks
        self._prefix = base.removesuffix("/")

    @property
    def path(self) -> str:
        """The path of the page's address (Location.pathname)."""
        return js.location.pathname.removeprefix(self._prefix)

    @property
    def fragment(self) -> str:
        """What follows a `#` (Location.hash)."""
        return js.location.hash.removeprefix("#")

    def url_of(self, path: str) -> str:
        """Return the whole address of a path on this site (Location.origin)."""
        return js.location.origin + self._prefix + path

    def push(self, path: str) -> None:
        """Go to a path without loading a page (History.pushState)."""
        js.history.pushState(None, "", self._prefix + path)

    def replace(self, path: str) -> None:
        """Be at another path, as if the page had always been there (History.replaceState)."""
        js.history.replaceState(None, "", self._prefix + path)

    def reload(self) -> None:
        """Load the page again (Location.reload)."""
        js.location.reload()

    def on_change(self, callback: Callable[[], None]) -> Dispose:
        """Be told when the person goes back or forward (the `popstate` event), or to a fragment (`hashchange`)."""
        events = ("popstate", "hashchange")
        disposals = [self._callbacks.listen(js.window, event, lambda _event: callback()) for event in events]

        def dispose() -> None:
            for each in disposals:
                each()

        return dispose
