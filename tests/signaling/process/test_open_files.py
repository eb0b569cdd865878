from signaling.process.open_files import files_for_connections, most_open_files


def test_some_files_stay_for_other_things(few_files: int) -> None:
    """Connections may have most of what the system allows, and not all."""
    assert files_for_connections() == few_files * 7 // 8


def test_limit_of_open_files_is_known(few_files: int) -> None:
    """It is the system's."""
    assert most_open_files() == few_files
