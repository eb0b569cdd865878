"""The number at the application's icon, by navigator.setAppBadge."""

from __future__ import annotations

import js


class BrowserAppBadge:
    """Implements `ports.AppBadge`."""

    def show(self, count: int) -> None:
        """Show a number, or with 0 none (Badging API); only where the browser has it for this page."""
        if hasattr(js.navigator, "setAppBadge"):
            # A page that is not installed may be refused, and has no icon that could show it.
            js.navigator.setAppBadge(count).then(_let_be, _let_be)


def _let_be(_outcome: object) -> None:
    pass
