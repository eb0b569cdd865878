from __future__ import annotations

from typing import TYPE_CHECKING

from playwright.async_api import Page

from e2e.python_page import PythonPage

if TYPE_CHECKING:
    from e2e.in_page import (
        BINARY,
        CALLBACKS,
        RELAY_ADDRESS,
        BrowserAppBadge,
        BrowserBinaryData,
        BrowserClock,
        BrowserDateFormats,
        BrowserDocument,
        BrowserLocks,
        BrowserPeerConnections,
        BrowserRelease,
        BrowserSound,
        BrowserStore,
        ChannelCallbacks,
        Configuration,
        IceServer,
        Listener,
        OperationFailed,
        PeerConnectionCallbacks,
        asyncio,
        binary,
        connect,
        failure_of,
        held,
        js,
        retry_after_of,
        take,
    )

# The functions that a test defines run in the page (see PythonPage); what the test does elsewhere is JavaScript.

HOLD = """
() => new Promise((granted) => {
    navigator.locks.request("name", () => { granted(); return new Promise(() => {}); });
})
"""
IS_FREE = "() => navigator.locks.request('name', { ifAvailable: true }, (lock) => lock !== null)"
REFUSE = """
() => {
    LockManager.prototype.requestBefore = LockManager.prototype.request;
    LockManager.prototype.request = () => Promise.reject(new DOMException("No locks here.", "SecurityError"));
}
"""
ALLOW = "() => { LockManager.prototype.request = LockManager.prototype.requestBefore; }"
HIDE = """
() => {
    window.locksBefore = Object.getOwnPropertyDescriptor(Navigator.prototype, "locks");
    delete Navigator.prototype.locks;
}
"""
SHOW = "() => { Object.defineProperty(Navigator.prototype, 'locks', window.locksBefore); }"

FORBID_STORAGE = """
() => {
    for (const name of ["localStorage", "sessionStorage"]) {
        window[`${name}Before`] = Object.getOwnPropertyDescriptor(window, name);
        const refuse = () => { throw Object.assign(new DOMException("No cookies.", "SecurityError"), { stack: "" }); };
        Object.defineProperty(window, name, { get: refuse, configurable: true });
    }
}
"""
HIDE_PAGE = """
() => { Object.defineProperty(document, "visibilityState", { get: () => "hidden", configurable: true }); }
"""
SHOW_PAGE = "() => { delete document.visibilityState; }"
ALLOW_STORAGE = """
() => {
    for (const name of ["localStorage", "sessionStorage"]) Object.defineProperty(window, name, window[`${name}Before`]);
}
"""


async def test_lock_is_held_by_one(python: PythonPage) -> None:
    """Another one waits in vain, for as long as its patience lasts; when it is let go of, the next one has it."""

    async def claimed() -> object:
        locks = BrowserLocks()
        release = await locks.claim("name", 0)
        assert release is not None
        in_vain = [await locks.claim("name", patience) for patience in (0, 0.1)]
        waiting = asyncio.ensure_future(locks.claim("name", 10))
        await asyncio.sleep(0.1)
        early = waiting.done()
        release()
        second = await waiting
        assert second is not None
        release()
        still = await locks.claim("name", 0)
        other = await locks.claim("other", 0)
        assert other is not None
        for dispose in (second, second, other):
            dispose()
        return locks.supported, in_vain, early, still

    assert await python.run(claimed) == [True, [None, None], False, None]


async def test_lock_is_held_until_page_is_gone(python: PythonPage, tab: Page) -> None:
    """Among the tabs of a browser one has it; closing that tab, or losing it, frees the name."""
    await tab.evaluate(HOLD)

    async def claim_in_vain() -> object:
        return [await BrowserLocks().claim("name", patience) for patience in (0, 0.1)]

    async def claim() -> None:
        release = await BrowserLocks().claim("name", 5)
        assert release is not None
        held.append(release)

    async def let_go() -> None:
        held.pop()()

    assert await python.run(claim_in_vain) == [None, None]
    await tab.close()
    await python.run(claim)
    beside = await python.page.context.new_page()
    await beside.goto(python.page.url)
    assert not await beside.evaluate(IS_FREE)
    await python.run(let_go)
    assert await beside.evaluate(IS_FREE)
    await beside.close()


async def test_lock_is_free_when_nobody_waits(python: PythonPage) -> None:
    """A task that is cancelled while it waits leaves the lock to the others."""

    async def cancelled() -> object:
        locks = BrowserLocks()
        release = await locks.claim("name", 0)
        assert release is not None
        waiting = asyncio.ensure_future(locks.claim("name", 10))
        await asyncio.sleep(0.1)
        waiting.cancel()
        await asyncio.sleep(0)
        release()
        again = await locks.claim("name", 1)
        assert again is not None
        again()
        return waiting.cancelled()

    assert await python.run(cancelled)


