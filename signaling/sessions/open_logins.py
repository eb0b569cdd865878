"""Decides which connections a change of logins ends. No clock or I/O."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from protocol.codes import CloseCode
from signaling.rooms.effects import Close, ConnectionId


class Worth(Protocol):
    """What the logins of an account are worth: see `accounts.logins.Standing`."""

    @property
    def version(self) -> int:
        """Tokens of a lower one are refused."""

    @property
    def login_ids(self) -> frozenset[str]:
        """Of those that have not ended."""


@dataclass(frozen=True, slots=True)
class OpenedBy:
    """What a connection was opened with, or has shown since: see `accounts.authenticator.ProvenAccount`."""

    account_id: str
    login_id: str
    version: int


class OpenLogins:
    """By which logins the connections of this process were opened."""

    def __init__(self) -> None:
        # Lists, since nearly all of them have one item, for which a dictionary would be large.
        self._by_account: dict[str, list[tuple[ConnectionId, OpenedBy]]] = {}

    @property
    def account_ids(self) -> list[str]:
        """The accounts that have a connection."""
        return list(self._by_account)

    def opened(self, connection: ConnectionId, by: OpenedBy) -> None:
        """A connection begins."""
        self._by_account.setdefault(by.account_id, []).append((connection, by))

    def renewed(self, connection: ConnectionId, by: OpenedBy) -> bool:
        """Another token was shown over a connection, maybe of another login of its account; False if not of its own."""
        others = self._by_account.get(by.account_id, ())
        if not any(each == connection for each, _ in others):
            return False
        self._by_account[by.account_id] = [(each, by if each == connection else other) for each, other in others]
        return True

    def forget_closed(self, is_open: Callable[[ConnectionId], bool]) -> None:
        """Forget the connections that have ended; until then they cost some memory, and closing them does nothing."""
        kept = {
            account_id: [each for each in connections if is_open(each[0])]
            for account_id, connections in self._by_account.items()
        }
        self._by_account = {account_id: connections for account_id, connections in kept.items() if connections}

    def judged(self, account_ids: Iterable[str], worths: Mapping[str, Worth]) -> list[Close]:
        """Return which connections of some accounts have to close; accounts without a worth do not exist."""
        return [
            Close(connection, code)
            for account_id in account_ids
            for connection, by in self._by_account.get(account_id, ())
            if (code := _code(by, worths.get(account_id))) is not None
        ]


def _code(by: OpenedBy, worth: Worth | None) -> CloseCode | None:
    if worth is None or (by.login_id and by.login_id not in worth.login_ids):
        return CloseCode.UNAUTHENTICATED
    # The login goes on, by another token than this one: who has that comes back, and others do not get in.
    return CloseCode.SERVICE_RESTART if by.version < worth.version else None
