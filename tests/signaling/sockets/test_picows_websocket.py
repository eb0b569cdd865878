"""A WebSocket by itself: over a connection that takes what it is told to take, which no client does on demand."""

import asyncio
from types import SimpleNamespace
from typing import Any, NoReturn

import pytest
from picows import WSMsgType

from protocol.codes import CloseCode, ErrorCode
from protocol.events import Error, Limits, Welcome
from signaling.client_addresses import ClientAddress
from signaling.configuration.settings import Settings
from signaling.errors import AuthenticationError
from signaling.rate_limits.address_and_account_quotas import Quotas, Usage
from signaling.rate_limits.budgets import Rate
from signaling.rooms.effects import Close, ConnectionId, Deliver
from signaling.rooms.effects_driver import EffectsDriver
from signaling.rooms.registry import Rooms
from signaling.rooms.signal_codec import encode
from signaling.sessions.connection import ClientDetails, Connection
from signaling.sessions.message_limit import MessageLimit
from signaling.sessions.resume_tokens import ResumeTokens
from signaling.sessions.session import Identity, Session
from signaling.sessions.token_expiry import TokenExpiry
from signaling.sockets.accepted_websocket import ABNORMAL_CLOSURE
from signaling.sockets.keepalive import Keepalive
from signaling.sockets.picows_websocket import READ_AT_ONCE, PicowsServerState, PicowsWebSocket
from signaling.sockets.websocket_limits import FRAME_LEASE, FRAMES_AFTER_CLOSE, MAX_WAITING_MESSAGES
from tests.signaling.quotas import quota_limits

PEER_ID = "0123456789abcdef"
EVENT = Error(ErrorCode.INTERNAL, "Something to say.")
TOKENS = ResumeTokens(b"a secret of the tests, 32 bytes or more")
WELCOME = Welcome(PEER_ID, TOKENS.issue(PEER_ID, "ann"), (), Limits(65_536, 20))
FRAME = b"\x81" + bytes([len(encode(EVENT))]) + encode(EVENT)
PATIENCE = 5.0


class FakeConnection:
    """What a WebSocket reaches of uvloop and picows, in one: it keeps what is written, and whether it is read."""

    def __init__(self) -> None:
        self.written: list[bytes] = []
        self.closed_with: list[int] = []
        self.pings = 0
        self.is_read = False
        self.is_close_frame_sent = False
        self.is_disconnected = False
        self.is_gone = asyncio.Event()
        self.underlying_transport = self

    def write(self, data: bytes) -> None:
        """Take bytes."""
        self.written.append(data)

    def send_close(self, code: int) -> None:
        """Take a close frame."""
        self.is_close_frame_sent = True
        self.closed_with.append(int(code))

    def send_ping(self) -> None:
        """Take a ping."""
        self.pings += 1

    @property
    def close_handshake(self) -> Any:
        """Tell what was sent last, as picows does."""
        return SimpleNamespace(sent=SimpleNamespace(code=self.closed_with[-1]))

    def pause_reading(self) -> None:
        """Be read no more."""
        self.is_read = False

    def get_write_buffer_size(self) -> int:
        """Tell that the system has taken everything."""
        return 0

    def is_closing(self) -> bool:
        """Whether it is closed."""
        return self.is_gone.is_set()

    def resume_reading(self) -> None:
        """Be read."""
        self.is_read = True

    def disconnect(self) -> None:
        """Close when everything is written."""

    def get_extra_info(self, _name: str) -> None:
        """Have no socket."""

    def abort(self) -> None:
        """Close at once."""
        self.is_gone.set()


