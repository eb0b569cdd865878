"""Runs `bench.relay.measure`."""

from bench.relay.measure import main

main()
