"""Tabs keep what is promised of a login through faults, and each planted bug breaks that in some schedule."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from client_py.core.server.account import Account
from client_py.core.server.account_effects import AccountEffect, Purpose
from client_py.drivers.account import AccountDriver
from tests.fakes.account_world import play_account
from tests.fakes.schedules import some_schedule_fails

SCHEDULES = 400
MUTANT_SCHEDULES = 10_000
"""How many are played at most until a mutation is found. Most are found within some hundred; the one that ends with the
token of before takes some thousand, because another tab has to renew while a request is under way."""


@pytest.mark.parametrize("chunk", range(4))
def test_tabs_keep_the_promise_through_schedules(chunk: int) -> None:
    """Nobody is logged out whose login is good, no login outlives a logout, and nobody asks without end."""
    for seed in range(chunk, SCHEDULES, 4):
        try:
            play_account(seed)
        except Exception as error:
            error.add_note(f"seed {seed}")
            raise


def trusting_its_own_clock(patch: pytest.MonkeyPatch) -> None:
    """Take the server's time for our own."""
    patch.setattr(Account, "server_ahead", property(lambda _self: 0.0))


def going_on_by_a_clock_that_was_set(patch: pytest.MonkeyPatch) -> None:
    """Count with how far the server's clock was ahead before ours was set."""
    original = Account._renew_in_time

    def mutant(self: Account, left: float, now: float) -> None:
        self._has_jumped = False
        original(self, left, now)

    patch.setattr(Account, "_renew_in_time", mutant)


def counting_from_the_answer(patch: pytest.MonkeyPatch) -> None:
    """Take a token to be as fresh as its answer, which may have waited while the page slept."""
    patch.setattr(Account, "asked", lambda _self, _now: [])


def seeing_a_jump_only_at_the_answer(patch: pytest.MonkeyPatch) -> None:
    """Forget that the clock has jumped where that was seen before the answer came."""
    original = Account._begin

    def mutant(self: Account, *answer: Any) -> list[AccountEffect]:
        self._has_jumped_meanwhile = False
        return original(self, *answer)

    patch.setattr(Account, "_begin", mutant)


def renewing_without_end(patch: pytest.MonkeyPatch) -> None:
    """Renew whenever the clock is looked at."""

    def mutant(self: Account, now: float) -> list[AccountEffect]:
        del now
        return [] if self._is_renewing else self._renew()

    patch.setattr(Account, "_look_at_clock", mutant)


def hearing_of_no_other_tab(patch: pytest.MonkeyPatch) -> None:
    """Go on as if this tab were the only one."""
    patch.setattr(AccountDriver, "look", lambda _self: None)


def ending_with_the_token_of_before(patch: pytest.MonkeyPatch) -> None:
    """Ask for the password when a token is refused, though another tab has renewed it meanwhile."""
    original = Account.responded

    def mutant(self: Account, *answer: Any) -> list[AccountEffect]:
        self._asked_with = self.login.token if self.login is not None else ""
        return original(self, *answer)

    patch.setattr(Account, "responded", mutant)


def leaving_the_login_to_its_end(patch: pytest.MonkeyPatch) -> None:
    """Tell the server of no logout."""
    patch.setattr(Account, "_end_own_login", lambda _self: [])


def signing_in_after_a_logout(patch: pytest.MonkeyPatch) -> None:
    """Take the answer to an earlier attempt for the one that is waited for."""
    original = Account._is_stale

    def mutant(self: Account, purpose: Purpose, attempt: int | None) -> bool:
        del attempt
        return purpose not in (Purpose.SIGN_IN, Purpose.REGISTER) and original(self, purpose, None)

    patch.setattr(Account, "_is_stale", mutant)


MUTANTS: tuple[Callable[[pytest.MonkeyPatch], Any], ...] = (
    trusting_its_own_clock,
    going_on_by_a_clock_that_was_set,
    counting_from_the_answer,
    seeing_a_jump_only_at_the_answer,
    renewing_without_end,
    hearing_of_no_other_tab,
    ending_with_the_token_of_before,
    leaving_the_login_to_its_end,
    signing_in_after_a_logout,
)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.__name__)
def test_account_world_finds_mutant(
    mutant: Callable[[pytest.MonkeyPatch], Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A planted bug does not get through."""
    mutant(monkeypatch)
    assert some_schedule_fails(play_account, MUTANT_SCHEDULES)
