from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from signaling.rate_limits.fair_queue import MAX_WAITING, MAX_WAITING_OF_ONE, Admit, FairQueue, Refuse, Share, Ticket
from signaling.rate_limits.last_turns import MAX_REMEMBERED

ANN, BEN, CAT = ("stranger", "ann", "ann"), ("stranger", "ben", "ben"), ("stranger", "cat", "cat")


class Counter:
    """A place where one is served at a time, and who is served when."""

    def __init__(self) -> None:
        self.queue = FairQueue(1)
        self.served: list[Ticket] = []
        self.refused: list[Ticket] = []

    def ask(self, share: Share, times: int = 1) -> list[Ticket]:
        """Have someone ask for turns."""
        tickets = [Ticket(share) for _ in range(times)]
        for ticket in tickets:
            self._note(self.queue.arrived(ticket))
        return tickets

    def finish(self) -> None:
        """End the turn that goes on."""
        self._note(self.queue.left(self.served[-1]))

    def order(self, turns: int) -> list[Share]:
        """Let some turns end, and tell whose came after them."""
        begun = len(self.served)
        for _ in range(turns):
            self.finish()
        return [ticket.share for ticket in self.served[begun:]]

    def _note(self, effects: list[Admit | Refuse]) -> None:
        for effect in effects:
            (self.served if isinstance(effect, Admit) else self.refused).append(effect.ticket)


def test_free_place_is_given_at_once() -> None:
    """Where fewer are served than there are places, nobody waits."""
    queue = FairQueue(2)
    first, second, third = Ticket(ANN), Ticket(ANN), Ticket(ANN)
    assert queue.arrived(first) == [Admit(first)]
    assert queue.arrived(second) == [Admit(second)]
    assert queue.arrived(third) == []
    assert [queue.has_turn(ticket) for ticket in (first, second, third)] == [True, True, False]
    assert queue.left(second) == [Admit(third)]
    assert queue.left(first) == []
    assert queue.left(third) == []
    assert queue.arrived(fourth := Ticket(BEN)) == [Admit(fourth)]


def test_first_comes_first_within_one_share() -> None:
    """What one address asks for is done in the order in which it asked."""
    counter = Counter()
    asked = counter.ask(ANN, 4)
    counter.order(3)
    assert counter.served == asked


def test_newcomer_does_not_wait_for_what_others_have_queued() -> None:
    """Three addresses with 120 logins each keep a fourth waiting for the turn that goes on, and for no other."""
    counter = Counter()
    for _ in range(40):
        for share in (ANN, BEN, CAT):
            counter.ask(share, 3)
    counter.order(7)
    counter.ask(dora := ("stranger", "dora", "dora"))
    assert counter.order(1) == [dora]


def test_those_who_wait_take_turns() -> None:
    """Between two turns of one, everyone else who waits has one, however many each has queued."""
    counter = Counter()
    counter.ask(ANN, 40)
    counter.ask(BEN, 2)
    counter.ask(CAT, 3)
    assert counter.order(7) == [BEN, CAT, ANN, BEN, CAT, ANN, CAT]


def test_coming_back_is_no_way_to_the_front() -> None:
    """Someone who asks one at a time, each as soon as the last is done, waits like one who has queued them all."""
    counter = Counter()
    counter.ask(ANN)
    counter.ask(BEN, 2)
    assert counter.order(1) == [BEN]
    counter.ask(ANN)
    counter.ask(CAT)
    assert counter.order(3) == [CAT, ANN, BEN]


def test_network_with_many_sites_has_the_share_of_one() -> None:
    """Someone with ten sites of a network gets every second turn beside one other, and the ten take turns in it."""
    counter = Counter()
    sites = [("stranger", "2001:db8::", f"2001:db8:0:{number}::") for number in range(10)]
    for site in sites:
        counter.ask(site, 2)
    counter.ask(ANN, 3)
    assert counter.order(6) == [ANN, sites[1], ANN, sites[2], ANN, sites[3]]


def test_account_with_many_devices_has_the_share_of_one() -> None:
    """Somebody who has logged in to an account many times has many marks, and no more turns than with one."""
    counter = Counter()
    counter.ask(("device", "mallory", "0"))
    for number in range(20):
        counter.ask(("device", "mallory", str(number)))
    counter.ask(ben := ("device", "ben", "laptop"), 2)
    assert [share[1] for share in counter.order(4)] == [ben[1], "mallory", ben[1], "mallory"]


def test_device_gets_every_second_turn_among_strangers() -> None:
    """Where people have logged in before, they do not wait for a crowd of strangers, each of which comes once."""
    counter = Counter()
    for number in range(100):
        counter.ask(("stranger", str(number), str(number)))
    laptops = [("device", str(number), "laptop") for number in range(3)]
    for laptop in laptops:
        counter.ask(laptop)
    order = counter.order(6)
    assert [share for share in order if share[0] == "device"] == laptops
    assert [share[0] for share in order] == ["device", "stranger"] * 3


