"""The signaling server beside others, each on one core, with a load generator on the other."""
