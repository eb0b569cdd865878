"""Takes a picture of every state of the page, in five widths, light and dark, for a person to look at.

Run as `make screenshots`; the pictures come to lie in build/screenshots/.
"""

from __future__ import annotations

import asyncio
import sys
from itertools import product
from pathlib import Path
from typing import Literal

from playwright.async_api import Page, async_playwright

from e2e.browsers import Browsers
from e2e.states import show_all, studio

FOLDER = Path(__file__).parent.parent / "build" / "screenshots"
SIZES = ((320, 568), (390, 844), (768, 1024), (1024, 768), (1440, 900))
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


async def shoot(page: Page, name: str) -> None:
    """Take a state in every size and scheme."""
    for (width, height), scheme in product(SIZES, SCHEMES):
        await page.set_viewport_size({"width": width, "height": height})
        await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        await page.screenshot(path=FOLDER / f"{name}-{width}-{scheme}.png")


async def main() -> None:
    """Take all pictures."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    async with async_playwright() as playwright:
        browsers = Browsers(playwright)
        try:
            async with studio(await browsers.get("chromium"), shoot) as stage:
                await show_all(stage)
        finally:
            await browsers.close()
    sys.stdout.write(f"The pictures are in {FOLDER}.\n")


if __name__ == "__main__":
    asyncio.run(main())
