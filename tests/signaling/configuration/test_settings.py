import secrets
import traceback
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path

import platformdirs
import pytest

from signaling.configuration.settings import Settings, unknown_variables
from signaling.errors import InvalidSetting

SECRET = "a secret of the tests, 32 bytes or more"


def test_settings_have_defaults() -> None:
    """An empty environment gives the defaults."""
    settings = Settings.read({})
    assert settings == Settings()
    assert (settings.host, settings.port, settings.room_capacity) == ("127.0.0.1", 3000, 2)
    assert settings.data_dir == platformdirs.user_data_path("p2p-chat")


def test_settings_read_environment() -> None:
    """Every kind of setting is read from its variable."""
    settings = Settings.read(
        {
            "P2PCHAT_PORT": "8080",
            "P2PCHAT_DATA_DIR": "/srv/chat",
            "P2PCHAT_ALLOWED_ORIGINS": "https://a.example, https://B.example:443",
            "P2PCHAT_SECURITY_CONTACT": "mailto:security@example.org, tel:+1-201-555-0123",
            "P2PCHAT_ALLOWED_HOSTS": "A.example., *.b.example, [2001:DB8::1]",
            "P2PCHAT_SSL_CERTFILE": "/etc/p2p-chat/certificate.pem",
            "P2PCHAT_TRUSTED_PROXIES": "10.0.0.0/8,::1",
            "P2PCHAT_STUN_URLS": "stun:a.example:3478",
            "P2PCHAT_TURN_URLS": "turn:a.example?transport=udp, turns:[2001:db8::1]:443?transport=tcp",
            "P2PCHAT_TURN_SECRET": SECRET,
            "P2PCHAT_TURN_LIFE": "60",
            "P2PCHAT_LOGIN_LIMIT": "5/10 minutes",
        }
    )
    assert settings.port == 8080
    assert settings.data_dir == Path("/srv/chat")
    assert settings.allowed_origins == ("https://a.example", "https://b.example")
    assert settings.security_contact == ("mailto:security@example.org", "tel:+1-201-555-0123")
    assert settings.allowed_hosts == ("a.example", "*.b.example", "2001:db8::1")
    assert (settings.ssl_certfile, settings.ssl_keyfile) == (Path("/etc/p2p-chat/certificate.pem"), None)
    assert settings.trusted_proxies == ("10.0.0.0/8", "::1")
    assert settings.stun_urls == ("stun:a.example:3478",)
    assert settings.turn_urls == ("turn:a.example?transport=udp", "turns:[2001:db8::1]:443?transport=tcp")
    assert settings.turn_secret == SECRET
    assert settings.turn_life == 60
    assert (settings.login_limit.amount, settings.login_limit.get_expiry()) == (5, 600)


def test_settings_take_empty_for_unset() -> None:
    """An empty variable is one that is not set."""
    assert Settings.read({"P2PCHAT_PORT": "", "P2PCHAT_STUN_URLS": ""}) == Settings()


def test_settings_can_be_none() -> None:
    """What has a default that is more than nothing is turned off by a word."""
    settings = Settings.read({"P2PCHAT_STUN_URLS": "none", "P2PCHAT_TRUSTED_PROXIES": "none"})
    assert settings.stun_urls == settings.trusted_proxies == ()


def test_options_override_environment() -> None:
    """What is typed counts for more than what is set, and what is not typed for nothing."""
    options = {"port": "1", "host": None}
    settings = Settings.read({"P2PCHAT_PORT": "2", "P2PCHAT_HOST": "::1"}, options)
    assert (settings.port, settings.host) == (1, "::1")


