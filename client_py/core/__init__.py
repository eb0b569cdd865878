"""What decides: pure state machines. No js, no asyncio, no clock, no randomness: all of these are handed in."""
