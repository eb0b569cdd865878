import base64
import hashlib
import hmac

from protocol.webrtc import IceServer
from signaling.turn_credentials import LIFE_SECONDS, turn_server

URLS = ("turn:turn.example.org?transport=udp", "turns:turn.example.org:443?transport=tcp")
NOW = 1_700_000_000.9


def test_turn_server_has_credentials_of_the_scheme() -> None:
    """The username is when it ends and for whom it is; the password is computed from it as coturn computes it."""
    # printf %s 1700086400:ann | openssl dgst -sha1 -hmac secret -binary | base64
    assert turn_server(URLS, "secret", "ann", NOW) == IceServer(URLS, "1700086400:ann", "CzPf1puCUrnvbWEE3K+veZe8TaQ=")


def test_credentials_are_good_for_a_day() -> None:
    """Whole seconds, counted from now."""
    username = turn_server(URLS, "secret", "ann", NOW).username
    assert username is not None
    assert int(username.partition(":")[0]) - int(NOW) == LIFE_SECONDS == 86_400


def test_credentials_differ_by_account_secret_and_time() -> None:
    """Nobody's credentials tell those of another, or of another time."""
    servers = [
        turn_server(URLS, "secret", "ann", NOW),
        turn_server(URLS, "secret", "ben", NOW),
        turn_server(URLS, "other", "ann", NOW),
        turn_server(URLS, "secret", "ann", NOW + 1),
    ]
    assert len({server.credential for server in servers}) == len(servers)


def test_secret_may_be_any_bytes() -> None:
    """What no UTF-8 is comes out of the environment as lone surrogates, and counts as the bytes that it was."""
    server = turn_server(URLS, b"\xff\x00".decode(errors="surrogateescape"), "ann", NOW)
    mac = hmac.digest(b"\xff\x00", b"1700086400:ann", hashlib.sha1)
    assert server.credential == base64.b64encode(mac).decode()
