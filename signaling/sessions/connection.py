"""Puts the pure session of a client between its WebSocket and the effects driver."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from protocol.codes import CloseCode
from protocol.versions import LATEST, known_to
from signaling.errors import AuthenticationError, Refusal
from signaling.monitoring.logs import log
from signaling.rate_limits.penalties import BAD_TOKEN, FLOOD
from signaling.rooms.effects import ConnectionId
from signaling.rooms.effects_driver import EffectsDriver
from signaling.rooms.signal_codec import ForwardedSignal, Told, encode
from signaling.sessions.message_limit import MessageLimit
from signaling.sessions.session import Session
from signaling.sessions.token_expiry import TokenExpiry
from signaling.sockets.accepted_websocket import AcceptedWebSocket


@dataclass(frozen=True, slots=True)
class ClientDetails:
    """What a connection's handshake has told of its client."""

    account: str
    """The name of the account."""
    address: str | None = None
    request_id: str | None = None
    version: int = LATEST
    """Of the protocol that the client speaks."""

    @property
    def logged(self) -> dict[str, Any]:
        """Return what stands in the lines about its beginning and its end."""
        return {"account": self.account, "address": self.address, "request_id": self.request_id}


class Connection:
    """A client that has been let in.

    It is the receiver of its WebSocket, a `ConnectedClient` of the effects driver, and the holder of a token.
    """

    __slots__ = (
        "_about",
        "_effects_driver",
        "_limit",
        "_number",
        "_session",
        "_started",
        "_token_expiry",
        "_version",
        "_websocket",
        "source",
    )

    def __init__(
        self,
        websocket: AcceptedWebSocket,
        session: Session,
        effects_driver: EffectsDriver,
        limit: MessageLimit,
        about: ClientDetails,
        token_expiry: TokenExpiry,
    ) -> None:
        self._number = session.connection
        self._websocket = websocket
        self._session = session
        self._effects_driver = effects_driver
        self._limit = limit
        self._about = about
        self._token_expiry = token_expiry
        self._version = about.version
        self._started = time.monotonic()
        self.source = about.account

    @property
    def number(self) -> ConnectionId:
        """By which effects name it."""
        return self._number

    def open(self) -> None:
        """Welcome the client, and listen to it from now on."""
        self._effects_driver.add(self._number, self)
        self._effects_driver.counters.opened += 1
        log("opened", source=self.source, connection=self._number, peer_id=self._session.peer_id, **self._about.logged)
        self._token_expiry.watch(self, self._session.token_expires_at)
        self._effects_driver.carry_out(self._session.opened())
        self._websocket.listen(self)

    # The effects driver

    def send(self, event: Told) -> bool:
        """Send an event, if the client's version knows it; False if too many wait already."""
        if self._version != LATEST and not isinstance(event, ForwardedSignal):
            known = known_to(self._version, event)
            if known is None:
                return True
            event = known
        return self._websocket.send(encode(event))

    def close(self, code: CloseCode) -> None:
        """Close after what was sent."""
        if code == CloseCode.RATE_LIMITED:
            self._websocket.offend(FLOOD)
        self._websocket.close(code)

    def check_token(self, token: str) -> None:
        """Have the token checked."""
        self._token_expiry.check(self, token)

    # The token

    def token_proved(self, account_id: str, expires_at: int) -> None:
        """Stand for as long as the token does, if it is one of this account."""
        self._effects_driver.carry_out(self._session.token_proved(account_id, expires_at))
        self._token_expiry.watch(self, self._session.token_expires_at)

    def token_refused(self, refusal: Refusal) -> None:
        """Tell the client, and hold it against where it comes from, as at a handshake."""
        if isinstance(refusal, AuthenticationError):
            self._websocket.offend(BAD_TOKEN)
        self._effects_driver.carry_out(self._session.token_refused(refusal))

    def token_expired(self) -> None:
        """Have the client come back with another token, if it has one."""
        self._effects_driver.carry_out(self._session.token_expired())

    # The WebSocket

    def text_received(self, text: str) -> None:
        """Have the session answer a message, if the limit admits it."""
        wait = self._limit.spend(time.monotonic())
        session = self._session
        self._effects_driver.carry_out(session.text_received(text) if wait is None else session.rate_exceeded(wait))

    def binary_received(self) -> None:
        """Have the session refuse a message that is not of text."""
        wait = self._limit.spend(time.monotonic())
        session = self._session
        self._effects_driver.carry_out(session.binary_received() if wait is None else session.rate_exceeded(wait))

    def closed(self, code: int) -> None:
        """Have the session end."""
        self._token_expiry.forget(self)
        self._effects_driver.remove(self._number)
        self._effects_driver.counters.closed(code)
        self._effects_driver.carry_out(self._session.closed(code))
        peer_id, seconds = self._session.peer_id, round(time.monotonic() - self._started, 1)
        about = {
            "connection": self._number,
            "peer_id": peer_id,
            "code": int(code),
            "seconds": seconds,
            **self._about.logged,
        }
        log("closed", source=self.source, **about)
