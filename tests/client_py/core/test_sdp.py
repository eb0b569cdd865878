from __future__ import annotations

from client_py.core.sdp import fingerprints, username_fragments

SDP = "v=0\r\na=ice-ufrag:abcd\r\na=fingerprint:sha-256 aa:bb\r\na=fingerprint:sha-512 CC\r\n"


def test_sdp_gives_username_fragments() -> None:
    """A candidate is matched to a description by them."""
    assert username_fragments(SDP) == {"abcd"}


def test_sdp_gives_fingerprints_in_one_case() -> None:
    """Browsers write hexadecimal in either case."""
    assert fingerprints(SDP) == {"SHA-256 AA:BB", "SHA-512 CC"}


def test_sdp_gives_nothing_of_what_is_not_there() -> None:
    """What is no description has neither."""
    assert username_fragments("") == fingerprints("nonsense") == frozenset()
