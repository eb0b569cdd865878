"""Launches the browsers of the tests, each kind once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from playwright.async_api import Browser, BrowserContext, Playwright

from e2e import provision
from e2e.machine_state import has_shared_memory

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


SHARED_MEMORY_ENOUGH = 2 << 30
"""Bytes. Playwright has Chromium keep shared memory in temporary files, for containers that have next to none: a full
or slow disk then crashes pages. Where there is enough, it stays memory."""


class Browsers:
    """The browsers by kind, launched when they are first asked for; the options are for those who need more."""

    def __init__(
        self,
        playwright: Playwright,
        *,
        chromium_arguments: Sequence[str] = (),
        chromium_without: Sequence[str] = (),
        firefox_preferences: Mapping[str, Preference] | None = None,
    ) -> None:
        self._playwright = playwright
        self._chromium_arguments = [*CHROMIUM_ARGUMENTS, *chromium_arguments]
        roomy = ["--disable-dev-shm-usage"] if has_shared_memory(SHARED_MEMORY_ENOUGH) else []
        self._chromium_without = [*chromium_without, *roomy]
        """Arguments of Playwright's own that are left out."""
        self._firefox_preferences = dict(firefox_preferences or {})
        self._found = provision.load()
        self._launched: dict[Kind, Browser] = {}

    async def get(self, kind: Kind) -> Browser:
        """Return a browser of this kind."""
        if kind not in self._launched:
            self._launched[kind] = await self._launch(kind)
        return self._launched[kind]

    async def launch_persistent(self, kind: Kind, profile: Path, *, downloads: Path | None = None) -> BrowserContext:
        """Launch a browser of its own on a profile that stays when its process is gone; the caller closes it."""
        options = self._options(kind)
        if downloads is not None:
            options["downloads_path"] = downloads
        return await getattr(self._playwright, kind).launch_persistent_context(profile, **options)  # type: ignore[no-any-return]

    async def close(self) -> None:
        """End them all."""
        for browser in self._launched.values():
            await browser.close()

    async def _launch(self, kind: Kind) -> Browser:
        return await getattr(self._playwright, kind).launch(**self._options(kind))  # type: ignore[no-any-return]

    def _options(self, kind: Kind) -> dict[str, Any]:
        found = self._found[kind]
        options: dict[str, Any] = {}
        if kind == "chromium":
            options["args"] = self._chromium_arguments
            options["ignore_default_args"] = self._chromium_without
        else:
            options["firefox_user_prefs"] = self._firefox_preferences
        if found.source == "system":
            options["executable_path"] = found.executable
            if kind == "firefox":
                options["channel"] = "moz-firefox"  # one that is not Playwright's own is driven by WebDriver BiDi
        return options
