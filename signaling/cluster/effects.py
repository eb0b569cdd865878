"""What rooms across processes ask to have done beside what rooms of one process do; the backplane does it."""

from __future__ import annotations

from signaling.cluster.process_messages import ProcessId, ProcessMessage
from signaling.rooms.effects import OutsideEffect


class Post(OutsideEffect, frozen=True):
    """Send a message to another process, after everything that was sent to it before."""

    process: ProcessId
    message: ProcessMessage


class Claim(OutsideEffect, frozen=True):
    """Ask whose a room is, and make it ours if it is nobody's."""

    room: str


class Announce(OutsideEffect, frozen=True):
    """Tell every other process that an account, or a login of it, has changed or ended."""

    account: str
