"""Touches a connection whose client is not worth waiting for: resets it, with nothing left to be sent."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
import sys

NO_LINGER = struct.pack("hh" if sys.platform == "win32" else "ii", 1, 0)


def reset(transport: asyncio.Transport) -> None:
    """Close at once. The kernel, which would keep what was not read and go on trying, has to forget it too."""
    connected = transport.get_extra_info("socket")
    if connected is not None:
        # macOS lets nothing be set any more where the client has reset the connection: then there is nothing to forget.
        with contextlib.suppress(OSError):
            connected.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, NO_LINGER)
    transport.abort()
