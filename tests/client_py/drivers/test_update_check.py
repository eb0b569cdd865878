from __future__ import annotations

from client_py.drivers.tasks import Tasks
from client_py.drivers.update_check import HURRY_SECONDS, PAUSE_SECONDS, UpdateCheck
from tests.fakes.ports import FakeClock, FakeRelease, settle


def _fail(error: BaseException) -> None:
    raise error


async def test_newer_release_is_told_once() -> None:
    """As soon as somebody looks, and a while has passed; no answer is no release."""
    clock, release, found = FakeClock(), FakeRelease(), list[str]()
    check = UpdateCheck(release, clock, Tasks(_fail), lambda: found.append("new"))
    for newest, seconds, asked in (
        ("another", 0.0, 0),  # the page has just been loaded
        ("this", PAUSE_SECONDS, 1),
        (None, PAUSE_SECONDS, 2),
        ("another", PAUSE_SECONDS - 1, 2),
        ("another", 1.0, 3),
        ("yet another", PAUSE_SECONDS, 3),
    ):
        release.offered = newest
        clock.advance(seconds)
        check.look(PAUSE_SECONDS)
        await settle()
        assert release.asked == asked
    assert found == ["new"]


async def test_clock_that_is_set_back_stops_nothing() -> None:
    """It may be wrong for years."""
    clock, release = FakeClock(), FakeRelease()
    check = UpdateCheck(release, clock, Tasks(_fail), _nothing)
    clock.sleep(-1e6)
    check.look(HURRY_SECONDS)
    await settle()
    assert release.asked == 1


async def test_two_answers_at_once_are_told_once() -> None:
    """The first may have been slow."""
    clock, release, found = FakeClock(), FakeRelease(offered="another"), list[str]()
    check = UpdateCheck(release, clock, Tasks(_fail), lambda: found.append("new"))
    for _ in range(2):
        clock.advance(HURRY_SECONDS)
        check.look(HURRY_SECONDS)
    await settle()
    assert (release.asked, found) == (2, ["new"])


async def test_page_without_a_name_asks_nobody() -> None:
    """It was not filled in by a server."""
    clock, release = FakeClock(), FakeRelease(current="")
    check = UpdateCheck(release, clock, Tasks(_fail), _nothing)
    clock.advance(PAUSE_SECONDS)
    check.look(HURRY_SECONDS)
    await settle()
    assert release.asked == 0


def _nothing() -> None:
    pass
