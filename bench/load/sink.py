"""Takes a flood that is not meant for the server: it accepts any WebSocket, reads, and forgets.

With it, what people wait beside an attack can be told from what they wait because an abuser works on their core. Run as
`python -m bench.load.sink PORT`.
"""

from __future__ import annotations

import contextlib
import os
import socket
import sys
import threading

from bench.load import HOST

READ_BYTES = 65_536
NICENESS = 19
"""It shares the server's core, and must take from it only what is left."""
ACCEPTED = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n"


def swallow(connection: socket.socket) -> None:
    """Read to the end."""
    place = bytearray(READ_BYTES)
    with connection, contextlib.suppress(ConnectionError):
        if connection.recv_into(place):
            connection.sendall(ACCEPTED)
        while connection.recv_into(place):
            pass


def main() -> None:
    """Listen until killed."""
    os.nice(NICENESS)
    with socket.create_server((HOST, int(sys.argv[1]))) as listener:
        while True:
            connection, _ = listener.accept()
            threading.Thread(target=swallow, args=(connection,), daemon=True).start()


if __name__ == "__main__":
    main()
