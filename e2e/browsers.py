"""Launches the browsers of the tests, each kind once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

from playwright.async_api import Browser, Playwright

from e2e import provision

Kind = Literal["chromium", "firefox"]
Preference = str | float | bool

CHROMIUM_ARGUMENTS = [
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
"""The sandbox needs rights that a container seldom has; the others keep the browser from calling home."""


class Browsers:
    """The browsers by kind, launched when they are first asked for; the options are for those who need more."""

    def __init__(
        self,
        playwright: Playwright,
        *,
        chromium_arguments: Sequence[str] = (),
        firefox_preferences: Mapping[str, Preference] | None = None,
    ) -> None:
        self._playwright = playwright
        self._chromium_arguments = [*CHROMIUM_ARGUMENTS, *chromium_arguments]
        self._firefox_preferences = dict(firefox_preferences or {})
        self._found = provision.load()
        self._launched: dict[Kind, Browser] = {}

    async def get(self, kind: Kind) -> Browser:
        """Give a browser of this kind."""
        if kind not in self._launched:
            self._launched[kind] = await (self._chromium() if kind == "chromium" else self._firefox())
        return self._launched[kind]

    async def close(self) -> None:
        """End them all."""
        for browser in self._launched.values():
            await browser.close()

    async def _chromium(self) -> Browser:
        found = self._found["chromium"]
        executable = None if found.source == "playwright" else found.executable
        return await self._playwright.chromium.launch(executable_path=executable, args=self._chromium_arguments)

    async def _firefox(self) -> Browser:
        found = self._found["firefox"]
        preferences = self._firefox_preferences
        if found.source == "playwright":
            return await self._playwright.firefox.launch(firefox_user_prefs=preferences)
        # A Firefox that is not Playwright's own is driven by WebDriver BiDi.
        return await self._playwright.firefox.launch(
            channel="moz-firefox", executable_path=found.executable, firefox_user_prefs=preferences
        )
