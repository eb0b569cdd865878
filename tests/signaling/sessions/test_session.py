import pytest

from protocol.codes import CloseCode, ErrorCode
from protocol.events import Error, Joined, Limits, Peer, PeerJoined, PeerLeft, Pong, Welcome
from signaling.errors import AuthenticationError, DatabaseUnavailable, Refusal
from signaling.rooms.effects import CheckToken, Close, ConnectionId, Deliver, Effect, HoldPlace
from signaling.rooms.registry import Rooms
from signaling.rooms.signal_codec import ForwardedSignal
from signaling.sessions.resume_tokens import ResumeTokens
from signaling.sessions.session import MAX_REFUSED_IN_A_ROW, Identity, Session

RESUME_TOKENS = ResumeTokens(b"a secret of the tests, 32 bytes or more")
FIRST, SECOND = ConnectionId(1), ConnectionId(2)
FIRST_ID, SECOND_ID = "first-peer-of-two", "second-peer-of-two"
ANN, BEN = Identity("account-ann", "Ann"), Identity("account-ben", "Ben")


def open_session(rooms: Rooms, connection: ConnectionId, peer_id: str, identity: Identity) -> Session:
    """Make the session of a connection that has been let in."""
    token = RESUME_TOKENS.issue(peer_id, identity.account_id)
    welcome = Welcome(peer_id, token, (), Limits(65_536, 20))
    return Session(connection, identity, welcome, rooms, RESUME_TOKENS)


def error_codes(effects: list[Effect]) -> list[str]:
    """Return the codes of the errors that are sent."""
    return [e.event.code for e in effects if isinstance(e, Deliver) and isinstance(e.event, Error)]


@pytest.fixture
def rooms() -> Rooms:
    """Rooms with two places each."""
    return Rooms(capacity=2)


@pytest.fixture
def ann(rooms: Rooms) -> Session:
    """Ann's session, in no room yet."""
    return open_session(rooms, FIRST, FIRST_ID, ANN)


@pytest.fixture
def ben(rooms: Rooms) -> Session:
    """Ben's session, in no room yet."""
    return open_session(rooms, SECOND, SECOND_ID, BEN)


def joined(peer_id: str, identity: Identity, *peers: Peer, resumed: bool = False) -> Joined:
    """Make what a session is told that comes into the kitchen."""
    return Joined("kitchen", peer_id, RESUME_TOKENS.issue(peer_id, identity.account_id), resumed, peers, 2)


GUEST = Identity("guest-eve", "Eve~k3fq7x", is_guest=True, room="kitchen")
MEMBER = Identity("guest-eve", "Eve", room="kitchen", formerly="Eve~k3fq7x")


def test_session_welcomes_first(ann: Session) -> None:
    """The first thing that a client hears is its welcome."""
    token = RESUME_TOKENS.issue(FIRST_ID, ANN.account_id)
    assert ann.opened() == [Deliver(FIRST, Welcome(FIRST_ID, token, (), Limits(65_536, 20)))]


def test_session_joins_as_peer_of_welcome(ann: Session, ben: Session) -> None:
    """A client joins under the id that its welcome gave it, and under its account's name."""
    assert ann.text_received('{"type":"join","room":"kitchen"}') == [Deliver(FIRST, joined(FIRST_ID, ANN))]
    assert ben.text_received('{"type":"join","room":"kitchen"}') == [
        Deliver(SECOND, joined(SECOND_ID, BEN, Peer(FIRST_ID, "Ann"))),
        Deliver(FIRST, PeerJoined(Peer(SECOND_ID, "Ben"))),
    ]


def test_session_signals_and_leaves(ann: Session, ben: Session) -> None:
    """A client's signal goes to its addressee, and its leaving to everyone."""
    ann.text_received('{"type":"join","room":"kitchen"}')
    ben.text_received('{"type":"join","room":"kitchen"}')
    text = f'{{"type":"signal","to":"{SECOND_ID}","candidate":{{"candidate":"candidate:1"}}}}'
    assert ann.text_received(text) == [
        Deliver(SECOND, ForwardedSignal(FIRST_ID, '"candidate":{"candidate":"candidate:1"}}'))
    ]
    assert ann.text_received('{"type":"leave"}') == [Deliver(SECOND, PeerLeft(FIRST_ID, "left"))]
    assert ann.text_received('{"type":"join","room":"cellar"}') != []


