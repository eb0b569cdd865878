import re

from protocol import http
from protocol.versions import SUBPROTOCOLS

TOKEN_CHARACTERS = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""RFC 9110 §5.6.2: what a subprotocol is made of."""


def test_subprotocols_are_http_tokens() -> None:
    """Every subprotocol can stand in a header, and so can a JWT after the prefix."""
    jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm4ifQ.abc-_123"
    for name in (*SUBPROTOCOLS.values(), http.PROBE_SUBPROTOCOL):
        assert TOKEN_CHARACTERS.fullmatch(name)
    assert TOKEN_CHARACTERS.fullmatch(http.TOKEN_SUBPROTOCOL_PREFIX + jwt)


def test_subprotocol_is_no_token() -> None:
    """The name of the protocol cannot be taken for a token."""
    assert not any(name.startswith(http.TOKEN_SUBPROTOCOL_PREFIX) for name in SUBPROTOCOLS.values())
