import base64
import hashlib
import hmac

from protocol.http import IceServers
from protocol.webrtc import IceServer
from signaling.sessions.ice_servers import IceServerList, turn_server

URLS = ("turn:turn.example.org?transport=udp", "turns:turn.example.org:443?transport=tcp")
STUN_URLS = ("stun:stun.example.org",)
EXPIRES_AT = 1_700_086_400


def servers(stun_urls: tuple[str, ...] = STUN_URLS, turn_urls: tuple[str, ...] = URLS) -> IceServerList:
    """Return a list with credentials that are good for a day."""
    return IceServerList(stun_urls=stun_urls, turn_urls=turn_urls, turn_secret="secret", turn_life=86_400)


def test_turn_server_has_credentials_of_the_scheme() -> None:
    """The username is when it ends and for whom it is; the password is computed from it as coturn computes it."""
    # printf %s 1700086400:ann | openssl dgst -sha1 -hmac secret -binary | base64
    expected = IceServer(URLS, "1700086400:ann", "CzPf1puCUrnvbWEE3K+veZe8TaQ=")
    assert turn_server(URLS, "secret", "ann", EXPIRES_AT) == expected


def test_credentials_differ_by_account_secret_and_time() -> None:
    """Nobody's credentials tell those of another, or of another time."""
    made = [
        turn_server(URLS, "secret", "ann", EXPIRES_AT),
        turn_server(URLS, "secret", "ben", EXPIRES_AT),
        turn_server(URLS, "other", "ann", EXPIRES_AT),
        turn_server(URLS, "secret", "ann", EXPIRES_AT + 1),
    ]
    assert len({server.credential for server in made}) == len(made)


def test_secret_may_be_any_bytes() -> None:
    """What no UTF-8 is comes out of the environment as lone surrogates, and counts as the bytes that it was."""
    server = turn_server(URLS, b"\xff\x00".decode(errors="surrogateescape"), "ann", EXPIRES_AT)
    mac = hmac.digest(b"\xff\x00", b"1700086400:ann", hashlib.sha1)
    assert server.credential == base64.b64encode(mac).decode()


def test_list_says_when_its_credentials_end() -> None:
    """They are good for as long as the settings say, in whole seconds from now, and the list says so too."""
    turn = turn_server(URLS, "secret", "ann", EXPIRES_AT)
    given = servers().of("ann", EXPIRES_AT - 86_400 + 0.9)
    assert given == IceServers((IceServer(STUN_URLS), turn), EXPIRES_AT)


def test_list_without_turn_does_not_end() -> None:
    """STUN needs no credentials, and a network without internet has no STUN server either."""
    assert servers(turn_urls=()).of("ann", 0) == IceServers((IceServer(STUN_URLS),), None)
    assert servers(stun_urls=(), turn_urls=()).of("ann", 0) == IceServers((), None)
