"""Alice and Bob, each at home in the lab, with a page each."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from e2e.browsers import Kind
from e2e.chat_page import ChatPage, connect
from e2e.network.lab import HOMES, Lab
from e2e.peer_connections import record_connections
from e2e.people import Newcomers
from e2e.server import PASSWORD

Pages = tuple[ChatPage, ChatPage]
"""Alice's page and Bob's, in this order."""
Kinds = tuple[Kind, Kind]

PATH = """
async () => {
    const reports = await window.connections.at(-1).getStats();
    const all = [...reports.values()];
    const transport = all.find((report) => report.type === "transport");
    const pair =
        (transport && reports.get(transport.selectedCandidatePairId)) ??
        all.find((report) => report.type === "candidate-pair" && report.selected);
    if (!pair) throw new Error(`No pair is in use: ${JSON.stringify(all)}`);
    const types = [pair.localCandidateId, pair.remoteCandidateId].map((id) => reports.get(id).candidateType);
    return types.includes("relay") ? "relayed" : "direct";
}
"""


@asynccontextmanager
async def open_pages(lab: Lab, kinds: Kinds) -> AsyncIterator[Pages]:
    """Open an empty page in each home, and close them in the end."""
    residents = [Newcomers(home.browsers) for home in lab.homes]
    try:
        alice, bob = [
            await resident.open(kind, lab.server.url) for resident, kind in zip(residents, kinds, strict=True)
        ]
        await record_connections(alice, bob)
        yield alice, bob
    finally:
        for resident in residents:
            await resident.close()


async def log_in(pages: Pages) -> None:
    """Let both log in, and stand in the lobby."""
    for page, username in zip(pages, HOMES, strict=True):
        await page.open()
        await page.log_in(username, PASSWORD)
        await page.wait_for_start()


async def enter(pages: Pages, room: str) -> None:
    """Let Alice log in at a room, and then Bob."""
    for page, username in zip(pages, HOMES, strict=True):
        await page.enter(room, username, PASSWORD)


async def meet(pages: Pages, room: str) -> None:
    """Let them enter a room, and wait until they are connected."""
    await enter(pages, room)
    await connect(*pages)


async def path_of(page: ChatPage) -> str:
    """Tell whether the newest RTCPeerConnection of a page is `direct` or `relayed`, by what it says itself."""
    return str(await page.page.evaluate(PATH))
