"""A peer that keeps to the protocol as far as it likes: a bare page with WebRTC, and frames that a test writes."""

from __future__ import annotations

import asyncio
import json
import secrets
from typing import Any

from playwright.async_api import BrowserContext, Page

from e2e.chat_page import CONNECT_MS
from e2e.server import Server

Json = dict[str, Any]

MIND = """
([url, token]) => {
    const peers = new Map();
    const socket = new WebSocket(`${url.replace("http", "ws")}/ws`, ["p2p-chat.v1", `token.${token}`]);
    const ask = (request) => socket.send(JSON.stringify(request));
    const fingerprint = (sdp) => sdp.match(/a=fingerprint:(.*)/)[1];
    const hostile = window.hostile = { frames: [], opened: 0, closed: 0, resumed: 0, channel: null };
    hostile.join = (room) => ask({ type: "join", room });
    hostile.tell = (text) => { if (socket.readyState === WebSocket.OPEN) socket.send(text); };
    hostile.until = async (what, times) => {
        while (hostile[what] < times) await new Promise((resolve) => setTimeout(resolve, 50));
    };

    function make(peer) {
        peers.get(peer)?.connection.close();
        const connection = new RTCPeerConnection();
        const channel = connection.createDataChannel("chat", { negotiated: true, id: 0 });
        const known = { connection, theirs: null, early: [] };
        peers.set(peer, known);
        connection.onicecandidate = ({ candidate }) => {
            if (candidate) ask({ type: "signal", to: peer, candidate: candidate.toJSON() });
        };
        channel.onopen = () => { hostile.channel = channel; hostile.opened += 1; };
        channel.onclose = () => { hostile.closed += 1; };
        channel.onmessage = ({ data }) => {
            const frame = JSON.parse(data);
            hostile.frames.push(frame);
            if (frame.type === "resume") hostile.resumed += 1;
        };
        return known;
    }

    async function describe(peer, connection) {
        await connection.setLocalDescription();
        const { type, sdp } = connection.localDescription;
        ask({ type: "signal", to: peer, description: { type, sdp } });
    }

    // The other side makes a new connection after each that was given up, and it is known by its fingerprint.
    async function take(peer, { description, candidate }) {
        let known = peers.get(peer);
        if (candidate) {
            if (known?.theirs) await known.connection.addIceCandidate(candidate).catch(() => {});
            else known?.early.push(candidate);
            return;
        }
        const theirs = fingerprint(description.sdp);
        if (description.type === "offer" && (!known || known.theirs !== theirs)) known = make(peer);
        await known.connection.setRemoteDescription(description);
        known.theirs = theirs;
        for (const early of known.early.splice(0)) await known.connection.addIceCandidate(early).catch(() => {});
        if (description.type === "offer") await describe(peer, known.connection);
    }

    let turn = Promise.resolve();
    return new Promise((resolve) => {
        socket.onmessage = ({ data }) => {
            const event = JSON.parse(data);
            if (event.type === "welcome") resolve();
            if (event.type === "joined") {
                const offer = ({ peer_id }) => describe(peer_id, make(peer_id).connection);
                hostile.others = event.peers.map(({ peer_id }) => peer_id);
                for (const peer of event.peers) turn = turn.then(() => offer(peer));
            }
            if (event.type === "signal") turn = turn.then(() => take(event.from, event));
        };
    });
}
"""
UNTIL = "([what, times]) => window.hostile.until(what, times)"
ADDRESSEE = "a" * 16
TELL = "([texts, name]) => texts.forEach((text) => window.hostile.tell(text.replace(name, window.hostile.others[0])))"
SEND = "(texts) => { for (const text of texts) try { window.hostile.channel.send(text); } catch { return; } }"


class HostilePeer:
    """A member of a room that says what a test has it say, over the channel that was opened last."""

    def __init__(self, page: Page) -> None:
        self._page = page
        self._device = secrets.token_urlsafe(16)
        self._greeted = 0

    @classmethod
    async def open(cls, context: BrowserContext, server: Server, username: str) -> HostilePeer:
        """Open a bare page of the server's origin, and speak to the server under a new name."""
        page = await context.new_page()
        await page.goto(f"{server.url}/robots.txt")
        await page.evaluate(MIND, [server.url, server.register(username)["token"]])
        return cls(page)

    async def join(self, room: str) -> None:
        """Enter a room, and offer a connection to those who are there."""
        await self._page.evaluate("(room) => window.hostile.join(room)", room)

    async def send(self, *texts: str) -> None:
        """Send frames, whatever they are."""
        await self._page.evaluate(SEND, texts)

    async def tell_server(self, *texts: str) -> None:
        """Send requests, whatever they are; in them, `ADDRESSEE` stands for the first of those who were there."""
        await self._page.evaluate(TELL, [texts, ADDRESSEE])

    def be_another_device(self) -> None:
        """Have another name from the next greeting on."""
        self._device = secrets.token_urlsafe(16)

    async def leave(self) -> None:
        """Be gone, with the page."""
        await self._page.close()

    async def greet(self) -> None:
        """Begin the conversation as an honest peer does."""
        self._greeted += 1
        await self.send(
            json.dumps({"type": "hello", "version": 1, "device": self._device}),
            json.dumps({"type": "resume", "received": 0, "read": 0}),
        )
        await self._wait("resumed", self._greeted)

    async def say(self, seq: int, text: str, **changes: object) -> None:
        """Send a message, with fields that are changed as the test likes."""
        message = {
            "type": "message",
            "seq": seq,
            "id": secrets.token_urlsafe(16),
            "sent_at": 1.5,
            "part": 1,
            "parts": 1,
        }
        await self.send(json.dumps(message | {"text": text} | changes))

    async def wait_until_opened(self, times: int) -> None:
        """Wait until a channel has been opened this many times, one after the other."""
        await self._wait("opened", times)

    async def wait_until_closed(self, times: int) -> None:
        """Wait until the other side has given up a channel this many times."""
        await self._wait("closed", times)

    async def acknowledged(self) -> list[int]:
        """Return the numbers that the other side has acknowledged."""
        frames: list[Json] = await self._page.evaluate("() => window.hostile.frames")
        return [frame["received"] for frame in frames if frame["type"] == "ack"]

    async def _wait(self, what: str, times: int) -> None:
        async with asyncio.timeout(CONNECT_MS / 1000):
            await self._page.evaluate(UNTIL, [what, times])
