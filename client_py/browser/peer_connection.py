"""RTCPeerConnection and RTCDataChannel, as `ports` speaks of them."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from contextlib import ExitStack
from dataclasses import asdict
from typing import Any, TypeVar

import js
from pyodide.ffi import JsBuffer, JsException, to_js

from client_py.browser.interop import Callbacks, from_null, js_object
from client_py.ports.disposal import Dispose
from client_py.ports.webrtc import (
    BinaryData,
    ChannelCallbacks,
    ChannelClosed,
    ChannelOptions,
    Configuration,
    OperationFailed,
    PeerConnectionCallbacks,
    SelectedPath,
)
from protocol.webrtc import Candidate, Description

Result = TypeVar("Result")

MAX_REMOTE_RELAYS = 256
"""More than one side has in two generations of candidates; a relay that is forgotten only shows as a direct path."""

RELAY_ADDRESS = re.compile(r"(?<!\S)(\S++) (\d++) typ relay\b")
"""Nothing in it gives back what it has taken: a description is a stranger's text, and may be one word of 32 KiB."""


class BrowserBinaryData:
    """Implements `ports.BinaryData`: an ArrayBuffer, of which Python has nothing but the proxy."""

    def __init__(self, buffer: JsBuffer, released: Callable[[int], None] = lambda _size: None) -> None:
        self.size: int = buffer.byteLength
        self._buffer: JsBuffer | None = buffer
        self._released = released

    @property
    def buffer(self) -> JsBuffer:
        """The ArrayBuffer itself, until it is released."""
        assert self._buffer is not None  # noqa: S101 - nobody uses it after its release
        return self._buffer

    def to_bytes(self) -> bytes:
        """Copy the bytes into Python."""
        return self.buffer.to_bytes()

    def release(self) -> None:
        """Let go of the ArrayBuffer, which is the proxy's end as well."""
        if self._buffer is not None:
            self._buffer = None
            self._released(self.size)


class BrowserDataChannel:
    """Implements `ports.DataChannel`."""

    def __init__(
        self, channel: js.RTCDataChannel, options: ChannelOptions, callbacks: ChannelCallbacks, guard: Callbacks
    ) -> None:
        self._channel = channel
        self._callbacks = callbacks
        self._guard = guard
        self._is_closed = False
        self._waiting: dict[Dispose, Callable[[], None]] = {}
        """Who waits for the buffer to be low, by what ends their subscription."""
        self._listeners = ExitStack()
        self._listeners.callback(guard.listen(channel, "open", self._opened))
        told: dict[str, Callable[..., None]] = {
            "received": self._binary_received if options.binary else self._received,
            "overrun": self._overrun,
            "closed": self._closed,
        }
        functions = {}
        for name, callback in told.items():
            functions[name], let_go = guard.hold(callback)
            self._listeners.callback(let_go)
        budgets = {
            kind: to_js([budget.frames, budget.characters, budget.per_second])
            for kind, budget in options.limits.budgets.items()
        }
        # JavaScript's own (static/intake.js): a frame costs it a tenth of what it costs to call Python.
        self._intake = js.Intake.new(
            channel, js_object(budgets), options.limits.frame_length, js_object(functions), options.binary
        )
        self._listeners.callback(self._intake.stop)
        self._release: Callable[[int], None] = self._intake.release

    @property
    def is_open(self) -> bool:
        """Whether it takes what is sent (RTCDataChannel.readyState)."""
        return self._channel.readyState == "open"

    @property
    def buffered_amount(self) -> int:
        """How many bytes wait to be sent (RTCDataChannel.bufferedAmount)."""
        return self._channel.bufferedAmount

    @property
    def buffered_amount_low_threshold(self) -> int:
        """When the buffer is low (RTCDataChannel.bufferedAmountLowThreshold)."""
        return self._channel.bufferedAmountLowThreshold

    @buffered_amount_low_threshold.setter
    def buffered_amount_low_threshold(self, size: int) -> None:
        self._channel.bufferedAmountLowThreshold = size

    def send(self, text: str) -> None:
        """Send one frame (RTCDataChannel.send); ChannelClosed if it is not open or its buffer is full."""
        try:
            self._channel.send(text)
        except JsException as error:
            raise ChannelClosed(error.message) from error

    def send_binary(self, data: BinaryData) -> None:
        """Send one frame of binary data (RTCDataChannel.send); the bytes go by without Python."""
        assert isinstance(data, BrowserBinaryData)  # noqa: S101 - of this browser's own there are no others
        try:
            self._channel.send(data.buffer)
        except JsException as error:
            raise ChannelClosed(error.message) from error

    def on_buffered_amount_low(self, callback: Callable[[], None]) -> Dispose:
        """Call back when the buffer is low (`bufferedamountlow`), and when the channel is closed."""
        if self._is_closed:
            callback()
            return lambda: None
        # Where the threshold is zero, the event comes after every frame: so nobody listens but those who wait.
        let_go = self._guard.listen(self._channel, "bufferedamountlow", lambda _event: callback())
        self._waiting[let_go] = callback

        def dispose() -> None:
            self._waiting.pop(let_go, None)
            let_go()

        return dispose

    def close(self) -> None:
        """Close it, without any callback more (RTCDataChannel.close)."""
        self._channel.close()
        self._let_go()

    def _opened(self, _event: Any) -> None:
        self._callbacks.opened()

    def _received(self, *texts: str) -> None:
        for text in texts:
            if self._is_closed:
                return  # on account of a frame before
            self._callbacks.received(text)

    def _binary_received(self, *buffers: JsBuffer) -> None:
        for buffer in buffers:
            if self._is_closed:
                return
            self._callbacks.received(BrowserBinaryData(buffer, self._release))

    def _overrun(self, kind: str) -> None:
        self.close()
        self._callbacks.overrun(kind)

    def _closed(self) -> None:
        self._let_go()
        self._callbacks.closed()

    def _let_go(self) -> None:
        self._is_closed = True
        self._listeners.close()
        waiting, self._waiting = self._waiting, {}
        for let_go, callback in waiting.items():
            let_go()
            callback()


