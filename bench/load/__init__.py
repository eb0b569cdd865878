"""The signaling server under attack: whether honest people still meet, and how soon, while abusers do their worst."""

HOST = "127.0.0.1"
"""Where the server listens. People come to it from 127.0.1.x, and abusers from 127.0.2.x."""
PASSWORD = "correct horse"  # noqa: S105 - of accounts that live as long as a run
