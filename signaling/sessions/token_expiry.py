"""Awaits what concerns the tokens of open connections: that one expires, and that another one is checked."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextvars import Context
from typing import Protocol

from signaling.accounts.authenticator import ProvenAccount
from signaling.errors import AuthenticationError, DatabaseUnavailable, Refusal

LOOK_SECONDS = 5.0
"""Between two looks at the connections. Tokens expire by the wall clock, which is set and goes on while a machine
sleeps, so no timer is started for the time that one has left."""
GRACE_SECONDS = 30
"""After the end of a token, for the next one to come: the time that a request and its answer may take, and a clock that
is not quite right."""


ProofOf = Callable[[str], Awaitable[ProvenAccount]]
"""Says what a token proves; AuthenticationError if it proves nothing, DatabaseUnavailable where that is not known."""


class TokenHolder(Protocol):
    """A connection that a token was shown on. None of these waits."""

    def token_proved(self, account_id: str, expires_at: int) -> None:
        """The token that was to be checked is one of an account, until a time in Unix seconds."""

    def token_refused(self, refusal: Refusal) -> None:
        """The token that was to be checked proves nothing, or nobody could say what it does."""

    def token_expired(self) -> None:
        """The token expired GRACE_SECONDS ago."""


class TokenExpiry:
    """The connections whose tokens expire, and the checks of further tokens that are under way."""

    def __init__(
        self,
        proof_of: ProofOf,
        clock: Callable[[], float] = time.time,
        seconds: float = LOOK_SECONDS,
        proved: Callable[[TokenHolder, ProvenAccount], None] = lambda _holder, _proof: None,
    ) -> None:
        self._proof_of = proof_of
        self._proved = proved
        self._seconds = seconds
        self._clock = clock
        self._expires_at: dict[TokenHolder, int] = {}
        self._timer: asyncio.TimerHandle | None = None
        self._checks: set[asyncio.Task[None]] = set()

    def watch(self, holder: TokenHolder, expires_at: int) -> None:
        """Tell a connection when its token has expired; once more for it counts in place of the time before."""
        self._expires_at[holder] = expires_at
        if self._timer is None:
            self._look_later()

    def forget(self, holder: TokenHolder) -> None:
        """Tell a connection nothing more."""
        self._expires_at.pop(holder, None)

    def check(self, holder: TokenHolder, token: str) -> None:
        """Find out which account a token proves, and tell the connection."""
        check = asyncio.get_running_loop().create_task(self._check(holder, token))
        self._checks.add(check)
        check.add_done_callback(self._checks.discard)

    async def _check(self, holder: TokenHolder, token: str) -> None:
        refusal: Refusal
        try:
            proof = await self._proof_of(token)
        except (AuthenticationError, DatabaseUnavailable) as error:
            refusal = error
        else:
            if holder in self._expires_at:
                holder.token_proved(proof.account.id, proof.expires_at)
                self._proved(holder, proof)
            return
        if holder in self._expires_at:
            holder.token_refused(refusal)

    def _look(self) -> None:
        self._timer = None
        over = self._clock() - GRACE_SECONDS
        for holder in [holder for holder, expires_at in self._expires_at.items() if expires_at <= over]:
            self.forget(holder)
            holder.token_expired()
        if self._expires_at:
            self._look_later()

    def _look_later(self) -> None:
        # In no request's context, as in the keepalive.
        self._timer = asyncio.get_running_loop().call_later(self._seconds, self._look, context=Context())
