from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from e2e.chat_page import meet
from e2e.people import Newcomers
from e2e.server import Server
from tests.signaling.certificates import certificate_files

GUARDED = """
() => {
    const refused = (attempt) => {
        try { attempt(); return false; } catch (error) { return error instanceof TypeError; }
    };
    return {
        scripts: refused(() => { document.createElement("script").src = "/assets/x.js"; }),
        markup: refused(() => { document.createElement("p").innerHTML = "<b>x</b>"; }),
        policies: refused(() => trustedTypes.createPolicy("another", {})),
        isolated: crossOriginIsolated,
        secure: isSecureContext,
        protocol: location.protocol,
    };
}
"""


NOTED = "TrustedHTML|TrustedScriptURL|trusted.?types|SSL certificate error"
"""What consoles say of these attempts, and Chromium's of the service worker, for which an exception does not count."""


@pytest.fixture
def secure_server(tmp_path: Path) -> Iterator[Server]:
    """Run a server that speaks TLS."""
    files = certificate_files(tmp_path)
    settings = {"P2PCHAT_SSL_CERTFILE": str(files.certfile), "P2PCHAT_SSL_KEYFILE": str(files.keyfile)}
    running = Server(tmp_path, settings, trusting=files.trusting)
    running.start()
    yield running
    running.stop()


async def test_two_people_talk_over_https(secure_server: Server, newcomers: Newcomers, room: str) -> None:
    """In either browser, with all that the headers ask of it: no string becomes code, and nobody shares its process."""
    alice, bob = [await newcomers.open(kind, secure_server.url) for kind in ("chromium", "firefox")]
    await meet(alice, bob, room)
    for speaker, listener, text in ((alice, bob, "Is this line secure?"), (bob, alice, "As secure as TLS makes it.")):
        await speaker.send(text)
        await listener.wait_for_incoming(text)
    for page in (alice, bob):
        page.allow_error(f"(?i){NOTED}")
    guarded = [await page.page.evaluate(GUARDED) for page in (alice, bob)]
    everything = dict.fromkeys(("scripts", "markup", "policies", "isolated", "secure"), True)
    assert guarded == [{**everything, "protocol": "https:"}] * 2
