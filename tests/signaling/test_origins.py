import pytest

from signaling.origins import is_allowed, is_same_origin, normal_origin


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://example.org", "https://example.org"),
        (" HTTPS://Example.ORG ", "https://example.org"),
        ("https://example.org:443", "https://example.org"),
        ("http://example.org:80", "http://example.org"),
        ("http://example.org:443", "http://example.org:443"),
        ("http://127.0.0.1:3000", "http://127.0.0.1:3000"),
        ("http://[::1]:3000", "http://[::1]:3000"),
        ("http://[0:0::0001]", "http://[::1]"),
        ("https://example.org:0443", "https://example.org"),
        ("https://example.org:65535", "https://example.org:65535"),
    ],
)
def test_origin_is_written_one_way(text: str, origin: str) -> None:
    """Case and default ports make no difference."""
    assert normal_origin(text) == origin


@pytest.mark.parametrize(
    "text",
    ["", "null", "example.org", "https://", "https://example.org/", "https://a@example.org", "ftp://example.org",
     "https://example.org:port", "https://[::1", "*", "https://example.org:65536",
     "https://example.org:0", "https://example.org:1234567", "https://[1.2.3.4]", "https://[:::]"],
)  # fmt: skip
def test_other_text_is_no_origin(text: str) -> None:
    """A path, a user, another scheme, or nonsense makes no web origin."""
    assert normal_origin(text) is None


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("http://127.0.0.1:3000", "127.0.0.1:3000"),
        ("https://example.org", "example.org"),
        ("https://example.org", "example.org:443"),
        ("https://Example.org", "EXAMPLE.ORG"),
    ],
)
def test_page_of_same_host_is_same_origin(origin: str, host: str) -> None:
    """A page that came from the host that it asks is of the same origin."""
    assert is_same_origin(origin, host)


@pytest.mark.parametrize(
    ("origin", "host"),
    [
        ("http://evil.example", "example.org"),
        ("http://example.org:8080", "example.org"),
        ("https://example.org.evil.example", "example.org"),
        ("null", "null"),
        ("null", ""),
        ("http://example.org", ""),
    ],
)
def test_page_of_other_host_is_foreign(origin: str, host: str) -> None:
    """Another host, another port, or no origin to speak of is foreign."""
    assert not is_same_origin(origin, host)


@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        (None, True),
        ("https://chat.example", True),
        ("https://pages.example", True),
        ("https://PAGES.example:443", True),
        ("https://other.example", False),
        ("null", False),
    ],
)
def test_pages_of_some_origins_are_allowed(origin: str | None, *, allowed: bool) -> None:
    """Those of the server itself, those that are named, and clients that are no page at all."""
    assert is_allowed(origin, "chat.example", {"https://pages.example"}) is allowed
