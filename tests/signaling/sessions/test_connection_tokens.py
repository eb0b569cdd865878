"""A connection and its tokens: among fakes where time has to pass, and on a real server where nothing has to."""

import asyncio
import json

import pytest

from protocol.codes import CloseCode, ErrorCode
from protocol.events import EVENTS, Error, Limits, Pong, Welcome
from protocol.requests import Ping, Renew
from signaling.accounts.authenticator import ProvenAccount
from signaling.accounts.store import Account
from signaling.configuration.settings import Settings
from signaling.errors import AuthenticationError
from signaling.rate_limits.address_and_account_quotas import Usage
from signaling.rate_limits.penalties import BAD_TOKEN
from signaling.rooms.effects_driver import EffectsDriver
from signaling.rooms.registry import Rooms
from signaling.sessions.connection import ClientDetails, Connection
from signaling.sessions.message_limit import MessageLimit
from signaling.sessions.resume_tokens import ResumeTokens
from signaling.sessions.session import Identity, Session
from signaling.sessions.token_expiry import GRACE_SECONDS, TokenExpiry
from signaling.sockets.accepted_websocket import Receiver
from tests.signaling.conftest import over_both_paths
from tests.signaling.running import RunningServer

TOKENS = ResumeTokens(b"a secret of the tests, 32 bytes or more")
PEER_ID = "0123456789abcdef"
ANN = Account("account-ann", "Ann", "", is_demo=False)


class FakeWebSocket:
    """A WebSocket that remembers what is asked of it."""

    def __init__(self) -> None:
        self.sent: list[object] = []
        self.closed: list[int] = []
        self.offences: list[int] = []

    def count_against(self, usage: Usage) -> None:
        """Have no limits."""

    def listen(self, receiver: Receiver) -> None:
        """Bring nothing by itself."""

    def send(self, message: bytes) -> bool:
        """Remember an event."""
        self.sent.append(EVENTS.decode(message.decode()))
        return True

    def close(self, code: int) -> None:
        """Remember the code."""
        self.closed.append(code)

    def offend(self, points: int) -> None:
        """Remember the offence."""
        self.offences.append(points)


class Stage:
    """Ann's connection, whose token expires at 1,000 s; "fresh" is one that expires at 2,000 s."""

    def __init__(self) -> None:
        self.now = 0.0
        self.websocket = FakeWebSocket()
        self.expiry = TokenExpiry(self._proof_of, lambda: self.now, 3600.0)
        welcome = Welcome(PEER_ID, TOKENS.issue(PEER_ID, ANN.id), (), Limits(65_536, 20), token_expires_at=1_000)
        rooms = Rooms(capacity=2)
        effects_driver = EffectsDriver(rooms, grace=3600)
        number = effects_driver.next_number()
        session = Session(number, Identity(ANN.id, ANN.username), welcome, rooms, TOKENS)
        limit = MessageLimit(Settings().message_limit)
        self.connection = Connection(self.websocket, session, effects_driver, limit, ClientDetails("Ann"), self.expiry)
        self.connection.open()
        self.websocket.sent.clear()

    async def _proof_of(self, token: str) -> ProvenAccount:
        if token != "fresh":
            raise AuthenticationError
        return ProvenAccount(ANN, 2_000)

    async def renew(self, token: str) -> None:
        """Show a token, and wait until it is checked."""
        self.connection.text_received(json.dumps({"type": "renew", "token": token}))
        await asyncio.gather(*self.expiry._checks)

    def look(self, now: float) -> list[int]:
        """Look at the tokens at a time, and return the close codes so far."""
        self.now = now
        self.expiry._look()
        return self.websocket.closed


async def test_connection_ends_with_its_token() -> None:
    """A while after the end of the token the client is sent to come back, once."""
    stage = Stage()
    assert stage.look(1_000 + GRACE_SECONDS - 1) == []
    assert stage.look(1_000 + GRACE_SECONDS) == [CloseCode.TOKEN_EXPIRED]
    assert stage.look(9_000) == [CloseCode.TOKEN_EXPIRED]


async def test_connection_stands_for_as_long_as_its_fresh_token() -> None:
    """A token that is shown in time counts in place of the one before, and nothing is said of it."""
    stage = Stage()
    await stage.renew("fresh")
    assert stage.look(1_000 + GRACE_SECONDS) == []
    assert stage.websocket.sent == []
    assert stage.look(2_000 + GRACE_SECONDS) == [CloseCode.TOKEN_EXPIRED]


async def test_bad_token_is_an_offence_and_changes_nothing() -> None:
    """Guessing over an open WebSocket is no cheaper than at a handshake."""
    stage = Stage()
    await stage.renew("guessed")
    [refusal] = stage.websocket.sent
    assert isinstance(refusal, Error)
    assert (refusal.code, stage.websocket.offences) == (ErrorCode.UNAUTHENTICATED, [BAD_TOKEN])
    assert stage.look(1_000 + GRACE_SECONDS) == [CloseCode.TOKEN_EXPIRED]


async def test_closed_connection_is_watched_no_more() -> None:
    """Its token may end, or turn out to be good, without anything coming of it."""
    stage = Stage()
    stage.connection.text_received(json.dumps({"type": "renew", "token": "fresh"}))
    stage.connection.closed(CloseCode.GOING_AWAY)
    await asyncio.gather(*stage.expiry._checks)
    assert not stage.expiry._expires_at
    assert stage.look(9_000) == []


@over_both_paths
@pytest.mark.parametrize("whose", ["own", "foreign", "nobody's"])
async def test_token_is_renewed_over_the_websocket(server: RunningServer, whose: str) -> None:
    """The server says when the token expires, takes another one of the same account, and refuses any other."""
    token = await server.register()
    renewed = {"own": token, "foreign": await server.register(), "nobody's": "nonsense"}[whose]
    async with server.connect(token) as client:
        assert (await client.welcome()).token_expires_at is not None
        await client.send(Renew(renewed))
        if whose != "own":
            assert await client.refusal() is ErrorCode.UNAUTHENTICATED
        await client.send(Ping())
        assert await client.receive() == Pong()
