from signaling.rate_limits.last_turns import MAX_REMEMBERED, LastTurns


def test_who_had_a_turn_longest_ago_has_the_lowest_number() -> None:
    """Who never had one comes before; several who share a turn are equal."""
    turns = LastTurns[str]()
    turns.served("ann")
    turns.served("ben", "cat")
    turns.served("ann")
    assert turns.of("new") < turns.of("ben") == turns.of("cat") < turns.of("ann")


def test_turns_of_long_ago_are_forgotten() -> None:
    """A limited number is remembered, by the last turn of each and not by the first."""
    turns = LastTurns[str]()
    turns.served("ann", "ben")
    turns.served("cat")
    turns.served("ann")
    for number in range(MAX_REMEMBERED - 2):
        turns.served(str(number))
    assert (turns.of("ben"), turns.of("cat"), turns.of("ann")) == (0, 2, 3)
