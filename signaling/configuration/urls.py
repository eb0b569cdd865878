"""Reads the URLs of settings, as strictly as who gets them in the end: the browsers of all pages, or Redis's client.

A browser makes no connection at all when one URL among others is malformed, and tells nobody but its console. What
could hold a password is in no sentence.
"""

from __future__ import annotations

import ipaddress
import re
import string
from urllib.parse import parse_qsl

from redis.asyncio import ConnectionPool
from redis.exceptions import RedisError

from protocol.webrtc import MAX_ICE_URLS

MAX_ICE_URL_BYTES = 512
"""What a page takes (protocol/fields.py)."""
MAX_PORT = 65_535
NOTHING = "none"
HOST_AND_PORT = r"(?P<host>\[[^\]]*\]|[^\[\]:?]+)(?::(?P<port>[0-9]+))?"
STUN_URL = re.compile(rf"stuns?:{HOST_AND_PORT}")
"""RFC 7064 §3.1. There is nothing after the port."""
TURN_URL = re.compile(rf"turns?:{HOST_AND_PORT}(?:\?transport=(?:udp|tcp))?")
"""RFC 7065 §3.1, with the transports that browsers have."""
STUN_EXAMPLE = "stun:stun.example.org:3478"
TURN_EXAMPLE = "turn:turn.example.org:3478?transport=udp"
LABEL = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
HOST_NAME = re.compile(rf"{LABEL}(?:\.{LABEL})*\.?")
"""RFC 1123 §2.1, and the underscore that local names have. Browsers take more, of which no DNS knows anything."""
MAX_HOST_NAME = 253

BACKPLANE_SCHEMES = ("redis://", "rediss://", "unix://")
BACKPLANE_EXAMPLES = "redis://127.0.0.1:6379/0, rediss://… or unix:///run/redis.sock"
MAX_DATABASE = 65_535
BACKPLANE_OPTIONS = re.compile(r"db|client_name|ssl_[a-z_]+")
"""Others of redis-py would set what the backplane relies on, such as the version of the protocol."""
USER_INFO = frozenset(string.ascii_letters + string.digits + "-._~!$&'()*+,;=:")
"""RFC 3986 §3.2.1: all that stands for itself before the `@` of a URL."""
ESCAPE = re.compile("%[0-9A-Fa-f]{2}")


def read_stun_urls(text: str) -> tuple[str, ...]:
    """Take STUN URLs (RFC 7064) with commas between them, or `none`."""
    return _ice_urls("" if text == NOTHING else text, STUN_URL, f"{STUN_EXAMPLE}, or be {NOTHING}")


def read_turn_urls(text: str) -> tuple[str, ...]:
    """Take TURN URLs (RFC 7065) with commas between them."""
    return _ice_urls(text, TURN_URL, TURN_EXAMPLE)


def read_backplane_url(text: str) -> str:
    """Take nothing, or the URL of a Redis."""
    if text and (fault := _backplane_fault(text)):
        raise ValueError(fault)
    return text


def unescaped(user_info: str) -> str | None:
    """Return the first character of a user and password that has to be percent-encoded in a URL (RFC 3986 §2.1)."""
    rest = ESCAPE.sub("", user_info)
    return next((character for character in rest if character not in USER_INFO), None)


def must_be_escaped(character: str) -> str:
    """Say how a character of a user or a password is written in a URL; nothing is said of those beside it."""
    if not (character.isascii() and character.isprintable()):
        return "a character that is not ASCII in the user or the password must be percent-encoded"
    shown = "space" if character == " " else character
    return f"a {shown} in the user or the password must be written as %{ord(character):02X}"


def is_host(text: str) -> bool:
    """Tell whether a URL may have this for a host: an IPv6 address in brackets, an IPv4 address, or a name of DNS."""
    try:
        if text.startswith("["):
            return "%" not in text and bool(ipaddress.IPv6Address(text[1:-1]))
        if text.rstrip(".").rpartition(".")[2].isdecimal():  # browsers take that for an address
            return bool(ipaddress.IPv4Address(text))
    except ValueError:
        return False
    return len(text) <= MAX_HOST_NAME and HOST_NAME.fullmatch(text) is not None


def is_port(text: str) -> bool:
    """Tell whether this is the number of a port that something can listen on."""
    return text.isascii() and text.isdecimal() and 0 < int(text) <= MAX_PORT


def _ice_urls(text: str, grammar: re.Pattern[str], example: str) -> tuple[str, ...]:
    urls = tuple(item.strip() for item in text.split(",") if item.strip())
    for url in urls:
        if "@" in url:
            # Not repeated, since a password may be before it.
            raise ValueError(f"must hold URLs without a user or password, like {example}")
        match = grammar.fullmatch(url)
        if match is None or not _can_be_reached(match) or len(url) > MAX_ICE_URL_BYTES:
            raise ValueError(f"must hold URLs like {example}, not {url!r}")
    if len(urls) > MAX_ICE_URLS:
        raise ValueError(f"must hold {MAX_ICE_URLS} URLs at most, not {len(urls)}")
    return urls


def _can_be_reached(url: re.Match[str]) -> bool:
    return is_host(url["host"]) and (url["port"] is None or is_port(url["port"]))


def _backplane_fault(text: str) -> str | None:
    scheme, separator, rest = text.partition("://")
    user_info, _, place = rest.rpartition("@")
    if scheme + separator not in BACKPLANE_SCHEMES or not place:
        return f"must be a URL like {BACKPLANE_EXAMPLES}"
    if character := unescaped(user_info):
        return f"must be a URL, in which {must_be_escaped(character)}"
    if "#" in place:
        return "must be a URL without a #, which is written as %23"
    place, _, query = place.partition("?")
    if scheme == "unix":
        fault = None if place.startswith("/") else f"must have a path, as in {BACKPLANE_EXAMPLES}"
    else:
        fault = _place_fault(place)
    return fault or _options_fault(text, query)


def _place_fault(place: str) -> str | None:
    """Tell what is wrong with `host:port/database`."""
    authority, _, database = place.partition("/")
    match = re.fullmatch(HOST_AND_PORT, authority)
    if match is None or not _can_be_reached(match):
        return f"must have a host and a port, if it has one, from 1 to {MAX_PORT}, as in {BACKPLANE_EXAMPLES}"
    return None if not database or _is_database(database) else "must end in the number of a database, like /0"


def _options_fault(url: str, query: str) -> str | None:
    options = dict(parse_qsl(query, keep_blank_values=True))
    if unknown := [name for name in options if not BACKPLANE_OPTIONS.fullmatch(name)]:
        return f"must have no other options than db, client_name, and those that begin with ssl_, so not {unknown[0]!r}"
    if not _is_database(options.get("db", "0")):
        return "must have the number of a database, like ?db=0"
    try:
        ConnectionPool.from_url(url).make_connection()  # type: ignore[no-untyped-call]
    except (ValueError, TypeError, RedisError):  # whose words may be those of the URL
        return "must have options that Redis's client takes, such as ?ssl_ca_certs=/etc/ca.pem"
    return None


def _is_database(text: str) -> bool:
    return text.isascii() and text.isdecimal() and int(text) <= MAX_DATABASE