async def test_locks_say_that_they_are_refused(python: PythonPage) -> None:
    """A page that cannot tell itself from its other tabs keeps nothing, and says why."""

    async def refused() -> object:
        return str(await failure_of(BrowserLocks().claim("name", 0)))

    await python.page.evaluate(REFUSE)
    try:
        assert await python.run(refused) == "no-locks: SecurityError: No locks here."
    finally:
        await python.page.evaluate(ALLOW)


async def test_locks_are_known_to_be_missing(python: PythonPage) -> None:
    """Browsers have none for a page of plain HTTP."""

    async def supported() -> object:
        return BrowserLocks().supported

    await python.page.evaluate(HIDE)
    try:
        assert not await python.run(supported)
    finally:
        await python.page.evaluate(SHOW)


async def test_store_keeps_for_browser_or_for_tab(python: PythonPage, tab: Page) -> None:
    """What is in localStorage is there for every tab, what is in sessionStorage for this one."""

    async def kept() -> object:
        browser, page = BrowserStore(), BrowserStore("sessionStorage")
        browser.put("key", "for all")
        page.put("key", "for one")
        return BrowserStore().get("key"), BrowserStore("sessionStorage").get("key"), page.get("other")

    async def removed() -> object:
        stores = BrowserStore(), BrowserStore("sessionStorage")
        for store in stores:
            store.remove("key")
            store.remove("other")
        return [store.get("key") for store in stores]

    assert await python.run(kept) == ["for all", "for one", None]
    assert await tab.evaluate("() => [localStorage.getItem('key'), sessionStorage.getItem('key')]") == ["for all", None]
    assert await python.run(removed) == [None, None]


async def test_store_falls_back_to_memory(python: PythonPage) -> None:
    """Where the browser has no room, or forbids storage, the page goes on with what it put there last."""

    async def full() -> object:
        store, large = BrowserStore(), "x" * 6_000_000
        store.put("key", "small")
        store.put("key", large)
        found = [store.get("key") == large]
        store.put("key", "small again")
        found += [store.get("key") == BrowserStore().get("key") == "small again"]
        store.remove("key")
        return [*found, store.get("key")]

    async def forbidden() -> object:
        found: list[object] = []
        for store in (BrowserStore(), BrowserStore("sessionStorage")):
            found.append(store.get("key"))
            store.put("key", "value")
            found.append(store.get("key"))
            store.remove("key")
            found.append(store.get("key"))
        return found

    assert await python.run(full) == [True, True, None]
    await python.page.evaluate(FORBID_STORAGE)
    try:
        assert await python.run(forbidden) == [None, "value", None] * 2
    finally:
        await python.page.evaluate(ALLOW_STORAGE)


async def test_document_tells_what_happens_outside(python: PythonPage) -> None:
    """Each event comes from where the browser fires it; "networkchange" comes where there is NetworkInformation."""

    async def heard() -> object:
        document, heard = BrowserDocument(CALLBACKS), list[str]()
        targets = {"online": js.window, "offline": js.window, "pageshow": js.window, "visibilitychange": js.document}

        def fire() -> None:
            for name, target in targets.items():
                target.dispatchEvent(js.Event.new(name))
            if hasattr(js.navigator, "connection"):
                js.navigator.connection.dispatchEvent(js.Event.new("change"))

        def listener(name: str) -> Listener:
            return lambda _event: heard.append(name)

        disposes = [document.on(name, listener(name)) for name in (*targets, "networkchange")]
        fire()
        first = [*heard]
        for dispose in disposes * 2:
            dispose()
        fire()
        return first, heard == first

    events = ["online", "offline", "pageshow", "visibilitychange"]
    network = ["networkchange"] if python.kind == "chromium" else []
    assert await python.run(heard) == [[*events, *network], True]


async def test_document_calls_back_before_the_next_frame(python: PythonPage) -> None:
    """Once, before the page is drawn, and not at all where it is called off in time; then no proxy is left."""

    async def called() -> object:
        document, called, drawn = BrowserDocument(CALLBACKS), list[str](), asyncio.Event()
        call_off = document.next_frame(lambda: called.append("called off"))
        document.next_frame(lambda: called.append("frame"))
        document.next_frame(drawn.set)
        call_off()
        before = [*called]
        await drawn.wait()
        call_off()
        again = asyncio.Event()
        document.next_frame(again.set)
        await again.wait()
        return before, called

    await python.run(called)
    proxies = await python.count_proxies()
    assert await python.run(called) == [[], ["frame"]]
    assert await python.count_proxies() == proxies


