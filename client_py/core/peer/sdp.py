"""Reads from a session description whose it is and of which ICE generation, and takes our addresses out of one."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache

from protocol.webrtc import Candidate, Description

CANDIDATE_LINE = "a=candidate:"
MEDIA_LINE = "m="
DATA_MEDIA = "application "
RELAY = re.compile(r"\btyp relay\b")
RELATED_ADDRESS = re.compile(r" raddr \S+ rport \d+")
HIDDEN_RELATED_ADDRESS = " raddr 0.0.0.0 rport 9"
"""RFC 8839 §5.1: what stands there where an agent does not want to disclose its address."""
CONNECTION_LINE = re.compile(r"c=IN IP[46] \S+")
HIDDEN_CONNECTION_LINE = "c=IN IP4 0.0.0.0"
MEDIA_PORT = re.compile(r"(m=\w+) \d+ ")
"""RFC 8840 §4.1.1: with port 9, it is the address of candidates that come later."""
SETUP_LINE = "a=setup:"
OPEN_SETUP = "actpass"
OTHER_ROLE = {"active": "passive", "passive": "active"}
"""The roles of the two ends of DTLS (RFC 8842 §5.2): who is active opens the association."""


@lru_cache(maxsize=64)
def username_fragments(sdp: str) -> frozenset[str]:
    """Return the ICE username fragments (RFC 8839 §5.4); a candidate belongs to the description that has its own."""
    return frozenset(_values(sdp, "a=ice-ufrag:"))


@lru_cache(maxsize=64)
def fingerprints(sdp: str) -> frozenset[str]:
    """Return the DTLS certificate fingerprints (RFC 8122 §5): those of one RTCPeerConnection, for all its life."""
    return frozenset(value.upper() for value in _values(sdp, "a=fingerprint:"))


def count_candidates(sdp: str) -> int:
    """Count the candidates that stand in a description."""
    return len(_values(sdp, CANDIDATE_LINE))


def is_data_alone(sdp: str) -> bool:
    """Tell whether a description speaks of nothing but data channels (RFC 8841 §5), and so of one section at most."""
    sections = _values(sdp, MEDIA_LINE)
    return len(sections) <= 1 and all(media.startswith(DATA_MEDIA) for media in sections)


def dtls_role(sdp: str) -> str | None:
    """Return the role in DTLS that an answer takes, "active" or "passive"; None if it names none."""
    return next((value for value in _values(sdp, SETUP_LINE) if value in OTHER_ROLE), None)


def with_dtls_role(offer: Description, role: str) -> Description:
    """Return an offer that asks for the role that we have in DTLS already, and leaves no choice."""
    return replace(offer, sdp=offer.sdp.replace(SETUP_LINE + OPEN_SETUP, SETUP_LINE + role))


def is_relay(candidate: Candidate) -> bool:
    """Tell whether a candidate is a TURN server's address."""
    return RELAY.search(candidate.candidate) is not None


def relay_only_candidate(candidate: Candidate) -> Candidate | None:
    """Return a candidate without any address of ours; None if it is one. The end of candidates has none."""
    if candidate.candidate and not is_relay(candidate):
        return None
    return replace(candidate, candidate=_hidden(candidate.candidate))


def relay_only_description(description: Description) -> Description:
    """Return a description without any address of ours, in candidates and as the default destination."""
    lines = [
        _hidden(line)
        for line in description.sdp.splitlines(keepends=True)
        if not line.startswith(CANDIDATE_LINE) or RELAY.search(line)
    ]
    return replace(description, sdp="".join(lines))


def _hidden(line: str) -> str:
    line = RELATED_ADDRESS.sub(HIDDEN_RELATED_ADDRESS, line)
    if line.startswith("c="):
        return CONNECTION_LINE.sub(HIDDEN_CONNECTION_LINE, line)
    return MEDIA_PORT.sub(r"\1 9 ", line) if line.startswith("m=") else line


def _values(sdp: str, prefix: str) -> list[str]:
    return [line.removeprefix(prefix).strip() for line in sdp.splitlines() if line.startswith(prefix)]
