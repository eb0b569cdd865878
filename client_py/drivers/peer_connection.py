"""Runs the operations of one RTCPeerConnection, one after the other, and owns its channels."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import assert_never

from client_py.core.channels import CHAT, ChannelKind, ChannelSpec
from client_py.core.peer.negotiation import AddCandidate, Operation, SetLocalDescription, SetRemoteDescription
from client_py.drivers.tasks import Tasks
from client_py.ports.webrtc import (
    ChannelCallbacks,
    ChannelClosed,
    ChannelLimits,
    ChannelOptions,
    DataChannel,
    OperationFailed,
    PeerConnection,
)
from protocol.webrtc import Description


@dataclass(frozen=True, slots=True)
class Outcomes:
    """Who is told what came of the operations."""

    local_description_set: Callable[[Description], None]
    remote_description_set: Callable[[], None]
    operation_failed: Callable[[Operation, str], None]


class Connection:
    """An RTCPeerConnection with its queue of operations; what comes of them after its end is told to nobody."""

    def __init__(self, peer_connection: PeerConnection, outcomes: Outcomes, tasks: Tasks) -> None:
        self._peer_connection = peer_connection
        self._outcomes = outcomes
        self._channels: dict[ChannelSpec, DataChannel] = {}
        # Unbounded, but what fills it is bounded: the negotiation has one description at work, and hands on a bounded
        # number of candidates to each; the link bounds how many descriptions come in a given time.
        self._operations: asyncio.Queue[Operation | Callable[[], None]] = asyncio.Queue()
        self._worker = tasks.spawn(self._work())

    @property
    def peer_connection(self) -> PeerConnection:
        """The RTCPeerConnection itself."""
        return self._peer_connection

    def enqueue(self, operation: Operation) -> None:
        """Carry out an operation after those that are waiting."""
        self._operations.put_nowait(operation)

    def afterwards(self, act: Callable[[], None]) -> None:
        """Do something once the operations that are waiting have been carried out; never if the end comes before."""
        self._operations.put_nowait(act)

    def create_channels(
        self, specs: Iterable[ChannelSpec], callbacks: Callable[[ChannelSpec], ChannelCallbacks]
    ) -> None:
        """Create the negotiated channels; `callbacks` gives who is told what each of them does."""
        for spec in specs:
            channel = self._peer_connection.create_data_channel(options_of(spec), callbacks(spec))
            self._channels[spec] = channel

    def channel(self, spec: ChannelSpec) -> DataChannel | None:
        """Return one of the channels, whether it is open or not; None before it is created and once it has broken."""
        return self._channels.get(spec)

    def send(self, text: str) -> bool:
        """Send a frame over `chat`; False if the channel broke over it. What comes after that goes nowhere."""
        channel = self._channels.get(CHAT)
        if channel is None:
            return True
        try:
            channel.send(text)
        except ChannelClosed:
            channel.close()
            del self._channels[CHAT]
            return False
        return True

    def close(self) -> None:
        """End the operations, the channels and the RTCPeerConnection."""
        self._worker.cancel()
        for channel in self._channels.values():
            channel.close()
        self._peer_connection.close()

    async def _work(self) -> None:
        while True:
            operation = await self._operations.get()
            if callable(operation):
                operation()
                continue
            try:
                await self._carry_out(operation)
            except OperationFailed as error:
                self._outcomes.operation_failed(operation, error.reason)

    async def _carry_out(self, operation: Operation) -> None:
        match operation:
            case SetLocalDescription():
                self._outcomes.local_description_set(await self._peer_connection.set_local_description())
            case SetRemoteDescription(description):
                await self._peer_connection.set_remote_description(description)
                self._outcomes.remote_description_set()
            case AddCandidate(candidate):
                await self._peer_connection.add_ice_candidate(candidate)
            case _:
                assert_never(operation)


def options_of(spec: ChannelSpec) -> ChannelOptions:
    """Return what a channel of the table is created with."""
    limits = ChannelLimits(spec.max_frame_length, spec.budgets)
    return ChannelOptions(spec.label, spec.id, spec.ordered, spec.kind is ChannelKind.BINARY, limits)
