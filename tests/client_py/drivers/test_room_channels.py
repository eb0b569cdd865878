from __future__ import annotations

from dataclasses import replace

from client_py.core.channels import CHANNELS, CHAT, Data
from client_py.core.frames import Features, Hello
from client_py.core.status_line import Status
from client_py.drivers.peer_connection import options_of
from tests.client_py.core.test_channels import BULK
from tests.client_py.drivers.test_room import BOB, Stage
from tests.fakes.ports import FakeBinaryData, FakeChannel


async def connected() -> tuple[Stage, FakeChannel]:
    """Connect to Bob, who has a second channel as well; gives the room, and that channel."""
    stage = Stage(channels=(*CHANNELS, BULK))
    await stage.connect()
    bulk = stage.connection.channels[1]
    bulk.callbacks.opened()
    return stage, bulk


async def test_driver_creates_the_channels_of_the_table() -> None:
    """All of them on every connection, in the order of the table; as it ends, they are closed."""
    stage, bulk = await connected()
    assert [channel.options for channel in stage.connection.channels] == [options_of(CHAT), options_of(BULK)]
    assert (bulk.options.binary, stage.channel.options.binary) == (True, False)
    stage.driver.stop()
    assert [channel.closed for channel in stage.connection.channels] == [True, True]


async def test_driver_names_the_features_of_the_table() -> None:
    """What the other side does not hear of, it does not use."""
    stage = Stage(channels=(*CHANNELS, BULK))
    stage.hello = Hello(2, "bobs-device-00000000")
    await stage.connect()
    assert any('"bulk"' in text for text in stage.channel.sent if "features" in text)


async def test_driver_gives_a_channel_that_both_sides_have() -> None:
    """Before the other one has named its feature there is none, and once it is closed there is none any more."""
    stage = Stage(channels=(*CHANNELS, BULK))
    assert stage.driver.channel(BOB, BULK) is None
    stage.hello = Hello(2, "bobs-device-00000000")
    await stage.connect()
    bulk = stage.connection.channels[1]
    bulk.callbacks.opened()
    assert stage.driver.channel(BOB, BULK) is None
    stage.receive_frame(Features(("bulk",)))
    assert stage.driver.channel(BOB, BULK) is bulk
    bulk.callbacks.closed()
    assert stage.driver.channel(BOB, BULK) is None
    assert stage.status is Status.CONNECTED


async def test_driver_hands_data_to_the_user_of_the_channel() -> None:
    """Where nobody does, it is let go of."""
    stage, bulk = await connected()
    unused = FakeBinaryData(b"bytes")
    bulk.callbacks.received(unused)
    assert unused.releases == 1
    handed: list[Data] = []
    stage.driver._callbacks = replace(
        stage.driver._callbacks,
        hand_over=lambda peer_id, channel, data: handed.append(data) if (peer_id, channel) == (BOB, BULK) else None,
    )
    data = FakeBinaryData(b"bytes")
    bulk.callbacks.received(data)
    assert (handed, data.releases) == ([data], 0)


async def test_driver_closes_the_connection_to_a_peer_that_sends_too_much_over_any_channel() -> None:
    """All its channels go with it."""
    stage, bulk = await connected()
    connection = stage.connection
    bulk.callbacks.overrun("binary")
    assert connection.closed
    assert [channel.closed for channel in connection.channels] == [True, True]


async def test_driver_keeps_the_other_channels_when_one_breaks() -> None:
    """That `chat` breaks ends the connection, but that is the link's to decide."""
    stage, bulk = await connected()
    bulk.callbacks.closed()
    assert not stage.connection.closed
    assert stage.status is Status.CONNECTED
