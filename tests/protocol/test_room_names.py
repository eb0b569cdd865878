import pytest

from protocol.room_names import canonical_room, is_room_name


@pytest.mark.parametrize("room", ["a", "x" * 64, "my_room-7"])
def test_room_name_is_accepted(room: str) -> None:
    """Letters, digits and two signs make a room's name, 1 to 64 of them."""
    assert is_room_name(room)


@pytest.mark.parametrize("room", ["", "x" * 65, "a.b", "a/b", "küche"])
def test_room_name_is_refused(room: str) -> None:
    """A room's name that is empty, too long or of other characters is refused."""
    assert not is_room_name(room)


def test_names_that_differ_in_case_are_one_room() -> None:
    """A room's name is compared in lower case, however it is typed."""
    assert canonical_room("Start") == canonical_room("START") == "start"
