from __future__ import annotations

from client_py.core.conversation.delivery import Delivery


def test_delivery_has_the_label_that_the_page_shows() -> None:
    """`data-delivery` has these values."""
    assert [delivery.label for delivery in Delivery] == ["queued", "sent", "delivered", "read"]
