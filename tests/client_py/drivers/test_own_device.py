from __future__ import annotations

import pytest

from client_py.core.conversation.database_rows import Place
from client_py.core.conversation.delivery import Delivery, Direction
from client_py.core.conversation.history_records import Entry, Receipt
from client_py.core.conversation.items import Item, Text
from client_py.drivers.history_storage import HistoryStorage
from client_py.drivers.own_device import OwnDevice, OwnDevices
from client_py.drivers.tasks import Tasks
from client_py.ports.storage import Put
from tests.fakes.ports import FakeClock, FakeDatabase, FakeLocks, FakeRandom, FakeStore, settle

PLACE = Place("ada", "den")


class Browser:
    """One browser, in which tabs are opened and go."""

    def __init__(self) -> None:
        self.database, self.locks = FakeDatabase(), FakeLocks()
        self.clock, self.random = FakeClock(), FakeRandom()

    async def open(self, tab: FakeStore | None = None) -> OwnDevice:
        """Open a tab; a new one has nothing in its sessionStorage."""
        self.clock.advance(1)
        devices = OwnDevices(PLACE, self.locks, tab if tab is not None else FakeStore(), self.clock, self.random)
        return await devices.take_up(self.database)

    def storage(self, device: OwnDevice) -> HistoryStorage:
        """Return what a device keeps."""
        return HistoryStorage(PLACE, device.name, self.database, self.clock, Tasks(fail), fail)

    async def write(self, device: OwnDevice, text: str, delivery: Delivery = Delivery.QUEUED) -> None:
        """Keep a message to Ben of a device."""
        message = Item(f"message-{text:0>12}", Direction.OUTGOING, "ada", Text(text), 1.0, delivery)
        receipt = Receipt(message.id, {"ben": {"bens-tab": delivery}})
        self.storage(device).store(Entry(message, (receipt,)))
        await settle()


def fail(reason: object) -> None:
    """Fail the test in which something fails behind its back."""
    raise AssertionError(reason)


async def test_reloaded_tab_is_the_same_device() -> None:
    """Its name stands in sessionStorage, and goes before another that was left behind later."""
    browser, tab = Browser(), FakeStore()
    before, later = await browser.open(tab), await browser.open()
    before.release()
    later.release()
    assert (await browser.open(tab)).name == before.name


async def test_duplicated_tab_is_a_device_of_its_own() -> None:
    """The name in its sessionStorage is held by another page."""
    browser, tab = Browser(), FakeStore()
    first = await browser.open(tab)
    second = await browser.open(FakeStore(tab))
    assert second.name != first.name


async def test_tab_after_a_crash_takes_up_what_was_left_behind() -> None:
    """Of several devices that nobody holds, the one used last."""
    browser = Browser()
    old, new = await browser.open(), await browser.open()
    for device in (old, new):
        device.release()
    assert (await browser.open()).name == new.name


async def test_living_tab_is_left_alone() -> None:
    """A second tab neither becomes the first one nor takes anything from it."""
    browser = Browser()
    first = await browser.open()
    await browser.write(first, "mine")
    second = await browser.open()
    assert second.name != first.name
    assert (await browser.storage(second).load()).pending == ()
    assert [message.text for message in (await browser.storage(first).load()).pending] == ["mine"]


async def test_pending_message_of_a_living_tab_is_not_shown_elsewhere_as_delivered() -> None:
    """Another tab of the account shows it as far as it has come."""
    browser = Browser()
    first = await browser.open()
    await browser.write(first, "mine")
    shown = (await browser.storage(await browser.open()).load()).items
    assert [message.delivery for message in shown] == [Delivery.QUEUED]


async def test_tab_inherits_from_the_others_that_were_left_behind() -> None:
    """What they have yet to deliver waits in one order, and what they delivered stays delivered."""
    browser = Browser()
    old, new = await browser.open(), await browser.open()
    await browser.write(old, "1")
    await browser.write(new, "2")
    await browser.write(old, "3")
    await browser.write(old, "4", Delivery.DELIVERED)
    for device in (old, new):
        device.release()
    heir = await browser.open()
    snapshot = await browser.storage(heir).load()
    assert heir.name == new.name
    assert [message.text for message in snapshot.pending] == ["1", "2", "3"]
    assert [message.delivery for message in snapshot.items] == [Delivery.QUEUED] * 3 + [Delivery.DELIVERED]
    assert snapshot.receipts[-1].owed == {"ben": {"": Delivery.DELIVERED}}
    assert await browser.database.read(PLACE.receipts_of(old.name)) == []
    assert len(await browser.database.read(PLACE.devices)) == 1


async def test_clearing_leaves_what_a_living_tab_has_yet_to_deliver() -> None:
    """The history is one for all tabs; what one of them still owes is not history yet."""
    browser = Browser()
    first, second = await browser.open(), await browser.open()
    await browser.write(first, "mine")
    await browser.storage(second).clear()
    assert [message.text for message in (await browser.storage(first).load()).pending] == ["mine"]


async def test_device_that_is_spoilt_is_inherited_from_all_the_same() -> None:
    """What it has kept is not lost with its row; a spoilt receipt goes along as it is."""
    browser = Browser()
    before = await browser.open()
    await browser.write(before, "1")
    await browser.write(before, "2")
    receipts = PLACE.receipts_of(before.name)
    await browser.database.write(
        [Put(PLACE.device(before.name), "[" * 9_000), Put((*receipts, "message-000000000002"), "no json")]
    )
    before.release()
    tab = FakeStore()
    tab.put("p2pchat.device:ada/den", "new-tab-of-22-characte")
    heir = await browser.open(tab)
    assert (heir.name, heir.resume_token) == ("new-tab-of-22-characte", None)
    snapshot = await browser.storage(heir).load()
    assert [message.text for message in snapshot.pending] == ["1"]
    assert [message.delivery for message in snapshot.items] == [Delivery.QUEUED, None]


@pytest.mark.parametrize("name", ["short", "no device name", "x" * 65])
async def test_device_has_no_name_that_peers_refuse(name: str) -> None:
    """What stands in sessionStorage or among the devices may be anything; this tab is a new device then."""
    browser, tab = Browser(), FakeStore()
    tab.put("p2pchat.device:ada/den", name)
    await browser.database.write([Put(PLACE.device(name), "[1.5,null]")])
    device = await browser.open(tab)
    assert device.name != name
    assert [key[-1] for key, _ in await browser.database.read(PLACE.devices)] == [device.name]