@pytest.mark.parametrize(
    ("variable", "text", "fault"),
    [
        ("P2PCHAT_PORT", "http", "whole number from 0 to 65535"),
        ("P2PCHAT_PORT", "65536", "whole number from 0 to 65535"),
        ("P2PCHAT_PORT", "-1", "whole number"),
        ("P2PCHAT_PORT", "٣", "whole number"),
        ("P2PCHAT_BCRYPT_COST", "30", "from 4 to 16"),
        ("P2PCHAT_ROOM_CAPACITY", "1", "from 2 to 64"),
        ("P2PCHAT_DEVELOPMENT", "on", "one of auto, off"),
        ("P2PCHAT_JWT_SECRET", "x" * 31, "at least 32 bytes"),
        ("P2PCHAT_JWT_SECRET", "x" * 32, "at least 6 different characters"),
        ("P2PCHAT_JWT_SECRET", "01101" * 9, "at least 6 different characters"),
        ("P2PCHAT_JWT_SECRET", "correct horse 7," * 3, "one text over and over"),
        ("P2PCHAT_JWT_SECRET", "changemechangemechangemechangemec", "one text over and over"),
        ("P2PCHAT_JWT_SECRET", "0123456789abcdef0123456789abcdef", "one text over and over"),
        ("P2PCHAT_JWT_SECRET", "abcdefghijklmnopqrstuvwxyz0123456789", "follow the alphabet"),
        ("P2PCHAT_JWT_SECRET", "zyxwvutsrqponmlkjihgfedcba9876543210", "follow the alphabet"),
        ("P2PCHAT_JWT_SECRET", "aaaaaaaaaaaaaaaaaaaaaaaaaaabcdefg", "follow the alphabet"),
        ("P2PCHAT_JWT_SECRET", "Change-Me-to-a-long-random-string!", "placeholder"),
        ("P2PCHAT_JWT_SECRET", "please replace this with your secret", "placeholder"),
        ("P2PCHAT_METRICS_TOKEN", "x" * 31, "at least 32 bytes"),
        ("P2PCHAT_METRICS_TOKEN", "x" * 32, "`openssl rand -base64 48`"),
        ("P2PCHAT_TURN_SECRET", "THE-SECRET", "at least 16 bytes"),
        ("P2PCHAT_TURN_SECRET", "0123456789abcdef", "follow the alphabet"),
        ("P2PCHAT_TURN_SECRET", "x" * 32, "`openssl rand -base64 48`"),
        ("P2PCHAT_LOGIN_LIMIT", "often", "10/minute"),
        ("P2PCHAT_LOGIN_LIMIT", "0/minute", "10/minute"),
        ("P2PCHAT_LOGIN_LIMIT", "1/second; 5/minute", "10/minute"),
        ("P2PCHAT_LOGIN_LIMIT", "5/fortnight", "10/minute"),
        ("P2PCHAT_ALLOWED_ORIGINS", "https://a.example,*", "'*'"),
        ("P2PCHAT_ALLOWED_ORIGINS", "https://a.example/", "without a path"),
        ("P2PCHAT_SECURITY_CONTACT", "security@example.org", "like mailto:"),
        ("P2PCHAT_SECURITY_CONTACT", "http://example.org/report", "like mailto:"),
        ("P2PCHAT_SECURITY_CONTACT", "mailto:a@example.org\nContact:b", "no control characters"),
        ("P2PCHAT_ALLOWED_HOSTS", "a.example:443", "without a port, or be any, not 'a.example:443'"),
        ("P2PCHAT_ALLOWED_HOSTS", "a.example,*", "names like chat.example.org or *.example.org"),
        ("P2PCHAT_HSTS", "-1", "from 0 to 63072000"),
        ("P2PCHAT_TRUSTED_PROXIES", "proxy.example", "10.0.0.0/8"),
        ("P2PCHAT_STUN_URLS", "turn:a.example", "stun:"),
        ("P2PCHAT_TURN_URLS", "stun:a.example", "turn:"),
        ("P2PCHAT_BACKPLANE_URL", "http://redis.example", "redis://"),
        ("P2PCHAT_HOST", "a..example", "an address like 127.0.0.1"),
        ("P2PCHAT_HOST", "a" * 64, "an address like 127.0.0.1"),
        ("P2PCHAT_HOST", "\udcff", "an address like 127.0.0.1"),
        ("P2PCHAT_PORT", "3000\r", "no control characters"),
        ("P2PCHAT_DATABASE_URL", "postgresql://chat@db.example/chat\r", "no control characters"),
        ("P2PCHAT_DATA_DIR", "/srv/chat\r", "no control characters"),
        ("P2PCHAT_JWT_SECRET", SECRET + " ", "not begin or end with a space"),
        ("P2PCHAT_METRICS_TOKEN", " " + SECRET, "not begin or end with a space"),
        ("P2PCHAT_TURN_SECRET", SECRET + " ", "not begin or end with a space"),
        ("P2PCHAT_TURN_SECRET", SECRET + "\r", "line ends of Windows"),
        ("P2PCHAT_ALLOWED_ORIGINS", "https://a.example:65536", "without a path"),
        ("P2PCHAT_ALLOWED_ORIGINS", "https://[::g]", "without a path"),
        ("P2PCHAT_TRUSTED_PROXIES", "10.0.0.1/8", "10.0.0.0/8"),
        ("P2PCHAT_LOGIN_LIMIT", "1000001/minute", "at most 1000000 in at most a year"),
        ("P2PCHAT_LOGIN_LIMIT", "5/9999999 years", "at most 1000000 in at most a year"),
        ("P2PCHAT_TURN_LIFE", "59", "from 60 to 2592000"),
        ("P2PCHAT_ICE_SERVERS_LIMIT", "seldom", "10/minute"),
        ("P2PCHAT_LOG_LEVEL", "loud", "one of debug"),
    ],
)
def test_unfit_setting_is_refused_in_words(variable: str, text: str, fault: str) -> None:
    """A value that a setting may not have is refused with the variable's name and what it may be."""
    with pytest.raises(InvalidSetting) as caught:
        Settings.read({variable: text})
    assert str(caught.value).startswith(f"{variable} must ")
    assert str(caught.value).isprintable()
    assert fault in str(caught.value)


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({"P2PCHAT_TURN_URLS": "turn:a.example"}, "P2PCHAT_TURN_SECRET"),
        ({"P2PCHAT_TURN_SECRET": SECRET}, "P2PCHAT_TURN_URLS"),
        ({"P2PCHAT_SSL_KEYFILE": "/key.pem"}, "P2PCHAT_SSL_CERTFILE"),
    ],
)
def test_settings_that_need_each_other_stand_together(given: dict[str, str], missing: str) -> None:
    """One without the other is of no use, and the sentence names the one that is missing."""
    with pytest.raises(InvalidSetting) as caught:
        Settings.read(given)
    assert str(caught.value) == f"{missing} must be set where {next(iter(given))} is."