class BrowserPeerConnection:
    """Implements `ports.PeerConnection`."""

    def __init__(self, connection: js.RTCPeerConnection, callbacks: PeerConnectionCallbacks, guard: Callbacks) -> None:
        self._connection = connection
        self._callbacks = callbacks
        self._guard = guard
        self._remote_relays: deque[tuple[str, str]] = deque(maxlen=MAX_REMOTE_RELAYS)
        """Addresses and ports of the other side's TURN servers, as it has told them."""
        self._listeners = ExitStack()
        for event, listener in (
            ("negotiationneeded", lambda _event: callbacks.negotiation_needed()),
            ("icecandidate", self._candidate_gathered),
            ("icecandidateerror", self._candidate_failed),
            ("signalingstatechange", lambda _event: callbacks.signaling_state_changed(connection.signalingState)),
            ("connectionstatechange", lambda _event: callbacks.connection_state_changed(connection.connectionState)),
            ("datachannel", lambda _event: callbacks.channel_offered()),
        ):
            self._listeners.callback(guard.listen(connection, event, listener))

    async def set_local_description(self) -> Description:
        """Make the description that the signaling state asks for (setLocalDescription without arguments)."""
        await _translated(self._connection.setLocalDescription())
        description = self._connection.localDescription
        return Description(description.type, description.sdp)

    async def set_remote_description(self, description: Description) -> None:
        """Apply what the other side sent (setRemoteDescription)."""
        self._remote_relays.extend(RELAY_ADDRESS.findall(description.sdp))
        await _translated(self._connection.setRemoteDescription(js_object(asdict(description))))

    async def add_ice_candidate(self, candidate: Candidate) -> None:
        """Apply a candidate of the other side (addIceCandidate)."""
        self._remote_relays.extend(RELAY_ADDRESS.findall(candidate.candidate))
        value = {
            "candidate": candidate.candidate,
            "sdpMid": candidate.sdp_mid,
            "sdpMLineIndex": candidate.sdp_m_line_index,
            "usernameFragment": candidate.username_fragment,
        }
        await _translated(self._connection.addIceCandidate(js_object(value)))

    def restart_ice(self) -> None:
        """Ask for new ICE credentials in the next offer (restartIce)."""
        self._connection.restartIce()

    def configure(self, configuration: Configuration) -> None:
        """Take another configuration, for when candidates are gathered the next time (setConfiguration)."""
        try:
            self._connection.setConfiguration(_rtc_configuration(configuration))
        except JsException as error:
            raise OperationFailed(error.message) from error

    def create_data_channel(self, options: ChannelOptions, callbacks: ChannelCallbacks) -> BrowserDataChannel:
        """Create a reliable, negotiated channel (createDataChannel)."""
        init = js_object({"negotiated": True, "id": options.id, "ordered": options.ordered})
        channel = self._connection.createDataChannel(options.label, init)
        return BrowserDataChannel(channel, options, callbacks, self._guard)

    async def selected_path(self) -> SelectedPath | None:
        """Tell the candidate pair in use (getStats: the transport's selectedCandidatePairId)."""
        report = await _translated(self._connection.getStats())
        entries = {entry.id: entry for entry in report.values()}
        pair = _selected_pair(entries)
        if pair is None:
            return None
        ids = (pair.localCandidateId, pair.remoteCandidateId)
        ends = [entries[candidate_id] for candidate_id in ids if candidate_id in entries]
        return SelectedPath(
            relayed=any(map(self._is_relayed, ends)),
            allocated=any(self._is_relayed(end) for end in ends if end.id == pair.localCandidateId),
            protocol=next((end.protocol for end in ends), "udp"),
        )

    def _is_relayed(self, end: Any) -> bool:
        if end.candidateType == "relay" or getattr(end, "relayProtocol", None):
            return True
        # Where packets come before their candidate, it is peer-reflexive (RFC 8445 §7.3.1.3), and stays so in Firefox.
        return (getattr(end, "address", None), str(getattr(end, "port", ""))) in self._remote_relays

    async def bytes_received(self) -> int | None:
        """Tell how many bytes have come in, those that acknowledge ours among them (getStats: bytesReceived)."""
        try:
            report = await _translated(self._connection.getStats())
        except OperationFailed:
            return None
        return _bytes_received(list(report.values()))

    def close(self) -> None:
        """Close the connection, without any callback more (RTCPeerConnection.close)."""
        self._listeners.close()
        self._connection.close()

    def _candidate_gathered(self, event: Any) -> None:
        candidate = from_null(event.candidate)
        if candidate is None:
            return  # the end of gathering, which every generation has said before with an empty candidate
        self._callbacks.candidate_gathered(
            Candidate(
                candidate.candidate,
                from_null(candidate.sdpMid),
                from_null(candidate.sdpMLineIndex),
                from_null(candidate.usernameFragment),
            )
        )

    def _candidate_failed(self, event: Any) -> None:
        # Firefox leaves the transport out of the address where it is UDP, and says nothing in words.
        self._callbacks.candidate_failed(event.url, event.errorCode, event.errorText)


