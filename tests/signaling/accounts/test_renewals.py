from __future__ import annotations

from dataclasses import replace

import pytest

from signaling.accounts.renewals import GRACE_SECONDS, Chain, begun, renewed

BEGIN = 1_000
LATER = BEGIN + 2_000
AFTERWARDS = LATER + GRACE_SECONDS + 1


def shown(chain: Chain | None, generation: int, now: int) -> Chain | None:
    """Renew by a token of a generation, where the login has not ended."""
    assert chain is not None
    return renewed(chain, generation, now)


def confirmed(chain: Chain | None) -> Chain:
    """Have a browser show the token that it was given."""
    assert chain is not None
    return replace(chain, is_confirmed=True)


def test_each_renewal_begins_a_generation() -> None:
    """A token is exchanged for one of the next generation, and that one likewise."""
    chain = begun(BEGIN)
    for generation in range(1, 4):
        chain = confirmed(shown(chain, chain.generation, BEGIN + 1_000 * generation))
        assert chain.generation == generation


def test_old_token_ends_the_login() -> None:
    """Two who hold tokens of one login cannot both go on: whoever comes second shows a token that was replaced."""
    chain = confirmed(shown(begun(BEGIN), 0, LATER))
    assert shown(chain, 0, AFTERWARDS) is None


def test_much_older_token_ends_the_login() -> None:
    """Whether or not the newest token has been shown: nobody can have lost so many answers."""
    chain = shown(confirmed(shown(begun(BEGIN), 0, LATER)), 1, LATER + 1_000)
    assert shown(chain, 0, LATER + 1_000) is None


def test_tabs_that_renew_at_once_get_tokens_of_one_generation() -> None:
    """Until the last of them comes, the first may have shown its new one."""
    chain = shown(begun(BEGIN), 0, LATER)
    assert shown(chain, 0, LATER) == chain
    assert shown(confirmed(chain), 0, LATER + GRACE_SECONDS) == confirmed(chain)
    assert shown(confirmed(chain), 0, LATER + GRACE_SECONDS + 1) is None


def test_tabs_that_are_loaded_one_after_the_other_stay_logged_in() -> None:
    """Each renews with what was kept when it was loaded, and their requests may overtake each other."""
    chain: Chain | None = begun(BEGIN)
    for second, generation in enumerate([0, 1, 0, 2, 1, 3, 0]):
        chain = shown(chain, generation, LATER + second)
    assert chain is not None
    assert chain.generation == 4
    # The one before the newest has all of its seconds, the others those of the first.
    assert shown(confirmed(shown(chain, 4, LATER + 29)), 4, LATER + 59) is not None
    assert shown(confirmed(chain), 1, LATER + GRACE_SECONDS + 1) is None


def test_tabs_have_the_last_of_their_seconds() -> None:
    """The one that comes in it, and another that comes after that one."""
    chain = shown(begun(BEGIN), 0, LATER)
    at_the_end = shown(chain, 1, LATER + GRACE_SECONDS)
    assert shown(at_the_end, 0, LATER + GRACE_SECONDS) == at_the_end


def test_lost_answer_is_asked_for_again() -> None:
    """As long as nobody has shown the token that was in it, the one before is good, however late and however often."""
    lost = shown(begun(BEGIN), 0, LATER)
    lost_again = shown(lost, 0, LATER + 1_500)
    received = shown(lost_again, 0, LATER + 1_700)
    assert received is not None
    assert shown(confirmed(received), received.generation, LATER + 1_800) is not None


def test_who_shows_what_was_lost_ends_the_login() -> None:
    """The one who says that an answer got lost, and the one who has it, are two."""
    taken = shown(begun(BEGIN), 0, LATER)
    pretended = shown(taken, 0, LATER + 1_500)
    assert taken is not None
    assert shown(pretended, taken.generation, LATER + 1_500 + GRACE_SECONDS + 1) is None


def test_thief_is_found_out_by_the_next_renewal_of_either() -> None:
    """A copied token is renewed by thief and owner in turn: whoever comes first, the second one ends both."""
    stolen = confirmed(shown(begun(BEGIN), 0, LATER))
    by_thief = confirmed(shown(stolen, 1, LATER + 500))
    assert shown(by_thief, 1, LATER + 1_800) is None


@pytest.mark.parametrize("ahead", [1, 5])
def test_token_of_a_restored_database_goes_on(ahead: int) -> None:
    """A backup knows less of a login than its browser does."""
    chain = shown(begun(BEGIN), ahead, LATER)
    assert chain is not None
    assert chain.generation == ahead + 1
