"""Declares what bounds a WebSocket, by picows and through ASGI: messages, frames, time, and what waits to be read."""

from __future__ import annotations

from protocol.requests import MAX_REQUEST_BYTES

WEBSOCKET_MAX_BYTES = 2 * MAX_REQUEST_BYTES
"""Beyond this a WebSocket is closed with 1009; below it, what is too big gets an error that says so."""
MAX_WAITING_MESSAGES = 128
"""For a client that does not read: with descriptions of 32 KiB, some 4 MiB. One that lets more pile up is cut off."""
CLOSE_SECONDS = 5.0
"""For a client to take the close code and to close its side; then its connection is dropped."""
COMPLETE_SECONDS = 10.0
"""For a message to come to its end, from its first byte on. The largest comes in time by a line of 64 kbit/s."""
FRAME_LEASE = 32
"""Frames that are asked for at once, so that those of an honest client cost one subtraction each."""
FRAMES_AFTER_CLOSE = 64
"""Among these the client's close frame is looked for: others were on their way. After them nothing is read."""
