from __future__ import annotations

import asyncio
import re
import time

import pytest
from playwright.async_api import Request, Route, expect

from e2e.browser_selection import later
from e2e.chat_page import ChatPage, connect
from e2e.network.home_pages import Kinds, Pages, enter, log_in, path_of
from e2e.network.lab import Lab
from e2e.network.recovery import status_lines
from e2e.network.stopwatch import Stopwatch
from e2e.network.test_lab import PAIRS, exchange
from protocol.http import ICE_SERVERS_PATH

FAIL_MS = 120_000
"""Two attempts of 20 s each, with pauses, on a machine that may be busy."""
RENEWED_MS = 240_000
"""After some failures, renewals are some minutes apart."""
CONSENT_SECONDS = 6.0
"""A path that is kept open is asked for consent every five seconds (RFC 7675 §5.1)."""
SHORT_LIFE = 60
"""Seconds, the least that the server takes."""
RECORD_SENT = """
window.sent = [];
for (const kind of [WebSocket, RTCDataChannel]) {
    const { send } = kind.prototype;
    kind.prototype.send = function (data) { window.sent.push(data); send.call(this, data); };
}
"""
LOCAL_CANDIDATES = """
async () => [...(await window.connections.at(-1).getStats()).values()]
    .filter((report) => report.type === "local-candidate").map((report) => report.candidateType)
"""
NO_ADDRESS = {"0.0.0.0", ""}  # noqa: S104 - nobody listens there
CANDIDATE = re.compile(r"candidate:\S+ \d+ \w+ \d+ (\S+) \d+ typ (\w+)(?: raddr (\S+))?")
EVERY_KIND: list[Kinds] = [("chromium", "chromium"), ("firefox", "firefox")]
ONLY_CHROMIUM: list[Kinds] = [("chromium", "chromium")]
CHROMIUM_FIRST = [("chromium", "chromium"), later(("firefox", "firefox"))]


async def sent_by(page: ChatPage) -> list[str]:
    """Return all texts that have left a page."""
    return [str(text) for text in await page.page.evaluate("window.sent")]


async def set_relay_only(page: ChatPage, *, only: bool) -> None:
    """Turn the switch, in the lobby or in the panel of the room."""
    if await page.handle("connection").is_visible():
        await page.handle("connection").click()
    await page.handle("relay-only").click()
    await expect(page.handle("relay-only")).to_have_attribute("aria-checked", "true" if only else "false")
    await page.page.keyboard.press("Escape")


async def wait_for_cause(page: ChatPage, cause: str) -> None:
    """Wait until the page says that there is no connection, and why."""
    status = page.page.locator('[data-testid="status"][data-state="failed"]')
    await expect(status).to_be_visible(timeout=FAIL_MS)
    await expect(page.handle("status-detail")).to_have_attribute("data-cause", cause, timeout=FAIL_MS)


async def fail(lab: Lab, pages: Pages, room: str, cause: str) -> None:
    """Have them meet where no direct path is; both must say why the relay does not help."""
    for home in lab.homes:
        home.hide_behind_nat()
    allow_faults(pages)
    await enter(pages, room)
    await asyncio.gather(*(wait_for_cause(page, cause) for page in pages))


def allow_faults(pages: Pages) -> None:
    """Expect the browsers to note by themselves that ICE failed, and that the server was started again."""
    for page in pages:
        page.allow_failed_connection()
        page.allow_lost_server()
        page.allow_unreachable_server(ICE_SERVERS_PATH)


def is_renewal(request: Request) -> bool:
    """Tell whether a page asks for fresh credentials."""
    return request.url.endswith(ICE_SERVERS_PATH)


async def wait_until(moment: float) -> None:
    """Wait until a Unix time: that credentials have ended is nothing but that."""
    await asyncio.sleep(max(0.0, moment - time.time()))


async def wait_for_packets_to_cease(lab: Lab) -> int:
    """Wait until no packet goes from home to home any more; gives how many there were."""
    count, last = lab.alice.router.direct_packets(), -1
    while count != last:
        await asyncio.sleep(CONSENT_SECONDS)
        count, last = lab.alice.router.direct_packets(), count
    return count


