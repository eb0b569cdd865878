"""Decides what one connection's messages do: text in, effects out. No clock, randomness or I/O."""

from __future__ import annotations

from dataclasses import dataclass

from protocol.codes import FINAL_CLOSE_CODES, CloseCode
from protocol.errors import MalformedMessage, MessageTooBig, RemoteProtocolError
from protocol.events import Error, Peer, Pong, Welcome
from protocol.requests import Join, Leave, Ping, Renew
from protocol.room_names import canonical_room
from signaling.errors import AuthenticationError, RateLimited, Refusal, WrongRoom
from signaling.rooms.effects import CheckToken, Close, ConnectionId, Deliver, Effect
from signaling.rooms.registry import Newcomer, Places
from signaling.rooms.signal_codec import Asked, CheckedSignal, decode
from signaling.sessions.resume_tokens import ResumeTokens

MAX_MALFORMED_IN_A_ROW = 3
MAX_REFUSED_IN_A_ROW = 100
"""Every refusal is answered, so a client that takes no notice must not be answered for ever."""

LEAVING_CODES = frozenset({CloseCode.NORMAL, CloseCode.GOING_AWAY})


@dataclass(frozen=True, slots=True)
class Identity:
    """Who speaks: the account that the token proves, and what others see of it."""

    account_id: str
    username: str
    is_guest: bool = False
    room: str | None = None
    """The one that a guest is bound to, or of an account that was a guest, the one that it was bound to."""
    formerly: str | None = None
    """The name that an account had while it was a guest: told in that room alone, since nobody else knew it."""

    def may_join(self, room: str) -> bool:
        """Tell whether a room is open to them."""
        return not self.is_guest or room == self.room

    def as_peer(self, peer_id: str, room: str) -> Peer:
        """Return what others are told in a room."""
        formerly = self.formerly if room == self.room else None
        return Peer(peer_id, self.username, self.is_guest or None, formerly)


class Session:
    """One connection, from its welcome to its end."""

    __slots__ = (
        "_identity",
        "_is_renewing",
        "_malformed",
        "_next_token",
        "_refused",
        "_resume_token",
        "_resume_tokens",
        "_rooms",
        "_welcome",
        "connection",
        "peer_id",
        "token_expires_at",
    )

    def __init__(
        self, connection: ConnectionId, identity: Identity, welcome: Welcome, rooms: Places, resume_tokens: ResumeTokens
    ) -> None:
        self.connection = connection
        self._identity = identity
        self._welcome = welcome
        self._resume_token = welcome.resume_token
        self._rooms = rooms
        self._resume_tokens = resume_tokens
        self._malformed = 0
        self._refused = 0
        self._is_renewing = False
        self._next_token = ""
        """The newest of those that came while one was being checked."""
        self.peer_id = welcome.peer_id
        self.token_expires_at = welcome.token_expires_at or 0
        """Of the token that lasts longest of those that were shown, in Unix seconds."""

    def opened(self) -> list[Effect]:
        """The connection stands and its account is proven."""
        return [Deliver(self.connection, self._welcome)]

    def text_received(self, text: str) -> list[Effect]:
        """A text message came, and the rate limit admits it."""
        self._refused = 0
        try:
            effects = self._answer(decode(text))
        except (MalformedMessage, MessageTooBig) as refusal:
            return self._malformed_received(refusal)
        except (RemoteProtocolError, Refusal) as refusal:
            effects = [self._error(refusal)]
        self._malformed = 0
        return effects

    def binary_received(self) -> list[Effect]:
        """A binary message came, and there is none in this protocol."""
        self._refused = 0
        return self._malformed_received(MalformedMessage("it is binary"))

    def rate_exceeded(self, retry_after: int) -> list[Effect]:
        """A message came that the rate limit does not admit; it was not read."""
        self._refused += 1
        effects = [self._error(RateLimited(retry_after))]
        if self._refused == MAX_REFUSED_IN_A_ROW:
            effects.append(Close(self.connection, CloseCode.RATE_LIMITED))
        return effects

    def token_proved(self, account_id: str, expires_at: int) -> list[Effect]:
        """The token of a `CheckToken` is one of this account, until a time in Unix seconds."""
        if account_id != self._identity.account_id:
            return self.token_refused(AuthenticationError())
        self.token_expires_at = max(self.token_expires_at, expires_at)
        return self._checked()

    def token_refused(self, refusal: Refusal) -> list[Effect]:
        """The token of a `CheckToken` proves nothing, or nobody could say what it does."""
        return [self._error(refusal), *self._checked()]

    def token_expired(self) -> list[Effect]:
        """The token has expired, and a while ago: a client that has another may come back with it."""
        return [Close(self.connection, CloseCode.TOKEN_EXPIRED)]

    def closed(self, code: int) -> list[Effect]:
        """The connection is gone, by the client, by us or by the network; `code` is the WebSocket's close code."""
        if code in LEAVING_CODES:
            return self._rooms.connection_ended(self.connection, "left")
        if code in FINAL_CLOSE_CODES:
            return self._rooms.connection_ended(self.connection, "lost")
        return self._rooms.connection_lost(self.connection)

    def _answer(self, request: Asked) -> list[Effect]:
        match request:
            case CheckedSignal():
                return self._rooms.signal(self.connection, request)
            case Join():
                return self._join(request)
            case Leave():
                return self._rooms.leave(self.connection)
            case Ping():
                return [Deliver(self.connection, Pong())]
            case Renew(token):
                return self._renew(token)

    def _join(self, request: Join) -> list[Effect]:
        room = canonical_room(request.room)
        if not self._identity.may_join(room):
            raise WrongRoom
        account_id = self._identity.account_id
        # A token that is not good is not refused: the client is simply another peer than it was, and `joined` says so.
        resumed = self._resume_tokens.peer_id(request.resume, account_id) if request.resume else None
        peer = self._identity.as_peer(resumed or self.peer_id, room)
        token = self._resume_tokens.issue(peer.peer_id, account_id) if resumed else self._resume_token
        effects = self._rooms.join(Newcomer(self.connection, account_id, peer, token), room)
        self.peer_id, self._resume_token = peer.peer_id, token
        return effects

    def _renew(self, token: str) -> list[Effect]:
        if self._is_renewing:  # one at a time, or what waits for the database would be as much as a client likes
            self._next_token = token
            return []
        self._is_renewing = True
        return [CheckToken(self.connection, token)]

    def _checked(self) -> list[Effect]:
        token, self._next_token, self._is_renewing = self._next_token, "", False
        return self._renew(token) if token else []

    def _malformed_received(self, refusal: RemoteProtocolError) -> list[Effect]:
        self._malformed += 1
        effects = [self._error(refusal)]
        if self._malformed == MAX_MALFORMED_IN_A_ROW:
            effects.append(Close(self.connection, CloseCode.PROTOCOL_VIOLATION))
        return effects

    def _error(self, refusal: RemoteProtocolError | Refusal) -> Effect:
        retry_after = refusal.retry_after if isinstance(refusal, Refusal) else None
        return Deliver(self.connection, Error(refusal.code, str(refusal), retry_after))
