import pytest

from signaling.monitoring.counters import Counters
from signaling.monitoring.exhausted_files import LINE_SECONDS, ExhaustedFiles


def test_minute_has_one_line(caplog: pytest.LogCaptureFixture) -> None:
    """While it goes on, the log says so once a minute, with how often it was."""
    now = 0.0
    exhausted = ExhaustedFiles(Counters(), lambda: now)
    for moment in (0.0, 1.0, LINE_SECONDS - 1, LINE_SECONDS):
        now = moment
        exhausted.tell(1024)
    lines = [line.partition(" hint=")[0] for line in caplog.messages]
    assert lines == ["event=files_exhausted limit=1024 count=1", "event=files_exhausted limit=1024 count=3"]
    assert exhausted.counters.files_exhausted == 4