async def test_document_does_not_wait_for_frames_that_do_not_come(python: PythonPage) -> None:
    """A hidden page is not drawn, and is brought up to date all the same."""

    async def called() -> object:
        document, called = BrowserDocument(CALLBACKS), asyncio.Event()
        call_off = document.next_frame(lambda: js.console.error("It was called off."))
        document.next_frame(called.set)
        call_off()
        await asyncio.wait_for(called.wait(), 5)
        return True

    await python.page.evaluate(HIDE_PAGE)
    try:
        assert await python.run(called)
    finally:
        await python.page.evaluate(SHOW_PAGE)


async def test_element_is_copied_with_all_that_is_in_it(python: PythonPage) -> None:
    """The copy has attributes, text and children of its own, and none of the listeners."""

    async def copied() -> object:
        document, heard = BrowserDocument(CALLBACKS), list[str]()
        child = document.create("b", {"class": "child"}, "text")
        original = document.create("button", {"data-testid": "original"}, child, " and more")
        dispose = original.on("click", lambda _event: heard.append("click"))
        copy = original.copy()
        for element in (original, copy):
            element.node.click()
        copy.set("data-testid", "copy")
        child.text = "changed"
        dispose()
        return original.node.outerHTML, copy.node.outerHTML, heard

    original, copy, heard = await python.run(copied)
    assert original == '<button data-testid="original"><b class="child">changed</b> and more</button>'
    assert copy == '<button data-testid="copy"><b class="child">text</b> and more</button>'
    assert heard == ["click"]


async def test_peer_connections_say_that_they_are_refused(python: PythonPage) -> None:
    """What the browser thinks of the servers is told."""

    async def refused() -> object:
        connections = BrowserPeerConnections(CALLBACKS)
        callbacks = PeerConnectionCallbacks(
            negotiation_needed=lambda: None,
            candidate_gathered=lambda _candidate: None,
            signaling_state_changed=lambda _state: None,
            connection_state_changed=lambda _state: None,
            candidate_failed=lambda _url, _code, _text: None,
            channel_offered=lambda: None,
        )
        try:
            connections.create(Configuration((IceServer(("nonsense:",)),), relay_only=False), callbacks)
        except OperationFailed as error:
            return bool(error.reason)
        return "not refused"

    assert await python.run(refused) is True


async def test_peer_connection_takes_another_configuration(python: PythonPage) -> None:
    """Other servers and another policy reach it while it lives; what the browser refuses leaves it as it was."""

    async def configured() -> object:
        callbacks = PeerConnectionCallbacks(
            negotiation_needed=lambda: None,
            candidate_gathered=lambda _candidate: None,
            signaling_state_changed=lambda _state: None,
            connection_state_changed=lambda _state: None,
            candidate_failed=lambda _url, _code, _text: None,
            channel_offered=lambda: None,
        )
        connection = BrowserPeerConnections(CALLBACKS).create(Configuration((), relay_only=False), callbacks)
        turn = IceServer(("turn:turn.example.org", "turns:turn.example.org:443"), "1:ann", "secret")
        connection.configure(Configuration((turn,), relay_only=True))
        refused = False
        try:
            connection.configure(Configuration((IceServer(("nonsense:",)),), relay_only=False))
        except OperationFailed:
            refused = True
        now = connection._connection.getConfiguration()  # noqa: SLF001 - what the browser itself holds
        server = now.iceServers[0]
        connection.close()
        return now.iceTransportPolicy, list(server.urls), server.username, server.credential, refused

    urls = ["turn:turn.example.org", "turns:turn.example.org:443"]
    assert await python.run(configured) == ["relay", urls, "1:ann", "secret", True]


async def test_bytes_received_grow_by_acknowledgements(python: PythonPage) -> None:
    """A side that only hears sends nothing by itself; what SCTP acknowledges shows the sender that the path lives."""

    async def counted() -> object:
        first, second, channel = await connect()
        await asyncio.sleep(1)  # until the last of the handshake is through
        idle = await first.bytes_received()
        await asyncio.sleep(2)
        counts = [idle, await first.bytes_received()]
        for _ in range(2):
            channel.send("something")
            await asyncio.sleep(1)
            counts.append(await first.bytes_received())
        first.close()
        second.close()
        after = await first.bytes_received()
        return counts, after is None or isinstance(after, int)

    (before, idle, once, twice), closed = await python.run(counted)
    assert 0 < before == idle < once < twice
    assert closed


