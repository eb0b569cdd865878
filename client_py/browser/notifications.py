"""Notifications of the system, shown by the service worker, or by the page itself where there is none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import js
from pyodide.ffi import JsException

from client_py.browser.interop import Callbacks, from_null, js_object
from client_py.ports.attention import SystemNotification
from client_py.ports.disposal import Dispose

ICON = "touch-icon"
"""The element of index.html that names the picture."""
CLICKED = "notification-clicked"
"""The type of the message by which static/service-worker.js tells of a click."""


class BrowserNotifications:
    """Implements `ports.Notifications`."""

    def __init__(self, callbacks: Callbacks) -> None:
        self._callbacks = callbacks
        self._registration: Any = None
        self._clicked: Callable[[str, str], None] = _nowhere
        self._own: dict[str, tuple[Any, Dispose]] = {}
        """Those that the page shows by itself, by tag."""
        workers = getattr(js.navigator, "serviceWorker", None)
        if workers is not None:
            # It may never come: then the page shows them.
            workers.ready.then(self._take_registration, _let_be)
            # As long as the page.
            callbacks.listen(workers, "message", self._heard)

    @property
    def permission(self) -> str:
        """Notification.permission, or `unsupported`."""
        return str(js.Notification.permission) if hasattr(js, "Notification") else "unsupported"

    def ask(self, answered: Callable[[], None]) -> None:
        """Have the browser ask the person (Notification.requestPermission)."""
        if hasattr(js, "Notification"):
            told = self._callbacks.guard(lambda _permission: answered())
            js.Notification.requestPermission().then(told, _let_be)

    def show(self, notification: SystemNotification) -> None:
        """Show one (ServiceWorkerRegistration.showNotification, or the constructor of Notification)."""
        if self.permission != "granted":
            return
        options = js_object(
            {
                "body": notification.body,
                "tag": notification.tag,
                "renotify": notification.is_alert,
                "silent": True,  # the page has a sound of its own, which the person can switch off
                "icon": _icon(),
                "data": js_object({"room": notification.room, "message": notification.message_id}),
            }
        )
        if self._registration is not None:
            # It is refused where the permission was withdrawn just now.
            self._registration.showNotification(notification.title, options).then(_let_be, _let_be)
        else:
            self._show_own(notification, options)

    def close(self, tag: str) -> None:
        """Take one away (Notification.close)."""
        if (own := self._own.pop(tag, None)) is not None:
            shown, dispose = own
            dispose()
            shown.close()
        if self._registration is not None:
            found = self._callbacks.guard(_close_all)
            self._registration.getNotifications(js_object({"tag": tag})).then(found, _let_be)

    def on_click(self, callback: Callable[[str, str], None]) -> Dispose:
        """Be told of clicks, by the worker or by what the page shows itself."""
        self._clicked = callback
        return lambda: setattr(self, "_clicked", _nowhere)

    def _take_registration(self, registration: Any) -> None:
        self._registration = registration

    def _heard(self, event: Any) -> None:
        data = from_null(event.data)
        if getattr(data, "type", "") == CLICKED:
            self._clicked(str(data.room), str(data.message))

    def _show_own(self, notification: SystemNotification, options: Any) -> None:
        self.close(notification.tag)
        try:
            shown = js.Notification.new(notification.title, options)
        except JsException:
            return  # a phone lets only workers show any

        def clicked(_event: Any) -> None:
            js.window.focus()
            self.close(notification.tag)
            self._clicked(notification.room, notification.message_id)

        self._own[notification.tag] = shown, self._callbacks.listen(shown, "click", clicked)


def _icon() -> str | None:
    link = from_null(js.document.getElementById(ICON))
    return link.href if link is not None else None


def _close_all(notifications: Any) -> None:
    for notification in notifications:
        notification.close()


def _nowhere(_room: str, _message_id: str) -> None:
    pass


def _let_be(_outcome: object) -> None:
    pass