@pytest.mark.parametrize("kinds", PAIRS, ids="+".join)
async def test_homes_behind_symmetric_nats_connect_through_relay(lab: Lab, pages: Pages, room: str) -> None:
    """Where every flow has another port, no STUN server helps: they talk through the TURN server, and are told so."""
    for home in lab.homes:
        home.hide_behind_nat()
    await enter(pages, room)
    for page in pages:
        await page.wait_for_status("connected")
        await page.wait_for_detail("through a relay")
    assert "relayed" in {await path_of(page) for page in pages}
    await exchange(pages)
    assert lab.alice.router.direct_packets() == 0


@pytest.mark.parametrize("kinds", [("firefox", "chromium"), *map(later, EVERY_KIND)], ids="+".join)
async def test_relay_only_shows_no_address(lab: Lab, pages: Pages, room: str) -> None:
    """Chosen in the lobby of an open network: no other candidate leaves the page, and no packet goes to the other."""
    alice, bob = pages
    lab.mend()  # counts from zero
    await alice.page.add_init_script(RECORD_SENT)
    await log_in(pages)
    await set_relay_only(alice, only=True)
    for page in pages:
        await page.go_to(room)
    for page in pages:
        await page.wait_for_status("connected")
        await page.wait_for_detail("through a relay")
    await exchange(pages)
    assert set(await alice.page.evaluate(LOCAL_CANDIDATES)) == {"relay"}
    sent = await sent_by(alice)
    candidates = [found for text in sent for found in CANDIDATE.findall(text)]
    assert {(address, kind) for address, kind, _ in candidates} == {("203.0.113.1", "relay")}
    assert {related for _, _, related in candidates} <= NO_ADDRESS
    assert any('"description"' in text for text in sent)
    for address in ("198.51.100.", "192.0.2.", ".local"):
        assert not any(address in text for text in sent), address
    assert lab.alice.router.direct_packets() == 0
    await alice.reload()
    await alice.handle("connection").click()
    await expect(alice.handle("relay-only")).to_have_attribute("aria-checked", "true")
    await connect(*pages)
    await alice.wait_for_detail("through a relay")
    assert lab.alice.router.direct_packets() == 0
    assert bob.errors == []


@pytest.mark.parametrize("kinds", CHROMIUM_FIRST, ids="+".join)
async def test_relay_only_reaches_a_live_connection(lab: Lab, pages: Pages, room: str) -> None:
    """Turned on in the room, the direct path ends and nothing is lost; turned off, it comes back."""
    alice, _ = pages
    await enter(pages, room)
    await connect(*pages)
    await exchange(pages)
    await set_relay_only(alice, only=True)
    await alice.send("Can you still hear me?")
    for page in pages:
        await page.wait_for_detail("through a relay")
    await alice.wait_for_arrival("Can you still hear me?")
    assert set(await alice.page.evaluate(LOCAL_CANDIDATES)) == {"relay"}
    before = await wait_for_packets_to_cease(lab)
    await alice.send("And now?")
    await alice.wait_for_arrival("And now?")
    assert lab.alice.router.direct_packets() == before
    await set_relay_only(alice, only=False)
    for page in pages:
        await page.wait_for_detail("Directly connected")


@pytest.mark.long
@pytest.mark.parametrize("kinds", ONLY_CHROMIUM, ids="+".join)
async def test_relay_only_without_a_relay_says_so(lab: Lab, pages: Pages, room: str) -> None:
    """Where the server has none, the switch cannot be turned on; and if it was before, that is why nothing connects."""
    alice, bob = pages
    allow_faults(pages)
    await log_in(pages)
    await set_relay_only(alice, only=True)
    with lab.other_settings(P2PCHAT_TURN_URLS="", P2PCHAT_TURN_SECRET=""):
        for page in pages:
            await page.open()
        await expect(bob.handle("relay-only")).to_be_disabled()
        await expect(alice.handle("relay-only")).to_be_enabled()
        for page in pages:
            await page.go_to(room)
        await wait_for_cause(alice, "relay-missing")
        await set_relay_only(alice, only=False)
        await connect(*pages)
        await alice.handle("connection").click()
        await expect(alice.handle("relay-only")).to_be_disabled()