async def test_formats_write_a_dash_for_what_is_no_moment(python: PythonPage) -> None:
    """Formatting a Date beyond the last one throws, and one message must not take the others along."""

    async def written() -> object:
        formats = BrowserDateFormats()
        writers = (formats.time, formats.day, formats.full)
        strange = (8.64e12 + 1, -8.64e12 - 1, 1e13, 1e300, float("inf"), float("-inf"), float("nan"))
        ends = [write(moment) for write in writers for moment in (0, 8.64e12, -8.64e12)]
        return [sorted({write(moment) for write in writers for moment in strange}), ["–" in ends, all(ends)]]

    assert await python.run(written) == [["–"], [False, True]]


async def test_clock_waits_as_long_as_a_browser_can(python: PythonPage) -> None:
    """What is longer than a timer of a browser takes does not come at once, and not either where it is no number."""

    async def came() -> object:
        clock, calls = BrowserClock(CALLBACKS), list[float]()
        disposals = [
            clock.call_later(seconds, lambda: calls.append(1)) for seconds in (2**31 / 1000, 1e9, float("inf"))
        ]
        await asyncio.sleep(0.3)
        for dispose in disposals:
            dispose()
        return calls

    assert await python.run(came) == []


async def test_description_of_one_long_word_is_read_at_once(python: PythonPage) -> None:
    """A stranger's description is as long as it may be, and may be written to be looked through for very long."""

    async def found() -> object:
        line = "candidate:1 1 udp 1 203.0.113.1 49152 typ relay raddr 0.0.0.0 rport 0"
        words = ["x" * 32_768, "x 1" * 10_000, "1 " * 16_000, f"a={line}"]
        return [RELAY_ADDRESS.findall(text) for text in words]

    assert await python.run(found) == [[], [], [], [["203.0.113.1", "49152"]]]


async def test_channel_brings_frames_in_their_order_and_then_its_end(python: PythonPage) -> None:
    """Many at once are read in slices; that the other side has closed comes after all that it had sent."""

    async def heard() -> object:
        heard, ended = list[object](), asyncio.Event()
        hearing = ChannelCallbacks(lambda: None, heard.append, lambda kind: heard.append(f"too much {kind}"), ended.set)
        first, second, channel = await connect(hearing)
        for number in range(1_000):
            channel.send(f'{{"type":"message","seq":{number}}}')
        while len(heard) < 500:
            await asyncio.sleep(0.01)
        channel.close()
        await asyncio.wait_for(ended.wait(), 20)
        first.close()
        second.close()
        return len(heard), heard == [f'{{"type":"message","seq":{number}}}' for number in range(len(heard))]

    count, in_order = await python.run(heard)
    assert in_order
    assert 500 <= count <= 1_000


async def test_channel_is_closed_when_too_much_comes(python: PythonPage) -> None:
    """What is over the budget of its kind reaches Python as one word, and nothing more of that channel does."""

    async def heard() -> object:
        heard, over = list[str](), asyncio.Event()

        def overrun(kind: str) -> None:
            heard.append(kind)
            over.set()

        hearing = ChannelCallbacks(lambda: None, lambda _text: None, overrun, lambda: heard.append("closed"))
        first, second, channel = await connect(hearing)
        for _ in range(2_000):
            channel.send('{"type":"typing"}')
        await asyncio.wait_for(over.wait(), 20)
        await asyncio.sleep(0.2)
        first.close()
        second.close()
        return heard

    assert await python.run(heard) == ["typing"]


async def test_binary_channel_brings_handles_on_bytes(python: PythonPage) -> None:
    """Python has the bytes when it asks for them; and what was released is not there any more."""

    async def heard() -> object:
        heard, last = list[object](), asyncio.Event()

        def receive(data: object) -> None:
            assert isinstance(data, BrowserBinaryData)
            heard.append((data.size, list(take(data))))
            data.release()
            if data.size == 0:
                last.set()

        hearing = ChannelCallbacks(lambda: None, receive, heard.append, lambda: None)
        first, second, channel = await connect(hearing, BINARY)
        for content in ([1, 2, 3], [0] * 5, []):
            data = binary(bytes(content))
            channel.send_binary(data)
            data.release()
        await asyncio.wait_for(last.wait(), 20)
        first.close()
        second.close()
        return heard

    assert await python.run(heard) == [[3, [1, 2, 3]], [5, [0] * 5], [0, []]]


