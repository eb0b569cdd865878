"""Decides what processes write to each other about clients of one that are in rooms of another. No I/O.

A *host* is the process that a room belongs to, and its `Rooms` decide for everyone in it. A client whose WebSocket
ends at another process is a *remote client* there: what it asks is written to the host, and what it is told is written
back. `number` is always the connection as the client's own process counts it.
"""

from __future__ import annotations

from typing import Literal, NewType

import msgspec

from protocol.versions import FIRST

ProcessId = NewType("ProcessId", str)
"""A process for as long as it is connected to the backplane; after a break it is another one."""


class AboutConnection(msgspec.Struct, frozen=True, array_like=True, tag=True, gc=False):
    """The root of all messages; the connection that one is about."""

    number: int


# To the host


class Enter(AboutConnection, frozen=True):
    """Someone asks to be let in: see `registry.Newcomer`."""

    room: str
    account: str
    peer_id: str
    username: str
    resume_token: str
    version: int = FIRST
    """The newest version of the protocol that the client's process knows; one of the first release does not say. While
    a server is updated process by process, each is written to in the version that it reads."""
    guest: bool | None = None
    formerly: str | None = None
    """As in `events.Peer`; a process of a release without guests passes over what comes after `version`."""


class Ask(AboutConnection, frozen=True):
    """A remote client hands a description or a candidate to a peer: see `signal_codec.CheckedSignal`."""

    to: str
    rest: str


class Leave(AboutConnection, frozen=True):
    """A remote client leaves its room."""


class End(AboutConnection, frozen=True):
    """A remote client's connection has ended, and it will not come back."""

    reason: Literal["left", "lost"]


class Lose(AboutConnection, frozen=True):
    """A remote client's connection was lost, and it may come back."""


# To the client's process


class Tell(AboutConnection, frozen=True):
    """A remote client is told an event, in its JSON."""

    event: str


class Pass(AboutConnection, frozen=True):
    """A remote client is handed what a peer has for it: see `signal_codec.ForwardedSignal`."""

    sender: str
    rest: str


class TurnAway(AboutConnection, frozen=True):
    """Someone is not let in, and is told why, by an event in its JSON."""

    event: str


class HangUp(AboutConnection, frozen=True):
    """A remote client's connection has to be closed; it is no longer a remote client."""

    code: int


class NotHere(AboutConnection, frozen=True):
    """The room that someone asks to be let in to does not belong to this process, or not any more."""


ProcessMessage = Enter | Ask | Leave | End | Lose | Tell | Pass | TurnAway | HangUp | NotHere
_ENCODER = msgspec.msgpack.Encoder()
_DECODER: msgspec.msgpack.Decoder[tuple[str, list[ProcessMessage]]] = msgspec.msgpack.Decoder(
    tuple[str, list[ProcessMessage]]
)


def seal(sender: ProcessId, messages: list[ProcessMessage]) -> bytes:
    """Put messages into one envelope, in their order."""
    return _ENCODER.encode((sender, messages))


def unseal(envelope: bytes) -> tuple[ProcessId, list[ProcessMessage]]:
    """Return the sender and the messages; a msgspec.DecodeError if it is not one of our envelopes."""
    try:
        sender, messages = _DECODER.decode(envelope)
    except RecursionError as error:  # in what is passed over, a field that only another release knows
        raise msgspec.DecodeError("nested too deep") from error
    return ProcessId(sender), messages