def test_session_answers_ping(ann: Session, ben: Session) -> None:
    """A client that asks whether it is heard is told so, in a room or not, and nobody else is."""
    assert ann.text_received('{"type":"ping"}') == [Deliver(FIRST, Pong())]
    ann.text_received('{"type":"join","room":"kitchen"}')
    ben.text_received('{"type":"join","room":"kitchen"}')
    assert ann.text_received('{"type":"ping"}') == [Deliver(FIRST, Pong())]


def test_session_resumes_by_token(rooms: Rooms, ann: Session) -> None:
    """With a token of its account a client is the peer that it was, from then on."""
    ann.text_received('{"type":"join","room":"kitchen"}')
    assert ann.closed(CloseCode.INTERNAL_ERROR) == [HoldPlace(1)]
    again = open_session(rooms, SECOND, SECOND_ID, ANN)
    token = RESUME_TOKENS.issue(FIRST_ID, ANN.account_id)
    effects = again.text_received(f'{{"type":"join","room":"kitchen","resume":"{token}"}}')
    assert effects == [Deliver(SECOND, joined(FIRST_ID, ANN, resumed=True))]
    assert again.peer_id == FIRST_ID
    again.text_received('{"type":"leave"}')
    assert again.text_received('{"type":"join","room":"kitchen"}') == [Deliver(SECOND, joined(FIRST_ID, ANN))]


@pytest.mark.parametrize(
    "token",
    [RESUME_TOKENS.issue(FIRST_ID, BEN.account_id), f"{FIRST_ID}.AAAA", FIRST_ID, "."],
)
def test_session_ignores_token_that_is_not_good(rooms: Rooms, ann: Session, token: str) -> None:
    """With a token of another account, or of no one, a client is a new peer."""
    ann.text_received('{"type":"join","room":"kitchen"}')
    other = open_session(rooms, SECOND, SECOND_ID, ANN)
    effects = other.text_received(f'{{"type":"join","room":"kitchen","resume":"{token}"}}')
    assert effects[0] == Deliver(SECOND, joined(SECOND_ID, ANN, Peer(FIRST_ID, "Ann")))


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{", ErrorCode.MALFORMED),
        ('{"type":"join","room":"a room"}', ErrorCode.MALFORMED),
        ("x" * 65_537, ErrorCode.TOO_BIG),
        ('{"type":"dance"}', ErrorCode.UNKNOWN_MESSAGE),
        ('{"type":"leave"}', ErrorCode.NOT_IN_ROOM),
        (f'{{"type":"signal","to":"{SECOND_ID}","candidate":{{"candidate":""}}}}', ErrorCode.NOT_IN_ROOM),
        ('{"type":"join","room":"cellar"}', ErrorCode.ROOM_FULL),
    ],
)
def test_session_answers_wrong_request_with_code(rooms: Rooms, ann: Session, text: str, code: ErrorCode) -> None:
    """A code tells the sender of a request what is wrong with it."""
    for number in (3, 4):
        connection = ConnectionId(number)
        other = Identity(f"account-{number}", "Other")
        session = open_session(rooms, connection, f"someone-else-{number}", other)
        session.text_received('{"type":"join","room":"cellar"}')
    effects = ann.text_received(text)
    assert error_codes(effects) == [code]
    assert [effect.connection for effect in effects if isinstance(effect, Deliver)] == [FIRST]
    assert len(effects) == 1


def test_session_answers_second_join(ann: Session) -> None:
    """A join while in a room is not expected."""
    ann.text_received('{"type":"join","room":"kitchen"}')
    assert error_codes(ann.text_received('{"type":"join","room":"cellar"}')) == [ErrorCode.UNEXPECTED]


