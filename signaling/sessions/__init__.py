"""One client, from its handshake to its end: what it may ask for, and what it is told."""
