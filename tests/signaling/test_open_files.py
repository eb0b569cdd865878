import resource

from signaling.open_files import files_for_connections


def test_some_files_stay_for_other_things() -> None:
    """Connections may have most of what the system allows, and not all."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (800, hard))
    try:
        assert files_for_connections() == 700
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
