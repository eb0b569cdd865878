from __future__ import annotations

import pytest

from client_py.core.retention import Retention, RetentionFault
from client_py.words.phrases import Words
from client_py.words.retention import KEPT, NOT_KEPT, retention_fault, retention_hint


@pytest.mark.parametrize("fault", RetentionFault)
def test_every_fault_has_a_sentence(fault: RetentionFault) -> None:
    """A person reads what happened, what becomes of their messages, and what to do."""
    told = retention_fault(Words(), Retention(kept=False, fault=fault, reason="AbortError: no"))
    assert told.endswith(".")
    assert "{" not in told


@pytest.mark.parametrize("fault", [RetentionFault.FAILED, RetentionFault.NO_LOCKS])
def test_what_nobody_foresaw_is_told_as_the_browser_says_it(fault: RetentionFault) -> None:
    """Somebody who is asked for help has something to look for."""
    assert "(AbortError: no)" in retention_fault(Words(), Retention(kept=False, fault=fault, reason="AbortError: no"))


def test_hint_says_what_it_means() -> None:
    """Where something is wrong, that says it already."""
    words = Words()
    assert retention_hint(words, Retention(kept=True)) == KEPT
    assert retention_hint(words, Retention(kept=False)) == NOT_KEPT
    broken = Retention(kept=False, fault=RetentionFault.FULL)
    assert retention_hint(words, broken) == retention_fault(words, broken)
