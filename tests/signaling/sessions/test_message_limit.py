from signaling.configuration.values import read_limit
from signaling.sessions.message_limit import MessageLimit


def test_messages_are_counted_in_moving_window() -> None:
    """As many messages as the limit has are taken at once, and one more for each that is older than its time."""
    limit = MessageLimit(read_limit("2/minute"))
    assert [limit.spend(moment) for moment in (100.0, 130.0)] == [None, None]
    assert [limit.spend(moment) for moment in (131.0, 159.5)] == [29, 1]
    assert [limit.spend(moment) for moment in (160.0, 161.0, 190.0)] == [None, 29, None]


def test_every_connection_has_message_limit_of_its_own() -> None:
    """What one connection sends is not held against another."""
    first, second = MessageLimit(read_limit("1/minute")), MessageLimit(read_limit("1/minute"))
    assert first.spend(0.0) is None
    assert first.spend(0.0) == 60
    assert second.spend(0.0) is None
