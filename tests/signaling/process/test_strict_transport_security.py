import pytest

from signaling.process.strict_transport_security import strict_transport_security


def test_browsers_are_told_to_come_back_by_https() -> None:
    """A server with a certificate of its own says so, for as long as it is set."""
    headers = strict_transport_security("192.0.2.1", 3600, has_certificate=True)
    assert headers == [("Strict-Transport-Security", "max-age=3600")]


@pytest.mark.parametrize(
    ("host", "seconds", "has_certificate"),
    [("192.0.2.1", 3600, False), ("192.0.2.1", 0, True), ("127.0.0.1", 3600, True), ("localhost", 3600, True)],
)
def test_browsers_are_told_nothing(host: str, seconds: int, has_certificate: bool) -> None:  # noqa: FBT001
    """Nothing is said without a certificate, where it is switched off, or to a machine's own browser."""
    assert strict_transport_security(host, seconds, has_certificate=has_certificate) == []