def test_several_workers_need_a_backplane() -> None:
    """Processes that could not introduce their clients to each other are refused, and told what they lack."""
    with pytest.raises(InvalidSetting, match=r"P2PCHAT_WORKERS .* Redis.*: set P2PCHAT_BACKPLANE_URL"):
        Settings.read({"P2PCHAT_WORKERS": "2"})
    settings = Settings.read({"P2PCHAT_WORKERS": "2", "P2PCHAT_BACKPLANE_URL": "redis://127.0.0.1:6379/0"})
    assert settings.workers == 2


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("P2PCHAT_JWT_SECRET", "hunter2"),
        ("P2PCHAT_TURN_SECRET", "hunter2hunter2hunter2 "),
        ("P2PCHAT_METRICS_TOKEN", "hunter2hunter2\r"),
        ("P2PCHAT_BACKPLANE_URL", "redis://:hunter2#@redis.example"),
        ("P2PCHAT_TURN_URLS", "turn:me:hunter2@turn.example"),
        ("P2PCHAT_STUN_URLS", "stun:hunter2@turn.example"),
        ("P2PCHAT_ALLOWED_ORIGINS", "https://me:hunter2@chat.example"),
    ],
)
def test_unfit_secret_is_not_shown(variable: str, text: str) -> None:
    """Neither the sentence about a setting nor what a traceback has of it gives away what may be a secret."""
    with pytest.raises(InvalidSetting) as caught:
        Settings.read({variable: text})
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))


