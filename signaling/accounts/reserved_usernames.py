"""Decides which names nobody may register: those that would be taken for the server, its people, or for no one."""

from __future__ import annotations

from protocol.versions import STAND_IN
from signaling.lookalikes import skeleton

_OF_THE_SERVER = """
abuse admin administration administrator api bot chat client contact help helpdesk host hostmaster info login maintainer
mod moderation moderator moderators mods noreply official operator owner p2pchat postmaster privacy room root security
server service signaling staff superuser support sysadmin system team webmaster
"""
"""The program, those who run it, and what they are written to at (RFC 2142)."""
_OF_NO_ONE = """
all anonymous anybody anyone channel deleted everybody everyone guest guests here me nobody none noone null self
somebody someone undefined unknown user username users you
"""
"""Words that stand for others in a sentence, as in “Say hello to everyone”, or for what is not there."""
RESERVED = frozenset((_OF_THE_SERVER + _OF_NO_ONE).split())
_SEPARATORS = str.maketrans("", "", "_-.")
_SIGNS_WITHIN = str.maketrans("", "", "'\u00b7")
"""What apostrophes and the dot of Catalan are drawn like."""
_SKELETONS = frozenset(skeleton(drawn) for name in RESERVED for drawn in (name, name.upper()))
"""Of both cases, since `ADM1N` looks like the one, and `adrnin` like the other."""


def is_reserved(username: str) -> bool:
    """Tell whether nobody may register a name: it is a reserved one, or looks like one, with signs in it or without."""
    plain = username.translate(_SEPARATORS)
    return skeleton(plain).translate(_SIGNS_WITHIN) in _SKELETONS or STAND_IN.fullmatch(username.lower()) is not None
