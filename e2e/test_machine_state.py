"""Tests that a page which crashes leaves word of what the machine had left."""

from contextlib import suppress

from playwright.async_api import Error

from e2e.conftest import OpenPage


async def test_crash_is_told_with_the_state_of_the_machine(open_page: OpenPage) -> None:
    """Chromium's own address for a crash leaves an error that says how much room there was."""
    page = await open_page("chromium")
    async with page.page.expect_event("crash"):
        with suppress(Error):
            await page.page.goto("chrome://crash")
    (error,) = page.errors
    assert error.startswith("The page crashed: ")
    assert "files to be opened" in error
    page.allow_error("^The page crashed: ")