def test_session_answers_signal_to_stranger(ann: Session) -> None:
    """A signal to someone who is not in the room is answered with that."""
    ann.text_received('{"type":"join","room":"kitchen"}')
    text = f'{{"type":"signal","to":"{SECOND_ID}","candidate":{{"candidate":""}}}}'
    assert error_codes(ann.text_received(text)) == [ErrorCode.UNKNOWN_PEER]


def test_session_closes_on_third_malformed_in_a_row(ann: Session) -> None:
    """The third malformed message in a row, binary and oversized ones included, is answered and ends it."""
    assert error_codes(ann.text_received("{")) == [ErrorCode.MALFORMED]
    assert error_codes(ann.binary_received()) == [ErrorCode.MALFORMED]
    effects = ann.text_received("x" * 65_537)
    assert error_codes(effects) == [ErrorCode.TOO_BIG]
    assert effects[1:] == [Close(FIRST, CloseCode.PROTOCOL_VIOLATION)]


@pytest.mark.parametrize("text", ['{"type":"leave"}', '{"type":"dance"}', '{"type":"join","room":"kitchen"}'])
def test_session_forgives_malformed_after_well_formed(ann: Session, text: str) -> None:
    """A well-formed message, even a refused one, begins a new row."""
    for _ in range(3):
        effects = [*ann.text_received("{"), *ann.text_received("{"), *ann.text_received(text)]
        assert not any(isinstance(effect, Close) for effect in effects)


def test_session_answers_refused_rate(ann: Session) -> None:
    """A message over the rate is answered with the seconds to wait."""
    assert ann.rate_exceeded(7) == [
        Deliver(FIRST, Error(ErrorCode.RATE_LIMITED, "Too many attempts. Try again in 7 s.", 7))
    ]


def test_session_closes_when_refusals_keep_coming(ann: Session) -> None:
    """A client that takes no notice of the rate limit is sent away."""
    for _ in range(MAX_REFUSED_IN_A_ROW - 1):
        assert len(ann.rate_exceeded(1)) == 1
    assert ann.rate_exceeded(1)[1:] == [Close(FIRST, CloseCode.RATE_LIMITED)]


def test_session_forgives_refusals_after_admitted_message(ann: Session) -> None:
    """A message within the rate begins a new row of refusals."""
    for _ in range(MAX_REFUSED_IN_A_ROW - 1):
        ann.rate_exceeded(1)
    ann.binary_received()
    assert len(ann.rate_exceeded(1)) == 1


@pytest.mark.parametrize(
    ("code", "effect"),
    [
        (1000, Deliver(SECOND, PeerLeft(FIRST_ID, "left"))),
        (1001, Deliver(SECOND, PeerLeft(FIRST_ID, "left"))),
        (1005, HoldPlace(1)),
        (1006, HoldPlace(1)),
        (1012, HoldPlace(1)),
        (4508, HoldPlace(1)),
        (4429, HoldPlace(1)),
        (4400, Deliver(SECOND, PeerLeft(FIRST_ID, "lost"))),
    ],
)
def test_session_ends_as_close_code_says(ann: Session, ben: Session, code: int, effect: Effect) -> None:
    """Going away is leaving, a final code is a loss, and after anything else the peer may come back."""
    ann.text_received('{"type":"join","room":"kitchen"}')
    ben.text_received('{"type":"join","room":"kitchen"}')
    assert ann.closed(code) == [effect]


def test_rooms_are_one_whatever_their_case(ann: Session, ben: Session) -> None:
    """A page of an earlier release asks for a room as its person typed it."""
    assert ann.text_received('{"type":"join","room":"Kitchen"}') == [Deliver(FIRST, joined(FIRST_ID, ANN))]
    assert Deliver(FIRST, PeerJoined(Peer(SECOND_ID, "Ben"))) in ben.text_received('{"type":"join","room":"KITCHEN"}')


# The token

RENEW = '{"type":"renew","token":"fresh"}'


def test_session_has_its_fresh_token_checked(ann: Session) -> None:
    """A token of the same account counts from then on, and nothing is said of it."""
    assert ann.text_received(RENEW) == [CheckToken(FIRST, "fresh")]
    assert ann.token_proved(ANN.account_id, 2_000) == []
    assert ann.token_expires_at == 2_000
    ann.text_received(RENEW)
    assert ann.token_proved(ANN.account_id, 1_000) == []
    assert ann.token_expires_at == 2_000


