"""Words what can be chosen about the connection."""

from __future__ import annotations

from typing import TYPE_CHECKING

from client_py.words.phrases import Phrase

if TYPE_CHECKING:
    from client_py.core.peer.ice_servers import RelayChoice

YOUR_CONNECTION = Phrase("Your connection")
RELAY_ONLY = Phrase("Connect through a relay only")

DIRECT = Phrase(
    "The people you talk with can see your internet address, since your browsers connect directly where they can."
)
RELAYED = Phrase(
    "Nobody you talk with sees your internet address: everything goes through this server’s relay, encrypted."
)
NOT_OFFERED = Phrase("This server offers no relay, so the people you talk with can see your internet address.")
IN_VAIN = Phrase("This server offers no relay. As long as this is on, no connection can be made.")


def relay_hint(choice: RelayChoice) -> Phrase:
    """Say what the choice means here."""
    if choice.offered is False:
        return IN_VAIN if choice.only else NOT_OFFERED
    return RELAYED if choice.only else DIRECT
