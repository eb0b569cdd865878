from __future__ import annotations

import msgspec
import pytest

from signaling.cluster.process_messages import NotHere, ProcessId, seal, unseal

ENVELOPE = seal(ProcessId("one"), [NotHere(7)])
NESTED = b"\x91" * 5_000 + b"\xc0"
"""Arrays of one item in one another."""


def test_envelope_gives_back_what_was_put_into_it() -> None:
    """Messages come in their order, with the name of who has written them."""
    assert unseal(ENVELOPE) == ("one", [NotHere(7)])


@pytest.mark.parametrize(
    "envelope",
    [b"", b"no envelope", NESTED, ENVELOPE.replace(b"\x92\xa7NotHere\x07", b"\x93\xa7NotHere\x07" + NESTED)],
    ids=["nothing", "text", "deep", "deep in what is passed over"],
)
def test_envelope_that_is_none_of_ours_is_one_error(envelope: bytes) -> None:
    """Whatever comes by way of Redis, the backplane takes it for a break, and no other error comes of it."""
    assert envelope != ENVELOPE
    with pytest.raises(msgspec.DecodeError):
        unseal(envelope)
