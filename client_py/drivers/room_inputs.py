"""Names what the parts of a room's driver hand to its machine."""

from __future__ import annotations

from collections.abc import Callable

from client_py.core.room import Room, RoomEffect

Input = Callable[[Room], list[RoomEffect]]
"""Something that happened, for the room to decide on."""

Hear = Callable[[Input], None]
"""Gives the room an input, as soon as there is a room, and has the effects carried out."""