class Ear:
    """A receiver that remembers."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.codes: list[int] = []
        self.has_ended = asyncio.Event()

    def text_received(self, text: str) -> None:
        """Remember a text."""
        self.texts.append(text)

    def binary_received(self) -> None:
        """Remember that there was one."""
        self.texts.append("binary")

    def closed(self, code: int) -> None:
        """Remember the code."""
        self.codes.append(code)
        self.has_ended.set()


class Line:
    """A WebSocket with both its ends."""

    def __init__(
        self, patience: float = 3600.0, keepalive: float = 3600.0, shared: PicowsServerState | None = None
    ) -> None:
        self.shared = shared or PicowsServerState(Keepalive(keepalive), 1000, patience)
        self.connections: set[Any] = set()
        self.connection = FakeConnection()
        self.quotas: Quotas
        self.websocket = PicowsWebSocket(self.shared, self.connections)
        self.websocket.on_ws_connected(self.connection)  # type: ignore[arg-type]  # as far as a WebSocket goes
        self.ear = Ear()
        self.websocket.listen(self.ear)

    def gone(self) -> None:
        """Lose the connection, as picows tells it."""
        self.websocket.on_ws_disconnected(self.connection)  # type: ignore[arg-type]  # as above


async def written(connection: FakeConnection) -> bytes:
    """Return what has been written when everything that is due soon is done."""
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    return b"".join(connection.written)


async def test_messages_of_one_moment_are_written_together() -> None:
    """What is sent while something is being done is written once, in its order."""
    line = Line()
    for text in (b"one", b"two", b"three"):
        assert line.websocket.send(text)
    assert await written(line.connection) == b"\x81\x03one\x81\x03two\x81\x05three"
    assert len(line.connection.written) == 1
    line.gone()


async def test_messages_of_one_read_are_written_at_its_end() -> None:
    """What is sent while messages are being received is not written before the last of them."""
    line = Line()
    line.shared.is_reading = True
    line.websocket.send(b"one")
    assert await written(line.connection) == b""
    line.shared.flush()
    assert line.connection.written == [b"\x81\x03one"]
    line.gone()


@pytest.mark.parametrize(
    ("size", "head"),
    [
        (125, b"\x81\x7d"),
        (126, b"\x81\x7e\x00\x7e"),
        (65_535, b"\x81\x7e\xff\xff"),
        (65_536, b"\x81\x7f\x00\x00\x00\x00\x00\x01\x00\x00"),
    ],
)
async def test_length_is_written_in_three_ways(size: int, head: bytes) -> None:
    """RFC 6455 §5.2: in one byte, three, or nine."""
    line = Line()
    line.websocket.send(b"x" * size)
    assert await written(line.connection) == head + b"x" * size
    line.gone()


async def test_messages_wait_for_slow_client() -> None:
    """Up to a number of messages wait until the client reads again, and then follow in their order."""
    line = Line()
    line.websocket.send(b"0")
    line.websocket.flush()
    line.websocket.pause_writing()
    for number in range(MAX_WAITING_MESSAGES):
        assert line.websocket.send(b"%d" % (number % 10))
    assert not line.websocket.send(b"too much")
    assert line.connection.written == [b"\x81\x010"]
    line.websocket.resume_writing()
    expected = b"".join(b"\x81\x01%d" % (number % 10) for number in range(MAX_WAITING_MESSAGES))
    assert b"".join(line.connection.written) == b"\x81\x010" + expected
    line.gone()


async def test_order_is_kept_when_client_reads_again() -> None:
    """What was sent before the client fell behind comes before what has waited since."""
    line = Line()
    line.websocket.send(b"first")
    line.websocket.pause_writing()
    line.websocket.send(b"second")
    line.websocket.resume_writing()
    assert await written(line.connection) == b"\x81\x05first\x81\x06second"
    line.gone()


async def test_connection_that_picows_has_closed_is_not_read() -> None:
    """What comes after a frame that breaks the rules stays in the kernel; its end is told with the code of picows."""
    line = Line()
    line.connection.send_close(1002)
    line.websocket.closed_by_picows()
    assert (line.connection.is_read, line.ear.codes) == (False, [1002])
    line.gone()


async def test_close_comes_after_what_waits() -> None:
    """A client that is slow gets everything before the close code, if it is not for being slow that it is closed."""
    line = Line()
    line.websocket.pause_writing()
    line.websocket.send(b"last words")
    line.websocket.close(CloseCode.REPLACED)
    assert line.connection.closed_with == []
    line.websocket.resume_writing()
    assert line.connection.written == [b"\x81\x0alast words"]
    assert line.connection.closed_with == [CloseCode.REPLACED]
    await asyncio.wait_for(line.ear.has_ended.wait(), PATIENCE)
    assert line.ear.codes == [CloseCode.REPLACED]
    line.gone()


async def test_closing_takes_effect_once() -> None:
    """The first code is the one that counts, for both sides; nothing is written after it."""
    line = Line()
    line.websocket.close(CloseCode.RATE_LIMITED)
    line.websocket.close(CloseCode.REPLACED)
    line.websocket.send(b"too late")
    assert await written(line.connection) == b""
    line.gone()
    assert (line.connection.closed_with, line.ear.codes) == ([CloseCode.RATE_LIMITED], [CloseCode.RATE_LIMITED])


async def test_client_that_does_not_close_is_dropped() -> None:
    """Who is sent a close code has some seconds for it."""
    line = Line(patience=0)
    line.websocket.close(CloseCode.REPLACED)
    await asyncio.wait_for(line.connection.is_gone.wait(), PATIENCE)
    line.gone()


async def test_lost_connection_is_told_once() -> None:
    """A connection that is lost without a close frame ends with 1006, and is forgotten by everyone."""
    line = Line()
    assert line.connections == {line.websocket}
    line.gone()
    line.gone()
    assert (line.ear.codes, line.connections) == ([ABNORMAL_CLOSURE], set())
    assert not any(line.shared.keepalive._groups)


async def test_stopped_server_closes_at_once() -> None:
    """A server that stops waits for nobody, whatever waits to be written."""
    line = Line()
    line.websocket.pause_writing()
    line.websocket.send(b"last words")
    line.websocket.shutdown()
    assert (line.connection.closed_with, line.ear.codes) == ([CloseCode.SERVICE_RESTART], [CloseCode.SERVICE_RESTART])
    line.gone()


async def test_late_listener_hears_of_the_end() -> None:
    """Who begins to listen when everything is over is told so."""
    line = Line()
    line.gone()
    late = Ear()
    line.websocket.listen(late)
    assert late.codes == [ABNORMAL_CLOSURE]


# What it may cost


def frame(opcode: WSMsgType, size: int = 0, tail: int = 0) -> Any:
    """Make a frame as picows hands it over: of zeros, with `tail` bytes after it."""
    return SimpleNamespace(
        msg_type=opcode,
        fin=1,
        rsv1=0,
        rsv2=0,
        rsv3=0,
        tail_size=tail,
        get_payload_as_bytes=lambda: bytes(size),
        get_payload_as_utf8_text=lambda: "x" * size,
    )


def usage_of(line: Line, *, frames: int = 1000, connections: int = 100, mib: int = 16) -> Usage:
    """Have a line count against an address, with bounds of its own."""
    limits = quota_limits(connections=connections, frames=Rate.of(frames, 3600.0), buffered_bytes=mib * 2**20)
    line.quotas = Quotas(limits)
    usage = line.quotas.connect(ClientAddress("203.0.113.1"), 0.0)
    assert usage is not None
    line.websocket.count_against(usage)
    return usage


async def test_frames_over_the_limit_are_not_looked_at() -> None:
    """What comes in one read after the frame that was too much is passed over, and nothing more is read."""
    line = Line()
    usage_of(line, frames=2 * FRAME_LEASE)
    for _ in range(1000):
        line.websocket.on_ws_frame(line.connection, frame(WSMsgType.TEXT))  # type: ignore[arg-type]  # as above
    assert len(line.ear.texts) == 2 * FRAME_LEASE
    assert (line.connection.closed_with, line.connection.is_read) == ([CloseCode.RATE_LIMITED], False)
    assert await written(line.connection) == b""
    assert line.ear.codes == [CloseCode.RATE_LIMITED]
    line.gone()


async def test_after_close_only_a_close_frame_is_looked_for() -> None:
    """For some frames that were on their way; after them nothing is read any more."""
    line = Line()
    line.websocket.close(CloseCode.REPLACED)
    is_read = []
    for opcode in (WSMsgType.TEXT, WSMsgType.PING, WSMsgType.PONG, WSMsgType.CONTINUATION) * FRAMES_AFTER_CLOSE:
        line.websocket.on_ws_frame(line.connection, frame(opcode))  # type: ignore[arg-type]  # as above
        is_read.append(line.connection.is_read)
    assert is_read.index(False) == FRAMES_AFTER_CLOSE
    assert not any(is_read[FRAMES_AFTER_CLOSE:])
    assert await written(line.connection) == b""
    assert (line.ear.texts, line.connection.closed_with) == ([], [CloseCode.REPLACED])
    line.gone()


async def test_broken_rule_is_answered_once() -> None:
    """Of many frames in one read that break the rules, the first is answered, and the rest is passed over."""
    line = Line()
    broken = frame(WSMsgType.TEXT)
    broken.rsv1 = 1
    for _ in range(100):
        line.websocket.on_ws_frame(line.connection, broken)  # type: ignore[arg-type]  # as above
    assert (line.connection.closed_with, line.connection.is_read) == ([1002], False)
    await written(line.connection)
    assert (line.ear.texts, line.ear.codes) == ([], [1002])
    line.gone()


async def test_what_client_does_not_read_counts_against_its_address() -> None:
    """Below the number of messages that may wait, it is their size that is too much; it is given back at the end."""
    line = Line()
    usage_of(line, mib=1)
    line.websocket.pause_writing()
    message = b"x" * 30_000
    taken = 0
    while line.websocket.send(message):
        taken += 1
    assert taken == 2**20 // 8 // len(message)
    line.gone()
    again = line.quotas.connect(ClientAddress("203.0.113.1"), 0.0)
    assert again is not None
    assert again.buffer(2**20 // 8)


async def test_client_that_reads_again_is_not_counted() -> None:
    """What it has read is given back."""
    line = Line()
    usage = usage_of(line, mib=1)
    line.websocket.pause_writing()
    line.websocket.send(b"x" * 30_000)
    assert not usage.buffer(2**20 // 8 + 1)
    line.websocket.resume_writing()
    assert line.websocket._unwritten_bytes == 0
    line.gone()


async def test_buffer_of_picows_is_counted_as_long_as_it_is_there() -> None:
    """It does not shrink after a large frame, so that such frames, one after the other, pin memory too."""
    line = Line()
    usage_of(line, mib=1)
    line.websocket.buffer_filled(50_000)
    assert line.connection.closed_with == []
    line.websocket.buffer_filled(110_000)
    assert line.connection.closed_with == [CloseCode.RATE_LIMITED]
    line.gone()


async def test_connection_that_was_lost_in_its_handshake_is_not_counted() -> None:
    """A client that is gone before it is counted is given back at once."""
    line = Line()
    line.gone()
    line.connection.is_disconnected = True
    usage_of(line, connections=1)
    assert line.quotas.connect(None, 0.0) is not None


# The keepalive


async def test_silent_client_is_given_up() -> None:
    """A client that does not answer a ping in time is closed with 1011."""
    line = Line(keepalive=0.05)
    await asyncio.wait_for(line.ear.has_ended.wait(), PATIENCE)
    assert (line.connection.pings, line.ear.codes) == (1, [CloseCode.INTERNAL_ERROR])
    line.gone()


async def test_client_that_answers_is_asked_again() -> None:
    """A client that answers is asked again and again, and kept."""
    line = Line(keepalive=0.05)
    async with asyncio.timeout(PATIENCE):
        while line.connection.pings < 3:
            line.websocket.is_unanswered = False
            await asyncio.sleep(0.001)
    assert line.ear.codes == []
    line.gone()


async def test_keepalive_has_one_timer_which_ends_with_the_last() -> None:
    """Who came at different moments is asked at different moments; with nobody to ask there is no timer."""
    keepalive = Keepalive(3600)
    line = Line()
    first = keepalive.watch(line.websocket)
    timer = keepalive._timer
    keepalive._ask_next()
    second = keepalive.watch(line.websocket)
    assert first is not second
    assert (line.connection.pings, timer is None) == (0, False)
    first.clear()
    second.clear()
    keepalive._ask_next()
    assert keepalive._timer is None
    line.gone()


# A client that takes nothing any more, as the effects driver sees it


async def nobody(_token: str) -> NoReturn:
    """Prove nothing."""
    raise AuthenticationError


class Overflow:
    """A connection to a deaf client, for which there is one event too many."""

    def __init__(self, patience: float) -> None:
        self.line = Line(patience)
        self.rooms = Rooms(capacity=2)
        self.effects_driver = EffectsDriver(self.rooms, grace=3600)
        limit = MessageLimit(Settings().message_limit)
        number = self.effects_driver.next_number()
        session = Session(number, Identity("ann", "Ann"), WELCOME, self.rooms, TOKENS)
        details, expiry = ClientDetails("Ann"), TokenExpiry(nobody)
        Connection(self.line.websocket, session, self.effects_driver, limit, details, expiry).open()
        self.line.websocket.flush()
        self.line.websocket.pause_writing()
        self.effects_driver.carry_out([Deliver(number, EVENT)] * (MAX_WAITING_MESSAGES + 1))


async def test_deaf_client_is_let_go() -> None:
    """A client that takes not even the close code keeps its connection for a bounded time only."""
    overflow = Overflow(patience=0)
    await asyncio.wait_for(overflow.line.connection.is_gone.wait(), PATIENCE)
    overflow.line.gone()


async def test_deaf_client_is_owed_the_close_code_alone() -> None:
    """What has piled up is dropped: should the client read again, it hears why it was cut off."""
    overflow = Overflow(patience=3600)
    overflow.line.websocket.resume_writing()
    assert FRAME not in b"".join(overflow.line.connection.written)
    assert overflow.line.connection.closed_with[0] == CloseCode.SLOW_CONSUMER
    overflow.line.gone()


async def test_closing_connection_is_not_listened_to() -> None:
    """What still comes from a connection that is being closed has no effect, neither here nor on the session."""
    overflow = Overflow(patience=3600)
    await written(overflow.line.connection)
    assert overflow.effects_driver._clients == {}
    overflow.effects_driver.carry_out([Close(ConnectionId(1), CloseCode.REPLACED), Deliver(ConnectionId(1), EVENT)])
    assert overflow.line.connection.closed_with == [CloseCode.SLOW_CONSUMER]
    overflow.line.gone()


async def test_ended_connection_writes_nothing_more() -> None:
    """A client that has closed, and reads on, gets nothing of what waited for it, and no second close frame."""
    line = Line()
    line.websocket.pause_writing()
    line.websocket.send(b"waiting")
    line.websocket.shutdown()
    line.websocket.resume_writing()
    assert line.websocket.send(b"late")
    assert await written(line.connection) == b""
    assert len(line.connection.closed_with) == 1
    line.gone()


async def test_client_that_sends_much_lets_others_pass() -> None:
    """It is read again in the next round of the event loop."""
    line = Line()
    before = line.connection.is_read
    line.websocket.let_others_pass()
    meanwhile = line.connection.is_read
    await asyncio.sleep(0)
    assert (before, meanwhile, line.connection.is_read) == (True, False, True)
    line.gone()


async def test_few_clients_begin_to_be_read_in_one_round() -> None:
    """Many whose accounts were found in one moment may all have something to say."""
    first = Line()
    lines = [first, *(Line(shared=first.shared) for _ in range(2 * READ_AT_ONCE))]
    rounds = []
    for _ in range(3):
        rounds.append(sum(line.connection.is_read for line in lines))
        await asyncio.sleep(0)
    assert rounds == [READ_AT_ONCE, 2 * READ_AT_ONCE, 2 * READ_AT_ONCE + 1]
    for line in lines:
        line.gone()


async def test_few_clients_that_fill_their_buffers_are_read_on_in_one_round() -> None:
    """Hundreds of them would make a round last as long as all their reads together."""
    first = Line()
    lines = [first, *(Line(shared=first.shared) for _ in range(2 * READ_AT_ONCE))]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    for line in lines:
        line.websocket.wait_for_turn()
    rounds = []
    for _ in range(4):
        rounds.append(sum(line.connection.is_read for line in lines))
        await asyncio.sleep(0)
    assert rounds == [0, READ_AT_ONCE, 2 * READ_AT_ONCE, 2 * READ_AT_ONCE + 1]
    for line in lines:
        line.gone()


async def test_client_that_was_broken_off_is_not_read_when_it_reads_again() -> None:
    """Its close frame has waited for it to read; what it has sent meanwhile is not worth reading either."""
    line = Line()
    line.websocket.pause_writing()
    line.websocket.send(b"waiting")
    line.websocket.deadline_passed()
    line.websocket.resume_writing()
    assert (line.connection.closed_with, line.connection.is_read) == ([CloseCode.RATE_LIMITED], False)
    line.gone()


async def test_client_that_is_not_to_be_read_stays_so() -> None:
    """Whether it was broken off before it let others pass, or after that."""
    line, other = Line(), Line()
    line.websocket.let_others_pass()
    line.websocket.deadline_passed()
    other.websocket.deadline_passed()
    other.websocket.let_others_pass()
    await asyncio.sleep(0)
    assert not line.connection.is_read
    assert not other.connection.is_read
    line.gone()
    other.gone()
