"""How Python comes to run in a page: from a snapshot, or on a slow line from archives."""

from __future__ import annotations

from e2e.chat_page import ChatPage

LINE = """
for (const size of ["encodedBodySize", "transferSize"]) {
    Object.defineProperty(PerformanceResourceTiming.prototype, size, { get: () => BYTES });
}
"""


async def way_of_boot(page: ChatPage) -> str | None:
    """Tell how Python came to run in a page: "snapshot" or "plain"."""
    return await page.page.locator("html").get_attribute("data-boot")


async def lay_line(page: ChatPage, *, slow: bool) -> None:
    """Let a page that is opened next measure a line that is slow or fast, whatever this machine is busy with."""
    await page.page.add_init_script(LINE.replace("BYTES", "1" if slow else "1e9"))
