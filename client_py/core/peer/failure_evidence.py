"""Notes what the attempts to connect to a peer have shown, for when a person is told why there is no connection."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True)
class Evidence:
    """What was seen in one attempt, or in some of them together."""

    answered: bool = False
    """Whether the other side has sent a description."""
    gathered: bool = False
    """Whether our browser has found an address of ours to be reached at."""
    offered: bool = False
    """Whether the other side has sent one of its own."""
    connected: bool = False
    """Whether there was a path, which only the data channel did not come up on."""
    refusal: str = ""
    """What our browser said when it refused to do its part; nothing where it has not."""

    def with_earlier(self, earlier: Evidence) -> Evidence:
        """Return what was seen in this one and an earlier one; what the browser refused last counts."""
        return Evidence(
            self.answered or earlier.answered,
            self.gathered or earlier.gathered,
            self.offered or earlier.offered,
            self.connected or earlier.connected,
            self.refusal,
        )
