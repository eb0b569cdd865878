"""Reads the texts that settings are written in; each reader gives a value, or a ValueError saying what it takes."""

from __future__ import annotations

import ipaddress
import itertools
import re
import string
from collections.abc import Callable
from pathlib import Path

import platformdirs
from limits import RateLimitItem, parse_many

from signaling.base_paths import normal_base_path
from signaling.host_names import ANY, normal_host
from signaling.origins import normal_origin

APP_NAME = "p2p-chat"
NO_HOME = Path("~", APP_NAME)
"""Stands for the folder of a user who has no home: it is no failure until somebody wants to use it."""
MIN_SECRET_BYTES = 32
"""RFC 7518 §3.2: a key for HS256 is at least as long as its hash."""
MAX_OTHER_SECRETS = 4
"""A token may be tried by each of them."""
MIN_TURN_SECRET_BYTES = 16
"""It has to be what the TURN server has. Everyone with an account can try guesses at it, on a machine of their own."""
MIN_DIFFERENT_BYTES = 6
"""Sixteen random hexadecimal digits have fewer once in 30,000 times, and thirty-two once in 10^12 times."""
PLACEHOLDERS = ("changeme", "changethis", "replaceme", "replacethis", "yoursecret", "thesecret", "examplesecret")
"""What examples say where a secret belongs, without case, spaces and punctuation."""
LETTERS_AND_DIGITS = frozenset((string.ascii_lowercase + string.digits).encode())
GOOD_SECRET = "`openssl rand -base64 48` makes a good one"  # noqa: S105 - how to make one
NOTHING = "none"
CONTACT = re.compile(r"mailto:[!-~]+@[!-~]+|https://[!-~]+|tel:\+?[0-9().-]+")
"""Without a space or a line break, with which another line would begin."""
MAX_LIMIT, MAX_WINDOW_SECONDS = 1_000_000, 366 * 86_400
"""What is counted has to be kept that long; Redis refuses what is out of all proportion."""


def read_text(text: str) -> str:
    """Take anything."""
    return text


def read_host(text: str) -> str:
    """Take an address, or what could be looked up as a name (RFC 5890)."""
    try:
        text.encode("idna")
    except UnicodeError:
        raise ValueError(f"must be an address like 127.0.0.1 or ::1, or a name, not {text!r}") from None
    return text


def read_list(text: str) -> tuple[str, ...]:
    """Take items with commas between them."""
    return tuple(item.strip() for item in text.split(",") if item.strip())


def read_folder(text: str) -> Path:
    """Take a path; nothing stands for this program's folder among the user's data, or NO_HOME if there is no such."""
    try:
        path = Path(text).expanduser() if text else platformdirs.user_data_path(APP_NAME)
    except RuntimeError:
        if text:
            raise ValueError(f"must be a folder, and the home that {text!r} begins with is not known here") from None
        return NO_HOME
    # Some releases of platformdirs leave the `~` of a home that is not known.
    return path if text or path.is_absolute() else NO_HOME


def read_file(text: str) -> Path | None:
    """Take the path of a file, or nothing."""
    return Path(text) if text else None


def read_secret(text: str) -> str:
    """Take nothing, or a text that is fit to sign with."""
    return _read_secret(text, MIN_SECRET_BYTES)


def read_secrets(text: str) -> tuple[str, ...]:
    """Take secrets with commas between them, none of which has one in it."""
    secrets = tuple(read_secret(item) for item in read_list(text))
    if len(secrets) > MAX_OTHER_SECRETS:
        raise ValueError(f"must hold {MAX_OTHER_SECRETS} secrets at most")
    return secrets


def read_turn_secret(text: str) -> str:
    """Take nothing, or a text that TURN credentials may be made with."""
    return _read_secret(text, MIN_TURN_SECRET_BYTES)