async def test_binary_channel_is_closed_when_text_comes(python: PythonPage) -> None:
    """There is nobody to read it; what came before was handed over."""

    async def heard() -> object:
        heard, over = list[object](), asyncio.Event()

        def overrun(kind: str) -> None:
            heard.append(kind)
            over.set()

        hearing = ChannelCallbacks(lambda: None, lambda data: heard.append(len(take(data))), overrun, lambda: None)
        first, second, channel = await connect(hearing, BINARY)
        channel.send_binary(binary(bytes(7)))
        channel.send("text")
        channel.send_binary(binary(bytes(8)))
        await asyncio.wait_for(over.wait(), 20)
        await asyncio.sleep(0.2)
        first.close()
        second.close()
        return heard

    assert await python.run(heard) == [7, "text"]


async def test_binary_channel_is_bounded_by_what_is_not_released(python: PythonPage) -> None:
    """A receiver that releases nothing is given a certain amount, and no more."""

    async def heard() -> object:
        held, over = list[object](), asyncio.Event()
        hearing = ChannelCallbacks(lambda: None, held.append, lambda _kind: over.set(), lambda: None)
        first, second, channel = await connect(hearing, BINARY)
        while not over.is_set() and channel.is_open:
            if channel.buffered_amount < 1_000_000:
                channel.send_binary(binary(bytes(16_384)))
            else:
                await asyncio.sleep(0.01)
        await asyncio.wait_for(over.wait(), 20)
        first.close()
        second.close()
        return len(held) * 16_384 <= 2 * 2_097_152

    assert await python.run(heard) is True


async def test_channel_tells_when_its_buffer_is_low_and_when_it_ends(python: PythonPage) -> None:
    """Who waits is told of either, by whichever side it ends; and who waits no longer is not."""

    async def told() -> object:
        sizes = list[int]()
        callbacks = ChannelCallbacks(
            lambda: None, lambda data: sizes.append(len(take(data))), lambda _kind: None, lambda: None
        )
        first, second, channel = await connect(callbacks, BINARY)
        channel.buffered_amount_low_threshold = 16_384
        low, never, ended = asyncio.Event(), list[str](), asyncio.Event()
        dispose = channel.on_buffered_amount_low(low.set)
        channel.on_buffered_amount_low(lambda: never.append("told"))()
        for _ in range(20):
            channel.send_binary(binary(bytes(16_384)))
        amount = channel.buffered_amount
        await asyncio.wait_for(low.wait(), 20)
        dispose()
        dispose()
        channel.on_buffered_amount_low(ended.set)
        second.close()
        await asyncio.wait_for(ended.wait(), 30)
        is_open, late = channel.is_open, list[str]()
        channel.on_buffered_amount_low(lambda: late.append("told"))()
        first.close()
        return amount > 16_384, never, is_open, late, channel.buffered_amount_low_threshold

    assert await python.run(told) == [True, [], False, ["told"], 16_384]


async def test_connection_tells_of_a_channel_that_nobody_agreed_on(python: PythonPage) -> None:
    """The other side can open one by itself (RFC 8832)."""

    async def offered() -> object:
        offered = asyncio.Event()
        first, second, _ = await connect(offered=offered.set)
        first._connection.createDataChannel("more", None)  # noqa: SLF001 - as a foreign page does
        await asyncio.wait_for(offered.wait(), 20)
        first.close()
        second.close()
        return True

    assert await python.run(offered)


async def test_retry_after_is_a_number_of_seconds_or_nothing(python: PythonPage) -> None:
    """A server or a proxy may write anything there; nobody waits longer than a day, and nothing fails."""

    async def read() -> object:
        headers = ["7", "9" * 5_000, "²", "-1", "soon", "", None]
        return [retry_after_of(header) for header in headers]

    assert await python.run(read) == [7, 86_400, None, None, None, None, None]


async def test_number_at_the_icon_and_sound_need_nothing(python: PythonPage) -> None:
    """Neither has to be there: a page that is not installed has no icon, and one that nobody has touched no sound."""

    async def made() -> object:
        for count in (3, 0):
            BrowserAppBadge().show(count)
        sound = BrowserSound()
        for _ in range(2):
            sound.play()
        await asyncio.sleep(0.1)
        return "made"

    assert await python.run(made) == "made"
    await python.page.mouse.click(1, 1)
    assert await python.run(made) == "made"


async def test_release_that_is_served_is_told(python: PythonPage) -> None:
    """By the page of its host; where there is no page, nothing."""

    async def newest() -> object:
        found, none = await BrowserRelease("/").newest(), await BrowserRelease("/robots.txt").newest()
        return BrowserRelease("/").current, found, none

    current, found, none = await python.run(newest)
    page = await python.page.context.request.get(python.page.url.replace("robots.txt", ""))
    assert f'data-release="{found}"' in await page.text()
    assert (current, none) == ("", None)
