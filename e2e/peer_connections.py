"""Reaches the RTCPeerConnections of a page behind the application's back: to look at them, and to break them."""

from __future__ import annotations

import re

from e2e.chat_page import ChatPage

RECORD = """
window.connections = [];
window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...configuration) {
        super(...configuration);
        window.connections.push(this);
        // The others must not stay for our sake: a browser gives a page a limited number (Chromium 500).
        window.connections.fill(null, 0, -1);
    }
};
const { send } = RTCDataChannel.prototype;
RTCDataChannel.prototype.send = function (data) {
    if (!window.isMuted) send.call(this, data);
};
"""


async def record_connections(*pages: ChatPage) -> None:
    """Have pages keep their RTCPeerConnections where the functions below find them; before the pages are opened."""
    for page in pages:
        await page.page.add_init_script(RECORD)


async def count_connections(page: ChatPage) -> int:
    """Tell how many RTCPeerConnections the page has made."""
    return int(await page.page.evaluate("window.connections.length"))


async def break_connection(page: ChatPage) -> None:
    """Close the newest RTCPeerConnection, of which the application on this side is told nothing."""
    await page.page.evaluate("window.connections.at(-1).close()")


async def set_muted(page: ChatPage, *, muted: bool) -> None:
    """Lose all that the page sends over its channels, as a dead network does: the application is told nothing."""
    await page.page.evaluate("muted => { window.isMuted = muted; }", muted)


async def fingerprint_of(page: ChatPage) -> str:
    """Return the fingerprint of the certificate that the newest RTCPeerConnection offers."""
    sdp = await page.page.evaluate("window.connections.at(-1).localDescription.sdp")
    found = re.search(r"^a=fingerprint:(.*?)\r?$", sdp, re.MULTILINE)
    assert found is not None
    return found[1]
