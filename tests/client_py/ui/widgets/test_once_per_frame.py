from __future__ import annotations

from client_py.ui.widgets.once_per_frame import OncePerFrame
from tests.fakes.document import FakeDocument


def test_work_is_done_once_for_all_that_asked() -> None:
    """Before the page is drawn, and again only when it is asked for again."""
    document, done = FakeDocument(), list[bool]()
    document.hold_frames()
    work = OncePerFrame(document, lambda: done.append(True))
    for _ in range(3):
        work.ask()
    assert (done, work.is_due) == ([], True)
    document.draw()
    document.draw()
    assert (done, work.is_due) == ([True], False)


def test_work_is_not_done_after_the_end() -> None:
    """A screen that was left draws nothing."""
    document, done = FakeDocument(), list[bool]()
    document.hold_frames()
    work = OncePerFrame(document, lambda: done.append(True))
    work.ask()
    work.dispose()
    document.draw()
    assert done == []
