from __future__ import annotations

import pytest

from client_py.core.models import Keeping, KeepingFault
from client_py.words.keeping import KEPT, NOT_KEPT, keeping_fault, keeping_hint
from client_py.words.phrases import Words


@pytest.mark.parametrize("fault", KeepingFault)
def test_every_fault_has_a_sentence(fault: KeepingFault) -> None:
    """A person reads what happened, what becomes of their messages, and what to do."""
    told = keeping_fault(Words(), Keeping(kept=False, fault=fault, reason="AbortError: no"))
    assert told.endswith(".")
    assert "{" not in told


@pytest.mark.parametrize("fault", [KeepingFault.FAILED, KeepingFault.NO_LOCKS])
def test_what_nobody_foresaw_is_told_as_the_browser_says_it(fault: KeepingFault) -> None:
    """Whoever is asked for help has something to look for."""
    assert "(AbortError: no)" in keeping_fault(Words(), Keeping(kept=False, fault=fault, reason="AbortError: no"))


def test_hint_says_what_it_means() -> None:
    """Where something is wrong, that says it already."""
    words = Words()
    assert keeping_hint(words, Keeping(kept=True)) == KEPT
    assert keeping_hint(words, Keeping(kept=False)) == NOT_KEPT
    broken = Keeping(kept=False, fault=KeepingFault.FULL)
    assert keeping_hint(words, broken) == keeping_fault(words, broken)