@pytest.mark.long
@pytest.mark.parametrize("kinds", EVERY_KIND, ids="+".join)
async def test_wrong_secret_is_told(lab: Lab, pages: Pages, room: str) -> None:
    """The TURN server refuses what our server signs with another secret."""
    with lab.other_settings(P2PCHAT_TURN_SECRET="not what coturn has"):
        await fail(lab, pages, room, "relay-refused")
        for page in pages:
            await page.wait_for_detail("another secret")


@pytest.mark.long
@pytest.mark.parametrize("kinds", EVERY_KIND, ids="+".join)
async def test_dead_relay_is_told(lab: Lab, pages: Pages, room: str) -> None:
    """Nobody answers at the TURN server's address; as soon as someone does, they are connected."""
    with lab.without_relay():
        await fail(lab, pages, room, "relay-unreachable")
        for page in pages:
            await page.wait_for_detail("relay does not answer")
    for page in pages:
        await expect(page.page.locator('[data-testid="status"][data-state="connected"]')).to_be_visible(timeout=FAIL_MS)
    await exchange(pages)


@pytest.mark.long
@pytest.mark.parametrize("kinds", EVERY_KIND, ids="+".join)
async def test_ended_credentials_are_told(lab: Lab, pages: Pages, room: str) -> None:
    """A page that could renew nothing for a whole life says so, and connects when it can renew again."""
    is_refusing = True

    async def refuse(route: Route) -> None:
        await (route.fulfill(status=503) if is_refusing else route.continue_())

    alice, bob = pages
    for home in lab.homes:
        home.hide_behind_nat()
    allow_faults(pages)
    alice.allow_refusal(503, ICE_SERVERS_PATH)
    with lab.other_settings(P2PCHAT_TURN_LIFE=str(SHORT_LIFE)):
        await alice.page.route(f"**{ICE_SERVERS_PATH}", refuse)
        await log_in((alice, bob))
        await alice.go_to(room)
        await alice.wait_for_status("waiting")
        await wait_until(time.time() + SHORT_LIFE)
        await set_relay_only(alice, only=True)
        await bob.go_to(room)
        await wait_for_cause(alice, "relay-expired")
        await alice.wait_for_detail("have run out")
        is_refusing = False
        await expect(alice.page.locator('[data-testid="status"][data-state="connected"]')).to_be_visible(
            timeout=RENEWED_MS
        )
        await alice.wait_for_detail("through a relay")


@pytest.mark.long
@pytest.mark.parametrize("kinds", [("chromium", "firefox")], ids="+".join)
async def test_relayed_conversation_outlives_its_credentials(lab: Lab, pages: Pages, room: str) -> None:
    """With its WebSocket up, a page renews in time: the status never changes, and every message comes through."""
    watches = [Stopwatch(page) for page in pages]
    for watch in watches:
        await watch.install()
    allow_faults(pages)
    for home in lab.homes:
        home.hide_behind_nat()
    with lab.other_settings(P2PCHAT_TURN_LIFE=str(SHORT_LIFE)):
        await enter(pages, room)
        await connect(*pages)
        for page in pages:
            await page.wait_for_detail("through a relay")
        first = time.time()
        for number, watch in enumerate(watches):
            await watch.begin(f"{room} {number}")
        renewed = [page.page.wait_for_event("requestfinished", is_renewal, timeout=FAIL_MS) for page in pages]
        await asyncio.gather(*renewed)
        await wait_until(first + 1.5 * SHORT_LIFE)
        for watch in watches:
            await watch.end()
        for watch in watches:
            await watch.all_delivered(30)
        restarts = 0
        for watch in watches:
            events = [event for event in await watch.events() if event.at > first]
            assert status_lines(events) == [], [(round(event.at - first, 2), event.what) for event in events]
            restarts += sum(event.what.endswith("restartIce()") for event in events)
        assert restarts >= 1
        assert "relayed" in {await path_of(page) for page in pages}
    names = set(re.findall(r"user <(\d+:[^>]+)>", lab.coturn.log.read_text(encoding="utf-8")))
    assert len(names) >= 2 * len(pages)
