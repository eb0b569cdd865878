from typing import get_args

from hypothesis import given
from hypothesis import strategies as st

from protocol.fields import ResumeToken
from signaling.sessions.resume_tokens import ResumeTokens

SECRET = b"a secret of the tests, 32 bytes or more"
PEER_ID = "0123456789abcdef"


def test_token_outlives_restart() -> None:
    """Two servers with one secret make, and take, the same tokens."""
    token = ResumeTokens(SECRET).issue(PEER_ID, "ann")
    assert ResumeTokens(SECRET).peer_id(token, "ann") == PEER_ID


def test_token_is_for_one_account() -> None:
    """A token makes nobody else the peer that it was issued for."""
    tokens = ResumeTokens(SECRET)
    assert tokens.peer_id(tokens.issue(PEER_ID, "ann"), "ben") is None


def test_token_is_for_one_server() -> None:
    """A token of another secret is none."""
    assert ResumeTokens(SECRET).peer_id(ResumeTokens(SECRET + b"!").issue(PEER_ID, "ann"), "ann") is None


def test_token_outlives_change_of_secret() -> None:
    """While the secret is changed, tokens of both are taken, and made of the first one."""
    new = b"the secret that comes after the first one"
    both = ResumeTokens(new, SECRET)
    assert both.peer_id(ResumeTokens(SECRET).issue(PEER_ID, "ann"), "ann") == PEER_ID
    assert ResumeTokens(new).peer_id(both.issue(PEER_ID, "ann"), "ann") == PEER_ID


def test_token_fits_protocol() -> None:
    """A token has the form that the messages give it."""
    _, bound = get_args(ResumeToken)
    assert bound.admits(ResumeTokens(SECRET).issue("x" * 64, "ann"))


@given(st.text(max_size=80))
def test_made_up_token_resumes_nobody(token: str) -> None:
    """Whatever a client sends, without the secret it is nobody again."""
    assert ResumeTokens(SECRET).peer_id(token, "ann") is None
