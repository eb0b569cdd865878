from __future__ import annotations

from client_py.core.channels import BINARY, BINARY_BUDGETS, CHANNELS, CHAT, ChannelKind, ChannelSpec, features_of
from client_py.core.frames import MAX_FRAME_BYTES

BULK = ChannelSpec("bulk", 1, ChannelKind.BINARY, BINARY_BUDGETS, feature="bulk")


def test_table_can_be_negotiated() -> None:
    """Both sides find a channel by its id alone, and the first is what every page has."""
    assert CHANNELS[0] is CHAT
    assert len({channel.id for channel in CHANNELS}) == len({channel.label for channel in CHANNELS}) == len(CHANNELS)


def test_channels_beyond_chat_need_a_feature() -> None:
    """A page of before does not have them, and its browser drops what comes, or keeps it for nobody."""
    assert [channel for channel in CHANNELS if channel.feature is None] == [CHAT]


def test_no_frame_blocks_the_other_channels() -> None:
    """RFC 8831 §6.6 is for each of them."""
    assert all(channel.max_frame_length <= MAX_FRAME_BYTES for channel in (*CHANNELS, BULK))


def test_page_names_the_features_of_its_channels() -> None:
    """One that every page has needs none."""
    assert features_of((CHAT, BULK)) == {"bulk"}


def test_channel_receives_the_kinds_that_it_has_budgets_for() -> None:
    """Kinds may share one."""
    assert all(CHAT.receives(kind) for kind in ("message", "item", "other"))
    assert not CHAT.receives(BINARY)
    assert BULK.receives(BINARY)
    assert not BULK.receives("text")
