"""What shows a room: its header, what can be done there, and the composer."""
