from __future__ import annotations

import pytest

from client_py.core.sdp import fingerprints, username_fragments

SDP = "\r\n".join(
    [
        "v=0",
        "o=- 46117 2 IN IP4 127.0.0.1",
        "a=fingerprint:sha-256 ab:CD",
        "m=application 9 UDP/DTLS/SCTP webrtc-datachannel",
        "a=ice-ufrag:x/Y+",
        "a=ice-pwd:secret",
        "m=audio 9 UDP/TLS/RTP/SAVPF 111",
        "a=ice-ufrag:zzzz ",
        "a=fingerprint:SHA-256 AB:cd",
        "",
    ]
)


@pytest.mark.parametrize("line_end", ["\r\n", "\n"])
def test_sdp_names_its_ice_generation(line_end: str) -> None:
    """The username fragments of all media are found, whichever line ends are used."""
    assert username_fragments(SDP.replace("\r\n", line_end)) == {"x/Y+", "zzzz"}


def test_sdp_names_its_certificate_in_any_case() -> None:
    """A fingerprint is the same in capitals and in small letters (RFC 8122 §5)."""
    assert fingerprints(SDP) == {"SHA-256 AB:CD"}


def test_sdp_without_them_names_none() -> None:
    """Nothing is found where nothing stands."""
    assert username_fragments("v=0") == frozenset()
    assert fingerprints("") == frozenset()
