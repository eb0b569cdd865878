"""Knows who else is in the room, and what is held against whom."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from client_py.core.peer.negotiation import is_polite
from client_py.core.peer.peer import Peer
from client_py.core.peer.penalty import Penalty


class Peers:
    """The others in the room, in the order in which we heard of them."""

    def __init__(self, random: Callable[[], float]) -> None:
        self.own_peer_id = ""
        """Ours, as the server has last named it."""
        self._random = random
        self._peers: dict[str, Peer] = {}
        self._called: dict[str, str] = {}
        """By peer id: the name of now of its account, which may have been a guest when the conversation began."""
        self._penalties: dict[str, Penalty] = {}
        """By account: of those who are here, and of those who have left with something held against them."""

    def __iter__(self) -> Iterator[Peer]:
        """Go through those who are here; they may be removed on the way."""
        return iter(tuple(self._peers.values()))

    def __contains__(self, peer_id: str) -> bool:
        """Tell whether a peer is here."""
        return peer_id in self._peers

    def get(self, peer_id: str) -> Peer | None:
        """Return a peer, if it is here."""
        return self._peers.get(peer_id)

    def called(self, peer_id: str) -> str:
        """Return what the account of a peer that is here is called now."""
        return self._called[peer_id]

    def call(self, peer_id: str, username: str) -> None:
        """Note what the account of a peer that is here is called now."""
        self._called[peer_id] = username

    def add(self, peer_id: str, account: str, username: str = "") -> Peer:
        """Take a peer in: `account` is the name by which the conversation knows it, `username` another one of now."""
        self._called[peer_id] = username or account
        polite = is_polite(self.own_peer_id, peer_id)
        penalty = self._penalties.setdefault(account, Penalty(self._random))
        peer = self._peers[peer_id] = Peer(peer_id, account, polite=polite, random=self._random, penalty=penalty)
        return peer

    def remove(self, peer_id: str) -> Peer | None:
        """Strike a peer off; returns it, if it was here."""
        self._called.pop(peer_id, None)
        return self._peers.pop(peer_id, None)

    def ticked(self) -> None:
        """Some time has passed; call it about every 20 s."""
        for penalty in self._penalties.values():
            penalty.ticked()
        here = {peer.account for peer in self._peers.values()}
        self._penalties = {
            account: penalty for account, penalty in self._penalties.items() if penalty.fault or account in here
        }
