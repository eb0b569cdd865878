"""What makes itself noticed outside of the page: notifications, a sound, and a number at the application's icon."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from client_py.ports.disposal import Dispose


@dataclass(frozen=True, slots=True)
class SystemNotification:
    """One notification, as the system shows it."""

    tag: str
    """Names it: another one of the same tag takes its place."""
    title: str
    body: str
    room: str
    message_id: str
    """Where a click leads."""
    is_alert: bool
    """Whether it shows up once more, where it takes another one's place."""


class Notifications(Protocol):
    """Notifications of the system (Notifications API), which the person has to allow."""

    @property
    def permission(self) -> str:
        """`granted`, `denied`, `default` (nobody was asked), or `unsupported`."""
        ...

    def ask(self, answered: Callable[[], None]) -> None:
        """Have the browser ask the person; only after a click. They may take their time, or never answer."""
        ...

    def show(self, notification: SystemNotification) -> None:
        """Show one; nothing comes of it where the browser does not let us."""
        ...

    def close(self, tag: str) -> None:
        """Take one away; no harm if there is none."""
        ...

    def on_click(self, callback: Callable[[str, str], None]) -> Dispose:
        """Be told of which room's notification, and of which message, the person has clicked."""
        ...


class Sound(Protocol):
    """The one sound that the page makes."""

    def play(self) -> None:
        """Make it; nothing comes of it before the person has touched the page."""
        ...


class AppBadge(Protocol):
    """The number at the icon of an installed application (Badging API)."""

    def show(self, count: int) -> None:
        """Show a number, or with 0 none; nothing comes of it where there is no such icon."""
        ...
