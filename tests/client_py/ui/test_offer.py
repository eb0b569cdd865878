from __future__ import annotations

from client_py.ui.offer import Offer, OfferWords
from client_py.words.attention import NOT_NOW, OFFER_NOTIFICATIONS, TURN_ON
from tests.client_py.ui.view_context import World
from tests.fakes.document import FakeElement

OFFERED = OfferWords("offer-notifications", OFFER_NOTIFICATIONS, TURN_ON, NOT_NOW)


def test_offer_is_made_and_taken_or_declined() -> None:
    """It says what it offers when it does, aloud, and is gone with either answer."""
    world, taken, resized = World(), list[str](), list[str]()
    offer = Offer(world.document, world.words, OFFERED, lambda: taken.append("yes"), lambda: resized.append("resized"))
    element = offer.element
    assert isinstance(element, FakeElement)
    assert (element.hidden, element.one(role="status").text) == (True, "")
    for answer, outcome in (("offer-notifications-no", []), ("offer-notifications-yes", ["yes"])):
        offer.show()
        assert (element.hidden, element.one(role="status").text) == (False, OFFER_NOTIFICATIONS)
        element.by_test_id(answer).fire("click")
        assert (element.hidden, taken) == (True, outcome)
    assert resized == ["resized", "resized"], "what stands below has to make room"
    offer.dispose()
    assert sum(each.listeners.count for each in element.all()) == 0