def test_session_takes_no_token_of_another_account(ann: Session) -> None:
    """A good token of somebody else is no better than none: a connection stays whose it is."""
    ann.text_received(RENEW)
    assert error_codes(ann.token_proved(BEN.account_id, 2_000)) == [ErrorCode.UNAUTHENTICATED]
    assert ann.token_expires_at == 0


@pytest.mark.parametrize("refusal", [AuthenticationError(), DatabaseUnavailable()])
def test_session_is_told_why_a_token_does_not_count(ann: Session, refusal: Refusal) -> None:
    """What was refused changes nothing, and another token may be shown."""
    ann.text_received(RENEW)
    assert error_codes(ann.token_refused(refusal)) == [refusal.code]
    assert ann.text_received(RENEW) == [CheckToken(FIRST, "fresh")]


def test_session_has_one_token_checked_at_a_time(ann: Session) -> None:
    """Otherwise a client could have as many wait for the database as it may send messages; the newest counts."""
    ann.text_received(RENEW)
    assert ann.text_received(RENEW.replace("fresh", "fresher")) == []
    assert ann.text_received(RENEW.replace("fresh", "freshest")) == []
    assert ann.token_proved(ANN.account_id, 2_000) == [CheckToken(FIRST, "freshest")]
    assert ann.text_received(RENEW) == []
    refused, checked = ann.token_refused(AuthenticationError())
    assert error_codes([refused]) == [ErrorCode.UNAUTHENTICATED]
    assert checked == CheckToken(FIRST, "fresh")
    assert ann.token_proved(ANN.account_id, 3_000) == []
    assert (ann.token_expires_at, ann.text_received(RENEW)) == (3_000, [CheckToken(FIRST, "fresh")])


def test_session_sends_away_when_the_token_has_expired(ann: Session) -> None:
    """The client comes back, with another token if it has one; its place is held until then."""
    ann.text_received('{"type":"join","room":"kitchen"}')
    assert ann.token_expired() == [Close(FIRST, CloseCode.TOKEN_EXPIRED)]
    assert ann.closed(CloseCode.TOKEN_EXPIRED) == [HoldPlace(1)]


def test_guest_is_in_one_room(rooms: Rooms) -> None:
    """A guest enters the room that they were invited to, in whatever case it is written, and no other."""
    guest = open_session(rooms, FIRST, FIRST_ID, GUEST)
    assert error_codes(guest.text_received('{"type":"join","room":"cellar"}')) == [ErrorCode.WRONG_ROOM]
    assert guest.text_received('{"type":"join","room":"Kitchen"}') == [Deliver(FIRST, joined(FIRST_ID, GUEST))]


def test_others_are_told_of_a_guest(rooms: Rooms, ben: Session) -> None:
    """A guest is marked for the others."""
    ben.text_received('{"type":"join","room":"kitchen"}')
    guest = open_session(rooms, FIRST, FIRST_ID, GUEST)
    told = guest.text_received('{"type":"join","room":"kitchen"}')
    assert told[-1] == Deliver(SECOND, PeerJoined(Peer(FIRST_ID, "Eve~k3fq7x", guest=True)))


def test_others_are_told_who_an_account_was(rooms: Rooms, ben: Session) -> None:
    """Who was a guest is known by the name of before in that room, and in no other."""
    for room, formerly in (("kitchen", "Eve~k3fq7x"), ("cellar", None)):
        ben.text_received(f'{{"type":"join","room":"{room}"}}')
        member = open_session(rooms, FIRST, FIRST_ID, MEMBER)
        told = member.text_received(f'{{"type":"join","room":"{room}"}}')
        assert told[-1] == Deliver(SECOND, PeerJoined(Peer(FIRST_ID, "Eve", formerly=formerly)))
        ben.text_received('{"type":"leave"}')
        member.closed(CloseCode.NORMAL)
