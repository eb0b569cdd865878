"""A guest becomes an account through faults, and each planted bug breaks that in some schedule."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from client_py.core.server.account import Account
from client_py.core.server.account_effects import AccountEffect, Purpose
from client_py.core.server.kept_login import Login
from tests.fakes.guest_world import play_guest
from tests.fakes.schedules import some_schedule_fails

SCHEDULES = 200
MUTANT_SCHEDULES = 2_000


def test_guest_becomes_an_account_through_schedules() -> None:
    """Whoever asked for it gets it, in every tab, however many answers are lost."""
    for seed in range(SCHEDULES):
        try:
            play_guest(seed)
        except Exception as error:
            error.add_note(f"seed {seed}")
            raise


def staying_a_guest_in_other_tabs(patch: pytest.MonkeyPatch) -> None:
    """Take the account that another tab has made for somebody else."""
    original = Account.looked

    def mutant(self: Account, kept: Any, now: float) -> list[AccountEffect]:
        before = self.login
        if before is not None and kept.login is not None and kept.login.formerly == before.username:
            return []
        return original(self, kept, now)

    patch.setattr(Account, "looked", mutant)


def taking_a_lost_answer_for_the_end(patch: pytest.MonkeyPatch) -> None:
    """Look for no account where the guest's token is refused."""
    original = Account.responded

    def mutant(self: Account, purpose: Purpose, status: int, *answer: Any) -> list[AccountEffect]:
        is_refused = purpose is Purpose.BECOME and status == 401
        return original(self, purpose, 403 if is_refused else status, *answer)

    patch.setattr(Account, "responded", mutant)


def ending_an_attempt_with_a_renewal(patch: pytest.MonkeyPatch) -> None:
    """Wait for no account any more once the guest's login was renewed."""
    original = Account.responded

    def mutant(self: Account, purpose: Purpose, *answer: Any) -> list[AccountEffect]:
        effects = original(self, purpose, *answer)
        self._checking = self._checking and purpose is not Purpose.RENEW
        return effects

    patch.setattr(Account, "responded", mutant)


def forgetting_what_one_was_called(patch: pytest.MonkeyPatch) -> None:
    """Read nothing of the name that an account had as a guest."""
    patch.setattr(Login, "name_of_before", lambda _self, _room: "")
    patch.setattr("client_py.core.server.kept_login._admitted", lambda *_args: "")


MUTANTS: tuple[Callable[[pytest.MonkeyPatch], Any], ...] = (
    staying_a_guest_in_other_tabs,
    taking_a_lost_answer_for_the_end,
    ending_an_attempt_with_a_renewal,
    forgetting_what_one_was_called,
)


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.__name__)
def test_guest_world_finds_mutant(mutant: Callable[[pytest.MonkeyPatch], Any], monkeypatch: pytest.MonkeyPatch) -> None:
    """A planted bug does not get through."""
    mutant(monkeypatch)
    assert some_schedule_fails(play_guest, MUTANT_SCHEDULES)
