from __future__ import annotations

from dataclasses import dataclass, replace

import pytest

from protocol.codes import CloseCode
from signaling.rooms.effects import Close, ConnectionId
from signaling.sessions.open_logins import OpenedBy, OpenLogins

ANN, BEN = ConnectionId(1), ConnectionId(2)
BY_ANN = OpenedBy("ann", "laptop", 0)
BY_NOBODY = replace(BY_ANN, login_id="")


@dataclass(frozen=True)
class Worth:
    """What the logins of an account are worth."""

    version: int = 0
    login_ids: frozenset[str] = frozenset({"laptop"})


@pytest.mark.parametrize(
    ("by", "worth", "code"),
    [
        (BY_ANN, Worth(), None),
        (BY_ANN, Worth(login_ids=frozenset({"phone"})), CloseCode.UNAUTHENTICATED),
        (BY_ANN, None, CloseCode.UNAUTHENTICATED),
        (BY_ANN, Worth(version=1), CloseCode.SERVICE_RESTART),
        (replace(BY_ANN, version=1), Worth(), None),
        (BY_ANN, Worth(version=1, login_ids=frozenset()), CloseCode.UNAUTHENTICATED),
        (BY_NOBODY, Worth(), None),
        (BY_NOBODY, None, CloseCode.UNAUTHENTICATED),
        (BY_NOBODY, Worth(version=1), CloseCode.SERVICE_RESTART),
    ],
    ids=[
        "good",
        "ended",
        "deleted",
        "new password",
        "new password, of a backup without it",
        "new password, ended",
        "of before",
        "of before, deleted",
        "of before, new password",
    ],
)
def test_connection_ends_with_its_login(by: OpenedBy, worth: Worth | None, code: CloseCode | None) -> None:
    """A login that has ended cannot come back; one that has another token comes back with that."""
    logins = OpenLogins()
    logins.opened(ANN, by)
    judged = logins.judged(["ann"], {"ann": worth} if worth else {})
    assert judged == ([] if code is None else [Close(ANN, code)])


def test_only_those_who_are_asked_about_are_judged() -> None:
    """Of an account that nobody has asked the database about, nothing is known."""
    logins = OpenLogins()
    logins.opened(ANN, BY_ANN)
    logins.opened(BEN, replace(BY_ANN, account_id="ben"))
    assert logins.judged(["ben", "nobody"], {}) == [Close(BEN, CloseCode.UNAUTHENTICATED)]


def test_closed_connections_are_forgotten() -> None:
    """Nothing stays of an account whose connections have all ended."""
    logins = OpenLogins()
    logins.opened(ANN, BY_ANN)
    logins.opened(BEN, BY_ANN)
    logins.forget_closed(lambda connection: connection == BEN)
    assert logins.judged(["ann"], {}) == [Close(BEN, CloseCode.UNAUTHENTICATED)]
    logins.forget_closed(lambda _: False)
    assert logins.account_ids == []


def test_connection_is_of_the_login_that_was_shown_last() -> None:
    """Someone who has logged in again shows that over the WebSocket; the login of before may end."""
    logins = OpenLogins()
    logins.opened(ANN, BY_ANN)
    logins.opened(BEN, BY_ANN)
    assert logins.renewed(ANN, replace(BY_ANN, login_id="phone"))
    phone = {"ann": Worth(login_ids=frozenset({"phone"}))}
    assert logins.judged(["ann"], phone) == [Close(BEN, CloseCode.UNAUTHENTICATED)]
    # A token of another account, which the session refuses, and a connection that has gone.
    logins.opened(ConnectionId(4), replace(BY_ANN, account_id="ben"))
    assert not logins.renewed(BEN, replace(BY_ANN, account_id="ben"))
    assert not logins.renewed(BEN, replace(BY_ANN, account_id="nobody"))
    assert not logins.renewed(ConnectionId(3), BY_ANN)
    assert logins.judged(["ann"], phone) == [Close(BEN, CloseCode.UNAUTHENTICATED)]
    assert logins.account_ids == ["ann", "ben"]
