from __future__ import annotations

from client_py.core.storage_report import StorageReport


def test_nothing_is_known_before_it_was_looked_at() -> None:
    """No number is made up."""
    report = StorageReport()
    assert {report.rooms, report.used, report.quota, report.is_persisted} == {None}
