from bench.load.attacks import ATTACKS, BY_NAME, MIXED


def test_attacks_have_a_name_each() -> None:
    """No row of the table hides another."""
    assert len(BY_NAME) == len(ATTACKS)


def test_mixed_attack_has_every_act() -> None:
    """The mixed abusers do all that the single ones do, but for what comes through a proxy, each many times."""
    mixed = BY_NAME["mixed"]
    single = [act for attack in ATTACKS if attack is not mixed and not attack.is_through_proxy for act in attack.acts]
    assert list(mixed.acts) == single
    assert mixed.abusers == MIXED > 10 * len(single)