def test_waiting_of_one_is_bounded() -> None:
    """One address can have only a limited number wait, even where there is room."""
    counter = Counter()
    counter.ask(ANN, 1 + MAX_WAITING_OF_ONE)
    assert counter.refused == []
    too_many = counter.ask(ANN, 2)
    counter.ask(BEN)
    assert counter.refused == too_many


def test_largest_gives_way_when_all_places_are_taken() -> None:
    """Where no more can wait, the last of the source with the most is refused, and a newcomer is not."""
    counter = Counter()
    shares = [("stranger", str(number), str(number)) for number in range(MAX_WAITING // MAX_WAITING_OF_ONE)]
    asked = [counter.ask(share, MAX_WAITING_OF_ONE + (number == 0)) for number, share in enumerate(shares)]
    counter.order(1)  # of the first, whose place another takes
    counter.ask(ANN)
    assert counter.refused == []
    counter.ask(BEN)
    assert len(counter.refused) == 1
    assert counter.refused[0] in {tickets[-1] for tickets in asked}


def test_who_was_served_gives_way_to_who_was_not() -> None:
    """Where everyone who waits has one request, those who had a turn lately make room for a newcomer."""
    counter = Counter()
    crowd = [("stranger", str(number), str(number)) for number in range(MAX_WAITING + 1)]
    for share in crowd:
        counter.ask(share)
    counter.order(1)
    [back] = counter.ask(crowd[0])
    counter.ask(ANN)
    assert counter.refused == [back]
    [last] = counter.ask(BEN)
    assert counter.refused == [back, last]


def test_strangers_cannot_take_the_room_of_devices() -> None:
    """A queue that is full of strangers lets in a browser in which its name has logged in before."""
    counter = Counter()
    for number in range(MAX_WAITING + 1):
        counter.ask(("stranger", str(number), str(number)))
    [laptop] = counter.ask(("device", "ann", "laptop"))
    assert laptop not in counter.refused
    counter.finish()
    assert counter.served[-1] is laptop


def test_one_who_gives_up_is_passed_over() -> None:
    """Someone who waited too long, or went away, gets no turn; nothing comes of someone who was refused."""
    counter = Counter()
    counter.ask(ANN)
    [gone], [next_one] = counter.ask(BEN), counter.ask(CAT)
    assert counter.queue.left(gone) == []
    assert counter.queue.left(gone) == []
    counter.finish()
    assert counter.served[-1] is next_one


def test_what_is_remembered_is_bounded() -> None:
    """However many come, a limited number is remembered, and the network of a site at least as long as the site."""
    counter = Counter()
    remembered = counter.queue._last_turns._last
    for number in range(MAX_REMEMBERED):
        counter.ask(("stranger", str(number), str(number)))
        counter.finish()
        oldest = next(iter(remembered))
        assert oldest[:2] in remembered
    assert len(remembered) == MAX_REMEMBERED


SHARES = st.tuples(st.sampled_from("ds"), st.sampled_from("abc"), st.sampled_from("xy"))


def parting(share: Share, other: Share) -> int:
    """Tell how long two shares are to where they differ; longer than they are if they are one."""
    return next((depth for depth in (1, 2, 3) if share[:depth] != other[:depth]), 4)


@given(st.lists(st.tuples(SHARES, st.integers(0, 2)), max_size=40), st.integers(1, 3))
def test_queue_is_fair_in_every_circle(arrivals: list[tuple[Share, int]], places: int) -> None:
    """Places are used and not exceeded, and no circle has two turns while one beside it waits, and has none."""
    queue = FairQueue(places)
    serving: list[Ticket] = []
    waiting: dict[Ticket, set[Share]] = {}
    """Who waits, and which circles beside their own have had a turn meanwhile."""

    def observe(effects: list[Admit | Refuse]) -> None:
        for effect in effects:
            assert isinstance(effect, Admit)
            served = effect.ticket.share
            del waiting[effect.ticket]
            serving.append(effect.ticket)
            for other, ahead in waiting.items():
                depth = parting(served, other.share)
                assert served[:depth] not in ahead or depth > len(served)
                ahead -= {circle for circle in ahead if len(circle) < depth}
                ahead.add(served[:depth])
        assert len(serving) == places or not waiting
        assert len(serving) <= places

    for share, ends in arrivals:
        ticket = Ticket(share)
        waiting[ticket] = set()
        observe(queue.arrived(ticket))
        for _ in range(min(ends, len(serving))):
            observe(queue.left(serving.pop(0)))
    while serving:
        observe(queue.left(serving.pop(0)))
    assert waiting == {}


def test_queue_tells_whom_it_would_send_away() -> None:
    """Without a trace of the question: one whose share has its fill, and in a full queue who is entitled to least."""
    counter = Counter()
    assert not counter.queue.is_full_for(ANN)
    counter.ask(ANN, 1 + MAX_WAITING_OF_ONE)
    assert counter.queue.is_full_for(ANN)
    assert not counter.queue.is_full_for(BEN)
    for number in range(MAX_WAITING - MAX_WAITING_OF_ONE):
        counter.ask(("stranger", str(number), str(number)))
    assert not counter.queue.is_full_for(BEN)
    before = list(counter.queue._waiting)
    assert counter.queue.is_full_for(ANN)
    assert counter.queue._waiting == before