def test_option_is_called_as_it_was_typed() -> None:
    """The sentence names the option that was typed, and not the variable that it stands for."""
    with pytest.raises(InvalidSetting, match="--data-dir must have no control characters"):
        Settings.read({}, {"data_dir": "a\rb"})
    with pytest.raises(InvalidSetting, match=r"^--port must be a whole number from 0 to 65535, not 'abc'"):
        Settings.read({"P2PCHAT_PORT": "1"}, {"port": "abc"})


@pytest.mark.parametrize(
    "make", [secrets.token_urlsafe, secrets.token_hex, lambda size: secrets.token_bytes(size).hex(" ")]
)
def test_random_secret_is_taken(make: Callable[[int], str]) -> None:
    """What `openssl rand` and its like make is never found easy to guess."""
    for _ in range(2_000):
        text = make(32)
        assert Settings.read({"P2PCHAT_JWT_SECRET": text}).jwt_secret == text


def test_phrase_is_taken_for_a_secret() -> None:
    """A secret need not look like noise."""
    for text in (SECRET, "correct horse battery staple, and 7 more"):
        assert Settings.read({"P2PCHAT_JWT_SECRET": text}).jwt_secret == text


def test_other_secrets_are_read() -> None:
    """Each is held to what the secret is held to, and there are only so many."""
    made = [secrets.token_urlsafe(32) for _ in range(5)]
    read = Settings.read({"P2PCHAT_JWT_OTHER_SECRETS": f"{made[0]}, {made[1]}"})
    assert read.jwt_other_secrets == tuple(made[:2])
    with pytest.raises(InvalidSetting, match="4 secrets at most"):
        Settings.read({"P2PCHAT_JWT_OTHER_SECRETS": ",".join(made)})
    with pytest.raises(InvalidSetting, match="P2PCHAT_JWT_OTHER_SECRETS must have at least 32 bytes") as caught:
        Settings.read({"P2PCHAT_JWT_OTHER_SECRETS": f"{made[0]},hunter2"})
    assert "hunter2" not in str(caught.value)


def test_secrets_stay_out_of_repr() -> None:
    """Settings can be shown without what only the server may know."""
    settings = Settings(
        jwt_secret=SECRET, jwt_other_secrets=(SECRET,), database_url="x://user:hunter2@host", turn_secret="swordfish"
    )
    assert SECRET not in repr(settings)
    assert "hunter2" not in repr(settings)
    assert "swordfish" not in repr(settings)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.9.9", "::1", "localhost", "LocalHost"])
def test_loopback_host_means_development(host: str) -> None:
    """On an address of this machine alone, the server is in development mode."""
    assert Settings(host=host).is_development


@pytest.mark.parametrize(
    "host",
    [
        "0.0.0.0",  # noqa: S104 - judged, not bound
        "::",
        "192.168.1.2",
        "example.org",
        "",
        "127.1",
        "localhost.example.org",
    ],
)
def test_other_host_means_production(host: str) -> None:
    """On an address that others can reach, or that is not known to be out of reach, it is not."""
    assert not Settings(host=host).is_development


def test_development_can_be_turned_off() -> None:
    """Behind a proxy a loopback address can be public after all."""
    assert not Settings(development="off").is_development


def test_misspelt_variable_is_found() -> None:
    """A variable that looks like a setting and is none is named."""
    environment = {"P2PCHAT_JWT_SECRT": "", "P2PCHAT_PORT": "1", "HOME": "/"}
    assert unknown_variables(environment) == ["P2PCHAT_JWT_SECRT"]


def test_setting_explains_itself() -> None:
    """Every setting has a variable, a default in the notation of the variable, and a sentence."""
    for spec in fields(Settings):
        assert spec.metadata["variable"] == f"P2PCHAT_{spec.name.upper()}"
        assert spec.metadata["meaning"].endswith(".")
        assert spec.metadata["read"](spec.metadata["default"]) == spec.default
