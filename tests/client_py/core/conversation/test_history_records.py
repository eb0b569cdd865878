from __future__ import annotations

from collections.abc import Mapping

import pytest

from client_py.core.conversation.delivery import Delivery
from client_py.core.conversation.history_records import Receipt

QUEUED, SENT, DELIVERED, READ = Delivery

Owed = Mapping[str, Mapping[str, Delivery]]


@pytest.mark.parametrize(
    ("owed", "delivery"),
    [
        ({}, QUEUED),
        ({"ben": {}}, QUEUED),
        ({"ben": {"tab": SENT}}, SENT),
        ({"ben": {"tab": QUEUED, "phone": READ}}, READ),
        ({"ben": {"tab": READ}, "cleo": {"tab": DELIVERED}}, DELIVERED),
        ({"ben": {"tab": READ}, "cleo": {}}, QUEUED),
    ],
)
def test_receipt_gives_how_far_the_last_account_is(owed: Owed, delivery: Delivery) -> None:
    """One device of an account is enough, but all accounts have to have it."""
    assert Receipt("ours", owed).delivery is delivery


@pytest.mark.parametrize(
    ("owed", "settled", "finished"),
    [
        ({}, False, False),
        ({"ben": {"tab": SENT}}, False, False),
        ({"ben": {"tab": DELIVERED}}, True, False),
        ({"ben": {"tab": READ}}, True, True),
        ({"ben": {"tab": READ, "phone": DELIVERED}}, True, True),
        ({"ben": {"tab": READ, "phone": QUEUED}}, False, False),
        ({"ben": {"tab": READ}, "cleo": {"tab": DELIVERED}}, True, False),
        ({"ben": {"tab": READ}, "cleo": {}}, False, False),
    ],
)
def test_receipt_knows_when_nothing_is_owed_any_more(owed: Owed, settled: bool, finished: bool) -> None:  # noqa: FBT001
    """It is settled when every device that is owed the message has it, and finished when every account has read it."""
    receipt = Receipt("ours", owed)
    assert (receipt.is_settled, receipt.is_finished) == (settled, finished)


def test_receipt_is_inherited_without_its_count() -> None:
    """What has arrived stays arrived, at nobody whose numbers would be taken for ours; what waits goes on waiting."""
    owed = {"ben": {"tab-1": Delivery.DELIVERED, "tab-2": Delivery.QUEUED}, "cleo": {}}
    receipt = Receipt("an-id", owed).inherited()
    assert receipt == Receipt("an-id", {"ben": {"": Delivery.DELIVERED, "tab-2": Delivery.QUEUED}, "cleo": {}})
