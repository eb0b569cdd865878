"""The server in a simulated world: its own machines, with lines that delay and break in place of WebSockets."""

from __future__ import annotations

import itertools
from collections import deque
from collections.abc import Callable, Iterable
from functools import partial

from client_py.ports.server import SocketCallbacks
from protocol.codes import CloseCode
from protocol.events import Limits, Welcome
from protocol.http import ICE_SERVERS, IceServers
from protocol.usernames import guest_name
from protocol.webrtc import IceServer
from signaling.errors import AuthenticationError
from signaling.rooms.effects import CheckToken, Close, ConnectionId, Deliver, Effect, HoldPlace
from signaling.rooms.registry import Rooms
from signaling.rooms.signal_codec import encode
from signaling.sessions.resume_tokens import ResumeTokens
from signaling.sessions.session import Identity, Session
from tests.fakes.agenda import Action, Agenda, Pipe

ABNORMAL = 1006
"""RFC 6455 §7.1.5: what a browser says of a connection that just went away."""

GRACE_SECONDS = 30.0
TOKEN_GRACE_SECONDS = 5.0
"""After the end of a token, for the next one to be shown."""
TURN_URL = "turn:turn.example.org"


class Line:
    """One WebSocket, from its opening to its end; the page holds it as its socket."""

    def __init__(self, server: Server, token: str, callbacks: SocketCallbacks) -> None:
        self._server = server
        self.token = token
        """With which it was opened."""
        self.is_token_settled: Callable[[], bool] = lambda: False
        """Whether its page has had the newest token for long enough to have shown it."""
        self._callbacks = callbacks
        self._agenda = server.agenda
        self._up = Pipe(server.agenda, *server.latency)
        self._down = Pipe(server.agenda, *server.latency)
        self._session: Session | None = None
        self._up.carry(self._reach_server)

    # What the page does

    def send(self, text: str) -> None:
        """Send text, which is lost if the line breaks before it arrives."""
        self._up.carry(lambda: self._server.receive(self, text))

    def close(self, code: CloseCode = CloseCode.NORMAL) -> None:
        """Close it; the page hears nothing more."""
        self._down.is_cut = True
        self._up.carry(lambda: self.end(code))

    # What the server does

    def deliver(self, text: str) -> None:
        """Send an event."""
        self._down.carry(lambda: self._callbacks.received(text))

    def close_from_server(self, code: CloseCode) -> None:
        """Close it, after everything that was sent."""
        self._down.carry(lambda: self._callbacks.closed(code))
        self.end(code)

    @property
    def is_whole(self) -> bool:
        """Whether it brings what is sent, both ways."""
        return not (self._up.is_cut or self._down.is_cut)

    @property
    def session(self) -> Session | None:
        """The server's side of it, while there is one."""
        return self._session

    def end(self, code: int) -> None:
        """Let the server know that it is gone."""
        self._up.is_cut = True
        session, self._session = self._session, None
        if session is not None:
            self._server.end(self, session, code)

    # What happens to it

    def cut(self) -> None:
        """Break it: what is on its way is lost, and both ends find out in their own time."""
        if self._up.is_cut or self._down.is_cut:
            return
        self._up.is_cut = self._down.is_cut = True
        noticing = self._server.noticing
        self._agenda.within(0.0, noticing, lambda: self.end(ABNORMAL))
        # The page may close it before it finds out, and then hears nothing of it.
        self._down = Pipe(self._agenda, 0.0, noticing)
        self._down.carry(lambda: self._callbacks.closed(ABNORMAL))

    def swallow(self) -> None:
        """Bring nothing from the first packet on, and let nobody know."""
        self._up.is_cut = self._down.is_cut = True

    def _reach_server(self) -> None:
        if not self._server.is_up:
            self._up.is_cut = True
            self._down.carry(lambda: self._callbacks.closed(ABNORMAL))
            return
        if not self._server.is_good(self.token):
            self._up.is_cut = True
            self._down.carry(lambda: self._callbacks.closed(CloseCode.UNAUTHENTICATED))
            return
        self._down.carry(self._callbacks.opened)
        self._session = self._server.begin(self, self.token)


