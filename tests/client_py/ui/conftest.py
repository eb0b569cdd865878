from __future__ import annotations

from collections.abc import Iterator

import pytest

from client_py.ui.page import Page
from client_py.ui.room.room_screen import RoomScreen
from tests.client_py.ui.view_context import World, open_room


@pytest.fixture
def world() -> World:
    """Return a page as index.html has it, and what its views stand on."""
    return World()


@pytest.fixture
def page(world: World) -> Iterator[Page]:
    """Yield the screens' owner, and see at the end that nothing listens any more."""
    page = Page(world.context, world.asked)
    yield page
    page.dispose()
    assert world.document.live_listeners == 0
    assert world.clock.waiting == []


@pytest.fixture
def room(world: World, page: Page) -> RoomScreen:
    """Return the room that is on the page."""
    return open_room(page, world.asked)
