from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from e2e import websocket_frames
from e2e.chat_page import meet
from e2e.peer_connections import fingerprint_of, record_connections
from e2e.people import Newcomers
from e2e.proxy import Proxy
from e2e.server import Server

MARKER = "Zanzibar-moonlight"
SECRETS = (
    f"{MARKER}: the key is under the third flower pot",
    f'{MARKER}: "quoted", naïve, with an emoji 🗝️ and <markup>',
    f"{MARKER}: " + "nobody else may ever read this line. " * 2_000,
)
"""The last of them is long enough to travel in several parts."""


def encodings(text: str) -> Iterator[bytes]:
    """Yield the ways in which a text might travel, or a piece of it wherever it begins."""
    for encoding in ("utf-8", "utf-16-le", "utf-16-be"):
        encoded = text.encode(encoding)
        yield encoded
        # Base64 takes three bytes at a time, so a piece looks different for each place that it may begin at.
        for shift in range(3):
            yield base64.b64encode(b"x" * shift + encoded)[4:-4]
    yield json.dumps(text)[1:-1].encode()
    yield text.encode("utf-8").hex().encode()


async def test_server_receives_no_word_of_the_conversation(
    server: Server, proxy: Proxy, newcomers: Newcomers, room: str
) -> None:
    """Of all bytes that the server ever receives, none is a message's; and the pages talk to nobody else."""
    urls: list[str] = []
    first, second = [await newcomers.open(kind, proxy.url) for kind in ("chromium", "firefox")]
    for page in (first, second):
        page.page.on("request", lambda request: urls.append(request.url))
        page.page.on("websocket", lambda socket: urls.append(socket.url))
    await record_connections(first, second)
    await meet(first, second, room)
    for speaker, listener in ((first, second), (second, first)):
        for secret in SECRETS:
            await speaker.send(secret)
        await listener.wait_for_incoming(*SECRETS)
        await speaker.wait_for_delivery(SECRETS[0], "read")
    fingerprints = [await fingerprint_of(page) for page in (first, second)]
    for page in (first, second):
        await page.leave_room()

    heard = [bytes(connection) for connection in proxy.received]
    signaling = [message for connection in heard for message in websocket_frames.messages(connection)]
    everything = b"\n".join([*heard, *signaling])
    assert all(fingerprint.encode() in everything for fingerprint in fingerprints)
    assert b'"username": "test"' in everything
    assert any(json.loads(message)["type"] == "signal" for message in signaling)
    for secret in (MARKER, *SECRETS, *(secret.partition(": ")[2][:40] for secret in SECRETS)):
        for encoded in encodings(secret):
            assert encoded not in everything, f"{secret[:40]!r} was sent to the server"

    assert {urlsplit(url).netloc for url in urls} == {urlsplit(proxy.url).netloc}
    assert any(urlsplit(url).path == "/ws" for url in urls)
    tokens = set(re.findall(rb"token\.([\w.-]+)", everything))
    assert len(tokens) == 2
    log = server.log.read_bytes()
    assert b"/api/login" in log
    for token in tokens:
        assert token not in log
        assert all(token.decode() not in url for url in urls)