class BrowserPeerConnections:
    """Implements `ports.PeerConnections`."""

    def __init__(self, callbacks: Callbacks) -> None:
        self._callbacks = callbacks

    @property
    def supported(self) -> bool:
        """Whether this browser has RTCPeerConnection."""
        return hasattr(js, "RTCPeerConnection")

    def create(self, configuration: Configuration, callbacks: PeerConnectionCallbacks) -> BrowserPeerConnection:
        """Create one; OperationFailed if the browser refuses the configuration."""
        try:
            connection = js.RTCPeerConnection.new(_rtc_configuration(configuration))
        except JsException as error:
            raise OperationFailed(error.message) from error
        return BrowserPeerConnection(connection, callbacks, self._callbacks)


def _rtc_configuration(configuration: Configuration) -> Any:
    servers = [js_object(asdict(server) | {"urls": to_js(list(server.urls))}) for server in configuration.ice_servers]
    policy = "relay" if configuration.relay_only else "all"
    return js_object({"iceServers": to_js(servers), "iceTransportPolicy": policy})


async def _translated(operation: Awaitable[Result]) -> Result:
    try:
        return await operation
    except JsException as error:
        raise OperationFailed(f"{error.name}: {error.message}") from error


def _selected_pair(entries: dict[str, Any]) -> Any | None:
    for entry in entries.values():
        if entry.type == "transport" and getattr(entry, "selectedCandidatePairId", None) in entries:
            return entries[entry.selectedCandidatePairId]
    for entry in entries.values():
        # Where the report has no transport (Firefox, once), the pair itself is marked.
        if entry.type == "candidate-pair" and getattr(entry, "selected", False):
            return entry
    return None


def _bytes_received(entries: Sequence[Any]) -> int | None:
    # Firefox counts by pair alone; all pairs, since the one in use may be another one the next time.
    for kind in ("transport", "candidate-pair"):
        counts = [entry.bytesReceived for entry in entries if entry.type == kind and hasattr(entry, "bytesReceived")]
        if counts:
            return int(sum(counts))
    return None
