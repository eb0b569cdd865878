from __future__ import annotations

import pytest

from client_py.core.peer.sdp import (
    count_candidates,
    dtls_role,
    fingerprints,
    is_data_alone,
    is_relay,
    relay_only_candidate,
    relay_only_description,
    username_fragments,
    with_dtls_role,
)
from protocol.webrtc import Candidate, Description

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


@pytest.mark.parametrize(("setup", "role"), [("active", "active"), ("passive", "passive"), ("actpass", None)])
def test_sdp_gives_the_role_that_an_answer_takes(setup: str, role: str | None) -> None:
    """An offer may leave the choice."""
    assert dtls_role(f"v=0\r\na=setup:{setup}\r\n") == role
    assert dtls_role(SDP) is None


def test_offer_can_leave_no_choice() -> None:
    """It changes in nothing else; one that leaves none already stays as it is."""
    offer = Description("offer", f"{SDP}a=setup:actpass\r\na=mid:0\r\n")
    fixed = Description("offer", f"{SDP}a=setup:passive\r\na=mid:0\r\n")
    assert with_dtls_role(offer, "passive") == fixed
    assert with_dtls_role(fixed, "active") == fixed


HOST = "candidate:1 1 udp 2113937151 198.51.100.2 5000 typ host"
SRFLX = "candidate:2 1 udp 1677729535 198.51.100.2 5000 typ srflx raddr 192.168.1.7 rport 5000"
RELAY = "candidate:3 1 UDP 50339839 203.0.113.1 50001 typ relay raddr 198.51.100.2 rport 5000 generation 0"
HIDDEN_RELAY = "candidate:3 1 UDP 50339839 203.0.113.1 50001 typ relay raddr 0.0.0.0 rport 9 generation 0"
GATHERED = """v=0\r
o=- 1 2 IN IP4 127.0.0.1\r
m=application 5000 UDP/DTLS/SCTP webrtc-datachannel\r
c=IN IP4 198.51.100.2\r
a=candidate:1 1 udp 2113937151 198.51.100.2 5000 typ host\r
a=candidate:2 1 udp 1677729535 198.51.100.2 5000 typ srflx raddr 192.168.1.7 rport 5000\r
a=candidate:3 1 UDP 50339839 203.0.113.1 50001 typ relay raddr 198.51.100.2 rport 5000 generation 0\r
a=ice-ufrag:abcd\r
a=fingerprint:sha-256 AA:BB\r
"""
HIDDEN = """v=0\r
o=- 1 2 IN IP4 127.0.0.1\r
m=application 9 UDP/DTLS/SCTP webrtc-datachannel\r
c=IN IP4 0.0.0.0\r
a=candidate:3 1 UDP 50339839 203.0.113.1 50001 typ relay raddr 0.0.0.0 rport 9 generation 0\r
a=ice-ufrag:abcd\r
a=fingerprint:sha-256 AA:BB\r
"""


@pytest.mark.parametrize("line", [HOST, SRFLX, "candidate:4 1 TCP 2105458943 typ.local 9 typ host tcptype active"])
def test_candidate_of_our_own_does_not_leave(line: str) -> None:
    """Somebody who connects through a relay only shows no address."""
    assert not is_relay(Candidate(line))
    assert relay_only_candidate(Candidate(line, "0", 0, "abcd")) is None


def test_candidate_of_a_relay_leaves_without_the_address_that_it_hides() -> None:
    """The related address is how the TURN server sees us (RFC 8839 §5.1)."""
    assert is_relay(Candidate(RELAY))
    assert relay_only_candidate(Candidate(RELAY, "0", 0, "abcd")) == Candidate(HIDDEN_RELAY, "0", 0, "abcd")


def test_end_of_candidates_leaves() -> None:
    """It is a candidate without anything in it."""
    end = Candidate("", "0", 0, "abcd")
    assert relay_only_candidate(end) == end


def test_description_leaves_without_our_addresses() -> None:
    """Neither among the candidates, nor after the relay's, nor as the default; what negotiation needs stays."""
    assert relay_only_description(Description("offer", GATHERED)) == Description("offer", HIDDEN)
    assert relay_only_description(Description("answer", HIDDEN)) == Description("answer", HIDDEN)
    ipv6 = Description("offer", "c=IN IP6 2001:db8::1\r\n")
    assert relay_only_description(ipv6).sdp == "c=IN IP4 0.0.0.0\r\n"


def test_sdp_counts_candidates() -> None:
    """Each is a line of its own."""
    line = "a=candidate:1 1 udp 1 192.0.2.1 49152 typ host\r\n"
    assert [count_candidates(SDP + line * count) for count in (0, 1, 3)] == [0, 1, 3]


@pytest.mark.parametrize(
    ("sections", "alone"),
    [
        ([], True),
        (["application 9 UDP/DTLS/SCTP webrtc-datachannel"], True),
        (["application 9 UDP/DTLS/SCTP webrtc-datachannel"] * 2, False),
        (["audio 9 UDP/TLS/RTP/SAVPF 111"], False),
        (["application 9 UDP/DTLS/SCTP webrtc-datachannel", "video 9 UDP/TLS/RTP/SAVPF 96"], False),
    ],
)
def test_sdp_tells_whether_it_is_of_data_alone(sections: list[str], alone: bool) -> None:  # noqa: FBT001 - a parameter
    """All data channels together are one section."""
    assert is_data_alone(SDP + "".join(f"m={section}\r\n" for section in sections)) is alone
