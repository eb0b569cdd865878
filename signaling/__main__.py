"""`python -m signaling` is the command `p2p-chat`: how a worker is started, wherever the command itself stands."""

from __future__ import annotations

from signaling.cli import main

main(prog_name="p2p-chat")
