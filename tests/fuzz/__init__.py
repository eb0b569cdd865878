"""Harnesses that play whatever bytes a fuzzer makes, and hold what comes of them to what always holds."""
