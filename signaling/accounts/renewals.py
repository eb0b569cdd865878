"""Decides whether a token may be exchanged for the next one of its login, and what that says of who shows it. No I/O.

Each renewal makes the next *generation*, and a token of the one before is no longer renewed (RFC 9700 §4.14.2): if it
is shown for that all the same, two hold tokens of one login, and one of them may have stolen it. Two cases look like
that and are none:

- Several tabs of one browser renew at once, or are loaded at once. For some seconds, the generations that were replaced
  get another token of the present one.
- An answer got lost on the line, and its browser has the token of before, be it for half an hour. It gets a token as
  long as nobody has shown one of the present generation. What was lost is worth nothing from then on: somebody who
  shows it did not lose it.
"""

from __future__ import annotations

from dataclasses import dataclass

GRACE_SECONDS = 30
"""A request of a page is on its way for 15 s at most, and then the page has given it up."""


@dataclass(frozen=True, slots=True)
class Chain:
    """How far the renewals of a login have come; moments in Unix seconds."""

    generation: int
    """Of the newest token."""
    previous_generation: int
    """Of the token that it was given for."""
    renewed_at: int
    is_confirmed: bool
    """Whether a token of the newest generation has been shown since."""
    oldest_generation: int
    """Those from here on were replaced in one go, as when tabs are loaded one after the other."""
    oldest_until: int
    """Until when they get a token."""


def begun(now: int) -> Chain:
    """Return the chain of a login that begins."""
    return Chain(0, 0, now, is_confirmed=True, oldest_generation=0, oldest_until=0)


def renewed(chain: Chain, shown: int, now: int) -> Chain | None:
    """Return the chain after a token of a generation was shown for the next one; None if the login has to end."""
    if shown >= chain.generation:  # higher ones are of a database that a backup was restored to
        return _next(chain, shown, now)
    if _is_late(chain, shown, now):
        return chain
    if shown == chain.previous_generation and not chain.is_confirmed:
        return _next(chain, shown, now)
    return None


def _is_late(chain: Chain, shown: int, now: int) -> bool:
    """Tell whether a token was replaced only while its request was on the way."""
    is_previous = shown == chain.previous_generation
    return (is_previous and now <= chain.renewed_at + GRACE_SECONDS) or (
        shown >= chain.oldest_generation and now <= chain.oldest_until
    )


def _next(chain: Chain, shown: int, now: int) -> Chain:
    goes_on = now <= chain.oldest_until
    return Chain(
        max(shown, chain.generation) + 1,
        shown,
        now,
        is_confirmed=False,
        oldest_generation=chain.oldest_generation if goes_on else shown,
        oldest_until=chain.oldest_until if goes_on else now + GRACE_SECONDS,
    )
