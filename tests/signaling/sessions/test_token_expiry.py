import asyncio
from dataclasses import dataclass, field

import pytest

from signaling.accounts.authenticator import ProvenAccount
from signaling.accounts.store import Account
from signaling.errors import AuthenticationError, DatabaseUnavailable, Refusal
from signaling.sessions.token_expiry import GRACE_SECONDS, TokenExpiry
from tests.signaling.running import PATIENCE

ANN = Account("account-ann", "Ann", "", is_demo=False)
PROOF = ProvenAccount(ANN, 2_000)


@dataclass(eq=False)
class Holder:
    """A connection that remembers what it is told."""

    told: list[object] = field(default_factory=list)
    has_heard: asyncio.Event = field(default_factory=asyncio.Event)

    def token_proved(self, account_id: str, expires_at: int) -> None:
        """Remember."""
        self._hear((account_id, expires_at))

    def token_refused(self, refusal: Refusal) -> None:
        """Remember."""
        self._hear(refusal)

    def token_expired(self) -> None:
        """Remember."""
        self._hear("expired")

    def _hear(self, what: object) -> None:
        self.told.append(what)
        self.has_heard.set()


class Stage:
    """An expiry whose clock, and whose accounts, the test has in its hands."""

    def __init__(self, seconds: float = 3600.0) -> None:
        self.now = 0.0
        self.answer: asyncio.Future[ProvenAccount] = asyncio.get_running_loop().create_future()
        self.expiry = TokenExpiry(self._proof_of, lambda: self.now, seconds)
        self.holder = Holder()

    async def _proof_of(self, _token: str) -> ProvenAccount:
        return await self.answer


async def test_holder_is_told_when_its_token_has_expired() -> None:
    """Once, and after the grace time; the token that was shown last counts."""
    stage = Stage()
    stage.expiry.watch(stage.holder, 1_000)
    stage.expiry.watch(stage.holder, 2_000)
    for stage.now in (1_000 + GRACE_SECONDS, 2_000 + GRACE_SECONDS - 1):
        stage.expiry._look()
        assert stage.holder.told == []
    stage.now = 2_000 + GRACE_SECONDS
    stage.expiry._look()
    assert stage.holder.told == ["expired"]
    assert stage.expiry._timer is None


async def test_holder_that_is_gone_is_told_nothing() -> None:
    """Neither that its token has expired, nor what came of one that was being checked."""
    stage = Stage()
    stage.expiry.watch(stage.holder, 1_000)
    stage.expiry.check(stage.holder, "fresh")
    stage.expiry.forget(stage.holder)
    stage.expiry.forget(stage.holder)
    stage.answer.set_result(PROOF)
    stage.now = 5_000
    await asyncio.gather(*stage.expiry._checks)
    stage.expiry._look()
    assert stage.holder.told == []


async def test_looking_begins_by_itself() -> None:
    """The first that is watched starts the timer."""
    stage = Stage(seconds=0.001)
    stage.now = 5_000
    stage.expiry.watch(stage.holder, 1_000)
    await asyncio.wait_for(stage.holder.has_heard.wait(), PATIENCE)


async def test_looking_goes_on() -> None:
    """For as long as there is one whose token has not expired, by one timer however many there are."""
    stage, other = Stage(seconds=0.001), Holder()
    stage.now = 5_000
    stage.expiry.watch(stage.holder, 1_000)
    timer = stage.expiry._timer
    stage.expiry.watch(other, 10_000)
    assert stage.expiry._timer is timer
    await asyncio.wait_for(stage.holder.has_heard.wait(), PATIENCE)
    assert other.told == []
    stage.now = 20_000
    await asyncio.wait_for(other.has_heard.wait(), PATIENCE)


async def test_holder_is_told_what_its_token_proves() -> None:
    """The account and the end of the token, as soon as they are known."""
    stage = Stage()
    stage.expiry.watch(stage.holder, 1_000)
    stage.expiry.check(stage.holder, "fresh")
    stage.answer.set_result(PROOF)
    await asyncio.wait_for(stage.holder.has_heard.wait(), PATIENCE)
    assert stage.holder.told == [(ANN.id, 2_000)]
    stage.expiry.forget(stage.holder)


@pytest.mark.parametrize("refusal", [AuthenticationError(), DatabaseUnavailable()])
async def test_holder_is_told_why_its_token_proves_nothing(refusal: Refusal) -> None:
    """It is no good, or its account cannot be looked up just now; and nobody is told who has gone."""
    stage = Stage()
    gone = Holder()
    stage.expiry.watch(stage.holder, 1_000)
    stage.expiry.check(stage.holder, "fresh")
    stage.expiry.check(gone, "fresh")
    stage.answer.set_exception(refusal)
    await asyncio.wait_for(stage.holder.has_heard.wait(), PATIENCE)
    assert (stage.holder.told, gone.told) == ([refusal], [])
    stage.expiry.forget(stage.holder)
