"""Rooms across processes: which process decides for a room, and how the others ask it."""
