from __future__ import annotations

from client_py.core.known_names import KnownName
from client_py.drivers.known_names import NAMES_KEY, KnownNames
from tests.fakes.ports import FakeStore

BEN = KnownName("Benjamin", 3)


def test_names_outlive_the_page() -> None:
    """For who has heard them, and nobody else on this browser."""
    store = FakeStore()
    KnownNames(store).learn("ada", "ben", BEN)
    assert KnownNames(store).of("ada") == {"ben": BEN}
    assert KnownNames(store).of("cleo") == {}


def test_names_are_kept_no_longer_than_messages() -> None:
    """Where the person wants nothing kept, they are gone, and no more come."""
    store = FakeStore()
    names = KnownNames(store)
    names.learn("ada", "ben", BEN)
    store.put("p2pchat.keep:ada", "no")
    names.learn("ada", "cleo", BEN)
    assert names.of("ada") == {"ben": BEN}
    names.forget("ada")
    names.learn("ada", "cleo", BEN)
    assert names.of("ada") == {}
    assert NAMES_KEY + "ada" not in store
