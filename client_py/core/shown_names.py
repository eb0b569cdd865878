"""Decides what the people of a room are called on this page, by what they want to be called and by who else is there.

Nobody answers for a display name but who chose it. So one that could be taken for somebody else's, by their account's
name or by what they are called, is shown with the account's name beside it, which the server answers for.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from client_py.core.conversation.display_names import look_alike
from client_py.core.preferences import HUES

MAX_KNOWN = 256
"""How many people's names are remembered; a room holds fewer, and who comes and goes is heard again."""


@dataclass(frozen=True, slots=True)
class ShownName:
    """What somebody is called, with the name of their account where that has to be seen."""

    name: str
    account: str = ""


@dataclass(frozen=True, slots=True)
class _Wish:
    name: str = ""
    hue: int = 0


class ShownNames:
    """The names of one room, as one of its people sees them."""

    def __init__(self, own_account: str) -> None:
        self._own_account = own_account
        self._wishes: dict[str, _Wish] = {own_account: _Wish()}

    def call_self(self, name: str) -> None:
        """Note what the person of this page is called, of whom nobody else is to take the name."""
        self._wishes[self._own_account] = _Wish(name)

    def note(self, accounts: Iterable[str]) -> None:
        """Note who is there, or has written."""
        for account in accounts:
            self._learn(account, self._wishes.get(account, _Wish()))

    def learn(self, account: str, name: str, hue: int) -> None:
        """Note what somebody wants to be called, and in which colour; one that this page does not have is none."""
        self._learn(account, _Wish(name, hue if hue <= HUES else 0))

    def of(self, account: str) -> ShownName:
        """Return what somebody is called."""
        wish = self._wishes.get(account, _Wish())
        if not wish.name:
            return ShownName(account)
        others = (other for other in self._wishes if other != account)
        is_like_another = any(
            look_alike(wish.name, name) for other in others for name in (other, self._wishes[other].name) if name
        )
        return ShownName(wish.name, account if is_like_another else "")

    def hue_of(self, account: str) -> int:
        """Return the colour that somebody has chosen; 0 for that of their account's name."""
        return self._wishes.get(account, _Wish()).hue

    def _learn(self, account: str, wish: _Wish) -> None:
        self._wishes[account] = wish
        others = [known for known in self._wishes if known not in (account, self._own_account)]
        for forgotten in others[: max(0, len(self._wishes) - MAX_KNOWN)]:
            del self._wishes[forgotten]
