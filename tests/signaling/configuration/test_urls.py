import pytest

from signaling.configuration.urls import read_backplane_url, read_stun_urls, read_turn_urls


@pytest.mark.parametrize(
    "url",
    [
        "stun:a.example",
        "stun:a.example:3478",
        "stuns:a.example:65535",
        "stun:localhost",
        "stun:a_b.example.",
        "stun:xn--mnchen-3ya.example",
        "stun:192.0.2.1:1",
        "stun:[2001:db8::1]:3478",
        "stun:[::ffff:192.0.2.1]",
    ],
)
def test_stun_url_is_taken(url: str) -> None:
    """What RFC 7064 and all browsers take."""
    assert read_stun_urls(url) == (url,)


@pytest.mark.parametrize(
    "url",
    [
        "turn:a.example",
        "turn:a.example:3478?transport=udp",
        "turns:a.example:443?transport=tcp",
        "turn:[2001:db8::1]?transport=tcp",
        "turn:192.0.2.1",
    ],
)
def test_turn_url_is_taken(url: str) -> None:
    """What RFC 7065 and all browsers take."""
    assert read_turn_urls(url) == (url,)


PLACES = (
    "//a.example",
    "",
    "a.example:99999",
    "a.example:0",
    "a.example:",
    "a.example:http",
    "a.example:٣",
    "a.example:1:2",
    "a b",
    "a..example",
    "-a.example",
    "a-.example",
    "münchen.example",
    "a%41.example",
    "a.example/",
    "a.example#x",
    "999.0.2.1",
    "192.0.2",
    "192.0.2.1.",
    "2001:db8::1",
    "[2001:db8::1",
    "[2001:db8::g]",
    "[fe80::1%eth0]",
    "[192.0.2.1]",
    "a" * 64 + ".example",
    ("a" * 63 + ".") * 4,
    "$STUN_HOST",
)
"""What some browser does not take after `stun:`, and what nobody can be reached at."""


@pytest.mark.parametrize("place", [*PLACES, "a.example?transport=udp", "me@a.example"])
def test_stun_url_that_a_browser_would_choke_on_is_refused(place: str) -> None:
    """One of them would have every page make no connection at all."""
    with pytest.raises(ValueError, match=r"must hold URLs .*like stun:stun.example.org:3478, or be none"):
        read_stun_urls(f"stun:good.example,stun:{place}")


@pytest.mark.parametrize(
    "place",
    [
        *PLACES,
        "me@a.example",
        "a.example?",
        "a.example?transport=",
        "a.example?transport=UDP",
        "a.example?transport=sctp",
        "a.example?transport=udp&x=y",
        "a.example?x=y",
    ],
)
def test_turn_url_that_a_browser_would_choke_on_is_refused(place: str) -> None:
    """Likewise."""
    with pytest.raises(ValueError, match=r"must hold URLs .*like turn:turn.example.org:3478"):
        read_turn_urls(f"turn:good.example,turn:{place}")


@pytest.mark.parametrize("scheme", ["turn:", "STUN:", "", "http:"])
def test_other_scheme_is_refused(scheme: str) -> None:
    """Schemes are written small, since not everybody who reads them cares for others."""
    with pytest.raises(ValueError, match="must hold URLs like"):
        read_stun_urls(scheme + "a.example")


def test_urls_of_servers_are_bounded() -> None:
    """A page takes no more of them."""
    with pytest.raises(ValueError, match="128 URLs at most, not 129"):
        read_stun_urls(",".join(["stun:a.example"] * 129))
    with pytest.raises(ValueError, match="128 URLs at most"):
        read_turn_urls(",".join(["turn:a.example"] * 129))


@pytest.mark.parametrize(
    "url",
    [
        "redis://127.0.0.1:6379/0",
        "redis://redis",
        "redis://redis/",
        "redis://redis.example:6380",
        "rediss://chat:p%40ss%23%2F%3F%25@redis.example:6380/2?ssl_ca_certs=/etc/ca.pem",
        "redis://:pass:word@[2001:db8::1]:6379/0",
        "redis://redis/0?client_name=chat",
        "unix:///run/redis.sock",
        "unix://chat:p%23@/run/redis.sock?db=1",
        "",
    ],
)
def test_url_of_redis_is_taken(url: str) -> None:
    """With and without what may be left out."""
    assert read_backplane_url(url) == url


@pytest.mark.parametrize(
    ("url", "fault"),
    [
        ("redis://:hunter#2@redis.example:6379/0", "a # in the user or the password must be written as %23"),
        ("redis://:hunter?2@redis.example:6379/0", "a ? in the user or the password must be written as %3F"),
        ("redis://:hunter/2@redis.example:6379/0", "a / in the user or the password must be written as %2F"),
        ("redis://:hunter@2@redis.example:6379/0", "a @ in the user or the password must be written as %40"),
        ("redis://:hunter[2@redis.example:6379/0", "written as %5B"),
        ("redis://:hunter%2@redis.example:6379/0", "a % in the user or the password must be written as %25"),
        ("redis://:hunter 2@redis.example:6379/0", "a space in the user or the password must be written as %20"),
        ("redis://:hunter€2@redis.example:6379/0", "not ASCII"),
        ("redis://:hunter\udcff2@redis.example:6379/0", "not ASCII"),
        ("unix://:hunter#2@/run/redis.sock", "written as %23"),
        ("redis://redis.example/0#hunter", "without a #"),
        ("redis://redis.example#", "without a #"),
        ("redis://:hunter2@redis.example:65536/0", "a port"),
        ("redis://:hunter2@redis.example:0", "a port"),
        ("redis://:hunter2@redis.example:x/0", "a port"),
        ("redis://:hunter2@:6379", "a host"),
        ("redis://:hunter2@a,b:6379", "a host"),
        ("redis://:hunter2@redis.example/chat", "the number of a database"),
        ("redis://:hunter2@redis.example/0/1", "the number of a database"),
        ("redis://:hunter2@redis.example/-1", "the number of a database"),
        ("redis://redis.example/0?protocol=3", "so not 'protocol'"),
        ("redis://redis.example/0?db=0&password=hunter2", "so not 'password'"),
        ("redis://redis.example/0?db=hunter2", "the number of a database"),
        ("rediss://redis.example/0?ssl_cert_reqs=hunter2", "options that Redis's client takes"),
        ("rediss://redis.example/0?ssl_hunter=2", "options that Redis's client takes"),
        ("unix://redis.sock", "must have a path"),
        ("unix://:hunter2@", "must be a URL like redis://"),
        ("http://:hunter2@redis.example", "must be a URL like redis://127.0.0.1:6379/0"),
        ("REDIS://:hunter2@redis.example", "must be a URL like redis://"),
        ("redis://", "must be a URL like redis://"),
        ("hunter2", "must be a URL like redis://"),
    ],
)
def test_url_that_redis_could_not_be_reached_by_is_refused(url: str, fault: str) -> None:
    """The sentence says what to write, and has nothing in it of a password."""
    with pytest.raises(ValueError) as caught:  # noqa: PT011 - its text is looked at
        read_backplane_url(url)
    assert fault in str(caught.value)
    assert str(caught.value).startswith("must ")
    assert "hunter" not in str(caught.value)
