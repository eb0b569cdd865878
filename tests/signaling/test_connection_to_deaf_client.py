"""A connection whose client takes nothing any more, which no client does on demand: against ASGI itself."""

import asyncio

import pytest
from starlette.types import Message
from starlette.websockets import WebSocket

from protocol.codes import CloseCode, ErrorCode
from protocol.events import Error, Limits, Welcome
from signaling.connection import MAX_QUEUED_EVENTS, Connection
from signaling.effects import Deliver
from signaling.rate_limits import message_limit
from signaling.resume_tokens import ResumeTokens
from signaling.rooms import Rooms
from signaling.session import Identity, Session
from signaling.settings import Settings
from signaling.switchboard import Switchboard

PEER_ID = "0123456789abcdef"
EVENT = Error(ErrorCode.INTERNAL, "Something to say.")
TOKENS = ResumeTokens(b"a secret of the tests, 32 bytes or more")
WELCOME = Welcome(PEER_ID, TOKENS.issue(PEER_ID, "ann"), (), Limits(65_536, 20))


class DeafClient:
    """The other end of ASGI: takes nothing after the acceptance, and says what it is told to say."""

    def __init__(self) -> None:
        self.says: asyncio.Queue[Message] = asyncio.Queue()
        self.says.put_nowait({"type": "websocket.connect"})

    async def send(self, message: Message) -> None:
        """Take the acceptance, and nothing else."""
        if message["type"] != "websocket.accept":
            await asyncio.Event().wait()


class Overflow:
    """A connection to a deaf client, for which there is one event too many."""

    def __init__(self) -> None:
        self.client = DeafClient()
        self.rooms = Rooms(capacity=2)
        self.switchboard = Switchboard(self.rooms, grace=3600)

    async def cut_off(self, patience: float) -> tuple[Connection, asyncio.Task[None]]:
        """Let the events pile up until the connection is being closed."""
        websocket = WebSocket({"type": "websocket"}, self.client.says.get, self.client.send)
        await websocket.accept()
        connection = Connection(websocket, self.switchboard, message_limit(Settings()), patience)
        session = Session(connection.number, Identity("ann", "Ann"), WELCOME, self.rooms, TOKENS)
        conversation = asyncio.create_task(connection.converse(session, {}))
        await asyncio.sleep(0)
        self.switchboard.carry_out([Deliver(connection.number, EVENT)] * (MAX_QUEUED_EVENTS + 1))
        return connection, conversation


@pytest.fixture
def overflow() -> Overflow:
    """What is about to overflow."""
    return Overflow()


async def test_deaf_client_is_let_go(overflow: Overflow) -> None:
    """A client that takes not even the close code keeps its connection for a bounded time only."""
    _, conversation = await overflow.cut_off(patience=0)
    await asyncio.wait_for(conversation, 5)


async def test_deaf_client_is_owed_the_close_code_alone(overflow: Overflow) -> None:
    """What has piled up is dropped: should the client read again, it hears why it was cut off."""
    connection, conversation = await overflow.cut_off(patience=0)
    assert connection._queue.get_nowait() is CloseCode.SLOW_CONSUMER
    assert connection._queue.empty()
    await asyncio.wait_for(conversation, 5)


async def test_closing_connection_is_not_listened_to(overflow: Overflow) -> None:
    """What still comes from a connection that is being closed has no effect."""
    _, conversation = await overflow.cut_off(patience=60)
    overflow.client.says.put_nowait({"type": "websocket.receive", "text": '{"type":"join","room":"kitchen"}'})
    overflow.client.says.put_nowait({"type": "websocket.disconnect", "code": 1006})
    await asyncio.wait_for(conversation, 5)
    assert overflow.rooms._rooms == {}
