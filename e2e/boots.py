"""How Python comes to run in a page: from a snapshot, or on a slow line from archives."""

from __future__ import annotations

from e2e.chat_page import ChatPage

LINE = """
for (const [name, bytes] of [["encodedBodySize", BYTES], ["transferSize", 1]]) {
    Object.defineProperty(PerformanceResourceTiming.prototype, name, { get: () => bytes });
}
"""
SLOW_BYTES = "0"
"""No more than that: Firefox's clock may say that the file came in no time."""
FAST_BYTES = "1e9"


async def way_of_boot(page: ChatPage) -> str | None:
    """Tell how Python came to run in a page: "snapshot" or "plain"."""
    return await page.page.locator("html").get_attribute("data-boot")


async def lay_line(page: ChatPage, *, slow: bool) -> None:
    """Let a page that is opened next measure a line that is slow or fast, whatever this machine is busy with."""
    await page.page.add_init_script(LINE.replace("BYTES", SLOW_BYTES if slow else FAST_BYTES))