def secret_fault(secret: bytes, least: int = MIN_SECRET_BYTES) -> str | None:
    """Tell what a secret must be and is not; None if nothing shows that it could be guessed."""
    if len(secret) < least:
        return f"must have at least {least} bytes"
    if len(set(secret)) < MIN_DIFFERENT_BYTES:
        return f"must have at least {MIN_DIFFERENT_BYTES} different characters"
    if any(secret[period:] == secret[:-period] for period in range(1, len(secret) // 2 + 1)):
        return "must not be one text over and over"
    steps = [abs(after - before) for before, after in itertools.pairwise(secret)]
    if 4 * sum(step <= 1 for step in steps) >= 3 * len(steps):
        return "must not follow the alphabet or count up"
    letters = bytes(byte for byte in secret.lower() if byte in LETTERS_AND_DIGITS).decode()
    if any(placeholder in letters for placeholder in PLACEHOLDERS):
        return "must not be the placeholder of an example"
    return None


def _read_secret(text: str, least: int) -> str:
    if text != text.strip():
        # Nobody sees it, and where the same secret is written down elsewhere, or sent in a header, it is gone.
        raise ValueError("must not begin or end with a space")
    if text and (fault := secret_fault(text.encode(errors="surrogateescape"), least)):
        # The secret itself is not in the sentence, since it could be one with a mistake.
        raise ValueError(f"{fault}; {GOOD_SECRET}")
    return text


def read_limit(text: str) -> RateLimitItem:
    """Take a limit in the notation of the `limits` package, such as `10/minute` or `200/10 seconds`."""
    try:
        items = parse_many(text)
    except ValueError:
        items = []
    if len(items) != 1 or items[0].amount < 1:
        raise ValueError(f"must be one limit like 10/minute or 200/10 seconds, not {text!r}")
    if items[0].amount > MAX_LIMIT or items[0].get_expiry() > MAX_WINDOW_SECONDS:
        raise ValueError(f"must be a limit of at most {MAX_LIMIT} in at most a year, not {text!r}")
    return items[0]


def read_origins(text: str) -> tuple[str, ...]:
    """Take web origins with commas between them."""
    origins = [(item, normal_origin(item)) for item in read_list(text)]
    for item, origin in origins:
        if origin is None:
            shown = "" if "@" in item else f", not {item!r}"  # a password may be before it
            raise ValueError(f"must hold origins like https://example.org, without a path or a user{shown}")
    return tuple(origin for _, origin in origins if origin is not None)


def read_contacts(text: str) -> tuple[str, ...]:
    """Take contacts (RFC 9116 §2.5.3) with commas between them."""
    contacts = read_list(text)
    for contact in contacts:
        if CONTACT.fullmatch(contact) is None:
            reason = (
                "must hold addresses like mailto:security@example.org, https://example.org/report or tel:+1-201-555"
            )
            raise ValueError(f"{reason}, not {contact!r}")
    return contacts


def read_base_path(text: str) -> str:
    """Take a path of plain characters, with or without slashes at its ends."""
    path = normal_base_path(text)
    if path is None:
        raise ValueError(f"must be a path of letters, digits, “-”, “_”, “~” and “.”, like /p2p-chat/, not {text!r}")
    return path


def read_hosts(text: str) -> tuple[str, ...]:
    """Take names of hosts with commas between them, `*.` before those that stand for all below them, or `any`."""
    hosts = [(item, normal_host(item)) for item in read_list(text)]
    for item, host in hosts:
        if host is None:
            reason = (
                f"must hold names like chat.example.org or *.example.org, without a port, or be {ANY}, not {item!r}"
            )
            raise ValueError(reason)
    return tuple(host for _, host in hosts if host is not None)


def read_networks(text: str) -> tuple[str, ...]:
    """Take IP addresses and networks with commas between them, or `none`."""
    networks = () if text == NOTHING else read_list(text)
    for item in networks:
        try:
            ipaddress.ip_network(item)
        except ValueError:
            reason = f"must hold IP addresses or networks like 10.0.0.0/8, or be {NOTHING}, not {item!r}"
            raise ValueError(reason) from None
    return networks


def whole_number(least: int, most: int) -> Callable[[str], int]:
    """Make a reader of whole numbers in a range."""

    def read(text: str) -> int:
        if not (text.isascii() and text.isdecimal()) or not least <= int(text) <= most:
            raise ValueError(f"must be a whole number from {least} to {most}, not {text!r}")
        return int(text)

    return read


def choice(*choices: str) -> Callable[[str], str]:
    """Make a reader of a few words."""

    def read(text: str) -> str:
        if text not in choices:
            raise ValueError(f"must be one of {', '.join(choices)}, not {text!r}")
        return text

    return read
