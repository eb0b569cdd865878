from __future__ import annotations

from client_py.core.conversation.delivery import Delivery
from client_py.core.conversation.delivery_progress import MAX_FOLLOWED, Deliveries
from client_py.core.conversation.history_records import Receipt
from client_py.core.conversation.notices import DeliveryChanged

QUEUED, SENT, DELIVERED, READ = Delivery


def owing(*accounts: str) -> Deliveries:
    """Return deliveries of one message of 5 bytes, which is owed to a tab of each of these accounts."""
    deliveries = Deliveries("ada")
    deliveries.add("ours", 5)
    for account in accounts:
        deliveries.owe("ours", account, "tab")
    return deliveries


def test_deliveries_show_how_far_the_last_account_is() -> None:
    """A message goes only as far as everyone has it, and is told when that changes."""
    deliveries = owing("ben", "cleo")
    assert deliveries.advance(["ours"], "ben", "tab", DELIVERED) == []
    assert deliveries.advance(["ours"], "cleo", "tab", SENT) == [DeliveryChanged("ours", SENT)]
    assert deliveries.advance(["ours"], "cleo", "tab", SENT) == []
    assert deliveries.advance(["ours"], "cleo", "tab", READ) == [DeliveryChanged("ours", DELIVERED)]
    assert deliveries.advance(["ours"], "ben", "tab", READ) == [DeliveryChanged("ours", READ)]


def test_deliveries_show_the_furthest_device_of_an_account() -> None:
    """An account has what one of its devices has."""
    deliveries = owing("ben")
    deliveries.owe("ours", "ben", "phone")
    deliveries.advance(["ours"], "ben", "phone", DELIVERED)
    assert deliveries.advance(["ours"], "ben", "tab", SENT) == []


def test_deliveries_count_what_waits() -> None:
    """Messages and bytes count until the message is delivered."""
    deliveries = owing("ben")
    deliveries.add("another", 7)
    assert (deliveries.undelivered_items, deliveries.undelivered_bytes) == (2, 12)
    deliveries.advance(["ours"], "ben", "tab", DELIVERED)
    deliveries.advance(["ours"], "ben", "tab", READ)
    assert (deliveries.undelivered_items, deliveries.undelivered_bytes) == (1, 7)


def test_deliveries_know_what_is_owed() -> None:
    """An account may be owed a message before one of its devices is known."""
    deliveries = owing()
    deliveries.owe("ours", "ben")
    assert not deliveries.is_owed("ours", "ben", "tab")
    assert not deliveries.is_owed_to_devices("ours", "ben")
    assert list(deliveries.outstanding()) == [("ours", "ben")]
    deliveries.owe("ours", "ben", "tab")
    assert deliveries.is_owed("ours", "ben", "tab")
    assert deliveries.is_owed_to_devices("ours", "ben")
    deliveries.forgive(["ours"], "ben", "tab")
    assert not deliveries.is_owed("ours", "ben", "tab")
    assert not deliveries.is_owed_to_devices("ours", "ben")


def test_deliveries_give_what_is_to_be_kept() -> None:
    """A receipt is a copy: what happens later is not in it; and there is none of what is not followed."""
    deliveries = owing("ben")
    (receipt,) = deliveries.receipts(["ours", "unknown"])
    deliveries.advance(["ours"], "ben", "tab", SENT)
    assert receipt == Receipt("ours", {"ben": {"tab": QUEUED}})


def test_deliveries_go_on_where_they_were() -> None:
    """What was kept tells what is shown, what waits, and who is owed it."""
    deliveries = Deliveries("ada")
    deliveries.restore(Receipt("waiting", {"ben": {"tab": QUEUED}}), 5)
    deliveries.restore(Receipt("delivered", {"ben": {"tab": DELIVERED}}), 0)
    assert (deliveries.undelivered_items, deliveries.undelivered_bytes) == (1, 5)
    assert deliveries.is_owed("waiting", "ben", "tab")
    assert deliveries.advance(["delivered"], "ben", "tab", DELIVERED) == []
    assert deliveries.advance(["delivered"], "ben", "tab", READ) == [DeliveryChanged("delivered", READ)]


def test_deliveries_forget_what_everyone_has_read() -> None:
    """Nothing more can be learned of it, and nobody is owed it any more."""
    deliveries = owing("ben")
    deliveries.forget_finished(deliveries.receipts(["ours"]))
    assert deliveries.advance(["ours"], "ben", "tab", READ) == [DeliveryChanged("ours", READ)]
    deliveries.forget_finished(deliveries.receipts(["ours"]))
    assert deliveries.receipts(["ours"]) == ()
    assert deliveries.is_owed("ours", "ben", "phone")
    assert deliveries.advance(["ours"], "ben", "tab", READ) == []


def test_deliveries_forget_the_oldest_that_nobody_reads() -> None:
    """What was delivered to somebody who never looks fills no memory; what is still owed is never forgotten."""
    deliveries = owing("ben")
    delivered = [f"delivered-{number}" for number in range(MAX_FOLLOWED)]
    for message_id in delivered:
        deliveries.add(message_id, 5)
        deliveries.owe(message_id, "ben", "tab")
    deliveries.advance(delivered, "ben", "tab", DELIVERED)
    deliveries.forget_finished(())
    assert deliveries.receipts(delivered[:1]) != ()
    deliveries.add("newest", 5)
    deliveries.owe("newest", "ben", "tab")
    deliveries.advance(["newest"], "ben", "tab", DELIVERED)
    deliveries.forget_finished(())
    assert deliveries.receipts(delivered[:1]) == ()
    assert [receipt.item_id for receipt in deliveries.receipts(["ours", delivered[1]])] == ["ours", delivered[1]]
