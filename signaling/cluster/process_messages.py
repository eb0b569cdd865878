"""Decides what processes write to each other about clients of one that are in rooms of another. No I/O.

A *host* is the process that a room belongs to, and its `Rooms` decide for everyone in it. A client whose WebSocket
ends at another process is a *guest* there: what it asks is written to the host, and what it is told is written back.
`number` is always the connection as the guest's own process counts it.
"""

from __future__ import annotations

from typing import Literal, NewType

import msgspec

from protocol.versions import FIRST

ProcessId = NewType("ProcessId", str)
"""A process for as long as it is connected to the backplane; after a break it is another one."""


class Letter(msgspec.Struct, frozen=True, array_like=True, tag=True, gc=False):
    """The root of all letters; the connection that one is about."""

    number: int


# To the host


class Enter(Letter, frozen=True):
    """Someone asks to be let in: see `registry.Newcomer`."""

    room: str
    account: str
    peer_id: str
    username: str
    resume_token: str
    version: int = FIRST
    """The newest version of the protocol that the guest's process knows; one of the first release does not say. While
    a server is updated process by process, each is written to in the version that it reads."""


class Ask(Letter, frozen=True):
    """A guest hands a description or a candidate to a peer: see `signal_codec.RelayRequest`."""

    to: str
    rest: str


class Leave(Letter, frozen=True):
    """A guest leaves its room."""


class End(Letter, frozen=True):
    """A guest's connection has ended, and it will not come back."""

    reason: Literal["left", "lost"]


class Lose(Letter, frozen=True):
    """A guest's connection was lost, and it may come back."""


# To the guest's process


class Tell(Letter, frozen=True):
    """A guest is told an event, in its JSON."""

    event: str


class Pass(Letter, frozen=True):
    """A guest is handed what a peer has for it: see `signal_codec.Relayed`."""

    sender: str
    rest: str


class TurnAway(Letter, frozen=True):
    """Someone is not let in, and is told why, by an event in its JSON."""

    event: str


class HangUp(Letter, frozen=True):
    """A guest's connection is to be closed; it is no guest any more."""

    code: int


class NotHere(Letter, frozen=True):
    """The room that someone asks to be let in to does not belong to this process, or not any more."""


Written = Enter | Ask | Leave | End | Lose | Tell | Pass | TurnAway | HangUp | NotHere
_ENCODER = msgspec.msgpack.Encoder()
_DECODER: msgspec.msgpack.Decoder[tuple[str, list[Written]]] = msgspec.msgpack.Decoder(tuple[str, list[Written]])


def seal(sender: ProcessId, letters: list[Written]) -> bytes:
    """Put letters into one envelope, in their order."""
    return _ENCODER.encode((sender, letters))


def unseal(envelope: bytes) -> tuple[ProcessId, list[Written]]:
    """Give the sender and the letters; a msgspec.DecodeError if it is not one of our envelopes."""
    try:
        sender, letters = _DECODER.decode(envelope)
    except RecursionError as error:  # in what is passed over, a field that only another release knows
        raise msgspec.DecodeError("nested too deep") from error
    return ProcessId(sender), letters
