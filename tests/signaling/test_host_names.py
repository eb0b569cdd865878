import pytest

from signaling.host_names import ANY, host_name, is_answered, normal_host

EVIL = "rebound.example"


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("chat.example.org", "chat.example.org"),
        ("Chat.Example.org:3000", "chat.example.org"),
        ("localhost.:3000", "localhost"),
        ("127.0.0.1:3000", "127.0.0.1"),
        ("[::1]:3000", "::1"),
        ("[0:0:0:0:0:0:0:1]", "::1"),
        ("", ""),
    ],
)
def test_host_header_has_a_name_in_it(host: str, name: str) -> None:
    """A port, brackets, capitals and the dot of DNS's root make no other name of it."""
    assert host_name(host) == name


@pytest.mark.parametrize(
    ("text", "name"),
    [
        (" Chat.Example.org. ", "chat.example.org"),
        ("*.example.org", "*.example.org"),
        ("192.0.2.7", "192.0.2.7"),
        ("[2001:DB8::7]", "2001:db8::7"),
        ("2001:db8:0::7", "2001:db8::7"),
        ("a_b.local", "a_b.local"),
        ("any", ANY),
    ],
)
def test_name_may_be_allowed(text: str, name: str) -> None:
    """As people write names and addresses."""
    assert normal_host(text) == name


@pytest.mark.parametrize(
    "text", ["", "*", "*.", "a.*.org", "https://a.example", "a.example:80", "a.example/", "a b", ".org", "[::1]:80"]
)
def test_other_text_is_no_name(text: str) -> None:
    """An origin, a port or a path would never be the same as a name."""
    assert normal_host(text) is None


@pytest.mark.parametrize("host", [EVIL, f"{EVIL}:3000", "chat.example.org.", "192.0.2.7", "localhost", ""])
@pytest.mark.parametrize("only_here", [True, False])
def test_any_name_is_answered_where_that_is_set(host: str, *, only_here: bool) -> None:
    """For somebody who knows what they do."""
    assert is_answered(host, [ANY], only_here=only_here)


@pytest.mark.parametrize("host", [EVIL, "localhost", "192.0.2.7:3000", ""])
def test_public_server_answers_by_default(host: str) -> None:
    """It does not know by which names a proxy or the internet calls it."""
    assert is_answered(host, [], only_here=False)


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LOCALHOST:3000",
        "localhost.",
        "chat.localhost:1",
        "127.0.0.1:3000",
        "127.9.9.9",
        "[::1]:3000",
        "192.0.2.7",
        "",
    ],
)
def test_own_machine_is_asked_by_its_own_names(host: str) -> None:
    """Names that no DNS is asked for, and addresses, which no page's name is."""
    assert is_answered(host, [], only_here=True)


@pytest.mark.parametrize(
    "host", [EVIL, f"{EVIL}:3000", "localhost.rebound.example", "mylocalhost", "127.0.0.1.rebound.example", "127.1"]
)
def test_rebound_name_is_not_answered(host: str) -> None:
    """However it looks, and wherever it points."""
    assert not is_answered(host, [], only_here=True)


@pytest.mark.parametrize(
    "host", ["chat.example.org", "CHAT.example.org.:443", "a.b.example.net", "[2001:db8::7]:3000", ""]
)
def test_allowed_name_is_answered(host: str) -> None:
    """A name, every name below one, an address; and without a name, no browser asks."""
    allowed = ["chat.example.org", "*.example.net", "2001:db8::7"]
    assert is_answered(host, allowed, only_here=False)


@pytest.mark.parametrize(
    "host", [EVIL, "example.net", "evilexample.net", "localhost", "127.0.0.1", "a.chat.example.org"]
)
@pytest.mark.parametrize("only_here", [True, False])
def test_other_name_is_not_answered(host: str, *, only_here: bool) -> None:
    """What is set counts, and nothing beside it."""
    assert not is_answered(host, ["chat.example.org", "*.example.net"], only_here=only_here)