class Server:
    """Rooms and sessions; a restart forgets them all, but for the secret by which peers are known again."""

    def __init__(self, agenda: Agenda, capacity: int) -> None:
        self.agenda = agenda
        self.is_up = True
        self.latency = (0.005, 0.15)
        """Between least and most seconds, each message takes one way."""
        self.noticing = 8.0
        """Seconds within which each end of a broken line finds out, for itself."""
        self.credential_seconds: float | None = None
        """How long the credentials for its TURN server are good; None if it has no such server."""
        self.token_seconds: float | None = None
        """How long a token is good; None if they are good for ever, and all that they say is whose they are."""
        self.formerly: dict[str, str] = {}
        """The names that accounts had as guests, by those of now."""
        self._capacity = capacity
        self._logins: dict[str, tuple[str, int]] = {}
        """By token: whose it is, and its end."""
        self._tokens = ResumeTokens(b"the secret")
        self._numbers = itertools.count(1)
        self._rooms = Rooms(capacity)
        self._lines: dict[ConnectionId, Line] = {}
        self._connections: dict[Line, ConnectionId] = {}

    def open(self, token: str, callbacks: SocketCallbacks) -> Line:
        """Start to open a WebSocket."""
        return Line(self, token, callbacks)

    def issue(self, username: str) -> str:
        """Return a token of somebody who has logged in, or renewed their login."""
        if self.token_seconds is None:
            return username
        token = f"login-{len(self._logins)}"  # names may be of any script, tokens are not
        self._logins[token] = username, round(self.agenda.now + self.token_seconds)
        return token

    def is_good(self, token: str) -> bool:
        """Tell whether a token is taken."""
        username, ends_at = self._logins.get(token, (token, self.agenda.now + 1))
        return ends_at > self.agenda.now and username not in self.formerly.values()

    def become(self, guest: str, username: str) -> None:
        """Make an account of a guest, whose tokens are good no longer: those who came with one have to come back."""
        self.formerly[username] = guest
        for connection, line in tuple(self._lines.items()):
            if self._username_of(line.token) == guest:
                self._carry_out([Close(connection, CloseCode.SERVICE_RESTART)])

    def _username_of(self, token: str) -> str:
        return self._logins.get(token, (token, 0))[0]

    def probe(self, answered: Callable[[bool], None]) -> Action:
        """Say whether the server was there when the probe came; gives what calls it off."""
        there, back = (self.agenda.random.uniform(*self.latency) for _ in range(2))
        found: list[bool] = []
        self.agenda.after(there, lambda: found.append(self.is_up))
        return self.agenda.after(there + back, lambda: answered(found[0]))

    def ask_ice_servers(self, answered: Callable[[str | None], None]) -> None:
        """Return the body of the answer to a request for ICE servers, or None if the server was not there."""
        there, back = (self.agenda.random.uniform(*self.latency) for _ in range(2))

        def ask() -> None:
            body = ICE_SERVERS.encode(self._ice_servers()) if self.is_up else None
            self.agenda.after(back, lambda: answered(body))

        self.agenda.after(there, ask)

    def _ice_servers(self) -> IceServers:
        if self.credential_seconds is None:
            return IceServers(())
        ends_at = round(self.agenda.now + self.credential_seconds)
        return IceServers((IceServer((TURN_URL,), f"{ends_at}:name", "secret"),), ends_at)

    def restart(self, seconds: float, *, secret: bytes) -> None:
        """Kill the server, and start it again after some seconds; with another secret, it knows nobody again."""
        self.is_up = False
        self._tokens = ResumeTokens(secret)
        self._rooms = Rooms(self._capacity)
        lines = list(self._connections)
        self._lines.clear()
        self._connections.clear()
        for line in lines:
            line.cut()
        self.agenda.after(seconds, self._start)

    def _start(self) -> None:
        self.is_up = True

    # What its lines tell it

    def begin(self, line: Line, token: str) -> Session:
        """Welcome who has connected."""
        username, token_ends_at = self._logins.get(token, (token, None))
        number = next(self._numbers)
        connection = ConnectionId(number)
        self._lines[connection] = line
        self._connections[line] = connection
        # In no order, so that nothing can come to depend on one.
        peer_id = f"peer-{self.agenda.random.getrandbits(64):016x}"
        ice = self._ice_servers()
        limits = Limits(65_536, 50)
        formerly = self.formerly.get(username)
        account_id = formerly or username
        resume_token = self._tokens.issue(peer_id, account_id)
        welcome = Welcome(peer_id, resume_token, ice.ice_servers, limits, ice.expires_at, token_ends_at)
        identity = Identity(account_id, username, guest_name(username) is not None, "den", formerly)
        session = Session(connection, identity, welcome, self._rooms, self._tokens)
        self._carry_out(session.opened())
        if token_ends_at is not None:
            self.agenda.at(token_ends_at + TOKEN_GRACE_SECONDS, lambda: self._look_at_token(line, session))
        return session

    def receive(self, line: Line, text: str) -> None:
        """Take a request."""
        if line.session is not None and line in self._connections:
            self._carry_out(line.session.text_received(text))

    def end(self, line: Line, session: Session, code: int) -> None:
        """Take leave of a line, if that was before the last restart."""
        connection = self._connections.pop(line, None)
        if connection is not None:
            del self._lines[connection]
            self._carry_out(session.closed(code))

    def _look_at_token(self, line: Line, session: Session) -> None:
        """End a connection whose token has expired, unless its page has shown another one."""
        if line.session is not session or line not in self._connections:
            return
        due_at = session.token_expires_at + TOKEN_GRACE_SECONDS
        if self.agenda.now < due_at:
            self.agenda.at(due_at, lambda: self._look_at_token(line, session))
            return
        assert not (line.is_whole and line.is_token_settled()), f"{line.token} was not renewed over its WebSocket"
        self._carry_out(session.token_expired())

    def _check_token(self, connection: ConnectionId, token: str) -> None:
        line = self._lines.get(connection)
        if line is None or line.session is None:
            return
        username, ends_at = self._logins[token]
        is_good = self.is_good(token)
        session = line.session
        account_id = self.formerly.get(username, username)
        self._carry_out(
            session.token_proved(account_id, ends_at) if is_good else session.token_refused(AuthenticationError())
        )

    def _carry_out(self, effects: Iterable[Effect]) -> None:
        pending = deque(effects)
        while pending:
            match pending.popleft():
                case Deliver(connection, event):
                    if connection in self._lines:
                        self._lines[connection].deliver(encode(event).decode())
                case Close(connection, code):
                    if connection in self._lines:
                        self._lines[connection].close_from_server(code)
                case CheckToken(connection, token):
                    self.agenda.within(*self.latency, partial(self._check_token, connection, token))
                case HoldPlace(ticket):
                    self.agenda.after(GRACE_SECONDS, partial(self._grace_over, self._rooms, ticket))

    def _grace_over(self, rooms: Rooms, ticket: int) -> None:
        self._carry_out(rooms.grace_over(ticket))
