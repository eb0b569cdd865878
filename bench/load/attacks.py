"""The attacks, as a table: what its abusers do, how many they are, and from how many addresses they come.

Run as `python -m bench.load.attacks NAME`, with `Orders` as JSON on standard input, it is the process that attacks;
what it did comes out as JSON.
"""

from __future__ import annotations

import json
import os
import resource
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import partial

import uvloop

from bench.load import PASSWORD, acts
from bench.load.abuser import Act, Orders, attack
from bench.load.websocket import CONTINUATION, PING, PONG, TEXT, frame, head
from protocol.requests import MAX_REQUEST_BYTES

NICENESS = 10
"""People share this core. They come first, so that what slows them is the server and not the abusers' own work."""
WORTHLESS = "nobody"
"""As a token."""
ALMOST_BYTES = 2 * MAX_REQUEST_BYTES - 1_000
"""Nearly as much as may wait of one message: with twice the limit, the server closes the connection."""
BEGUN = "begun"
"""What the process says first: it has been loaded."""
HALF_OPEN = 1_200
MIXED, MIXED_ADDRESSES = 1_000, 50
MIXED_SECONDS = 60.0
WRONG_PASSWORD = "wrong password"  # noqa: S105 - it opens nothing


@dataclass(frozen=True)
class Attack:
    """One row of the table."""

    name: str
    sentence: str
    acts: Sequence[Act]
    """What an abuser does; where there are several, each abuser has one of them."""
    abusers: int = 5
    addresses: int = 5
    accounts: int = 5
    is_through_proxy: bool = False
    """Whether they come from an address whose `X-Forwarded-For` is believed."""
    seconds: float | None = None
    """Where it takes another time than the others."""


def _floods() -> list[Attack]:
    """Return those that need no message: frames which pass every limit on messages."""
    kinds = {
        "ping": (frame(PING), b"", "pings"),
        "pong": (frame(PONG), b"", "pongs that nobody has asked for"),
        "continuation": (frame(CONTINUATION, final=False), frame(TEXT, final=False), "empty pieces of one message"),
    }
    floods = []
    for kind, (data, begin, meaning) in kinds.items():
        for who, token, words in (("", None, ""), ("-stranger", WORTHLESS, ", without a login")):
            act = partial(acts.flood, data=data, begin=begin, token=token)
            for sockets in (1, 5):
                name = f"{kind}-flood{who}-{sockets}"
                sentence = (
                    f"{meaning} at full speed over {sockets} WebSocket{'s'[: sockets > 1]}{words}, after a close too"
                )
                floods.append(Attack(name, sentence, [act], abusers=sockets))
    return floods


def _half_open() -> list[Attack]:
    """Return those that begin and do not go on."""
    post = "POST /api/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
    kinds: dict[str, tuple[str, Act]] = {
        "silent": ("that say nothing", acts.keep_silent),
        "half-head": ("with half a head", partial(acts.keep_silent, said=b"GET / HTTP/1.1\r\nHost: x\r\n")),
        "half-body": ("with half a body", partial(acts.keep_silent, said=post.encode())),
        "half-upgrade": (
            "with half the request for a WebSocket",
            partial(acts.keep_silent, said=b"GET /ws HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\n"),
        ),
        "slow-head": ("that say a byte of a head each second", partial(acts.drip, said=acts.get("/healthz"))),
        "byte-more": ("with a byte after the response", acts.say_one_byte_more),
    }
    return [Attack(name, f"1,200 connections {what}", [act], HALF_OPEN) for name, (what, act) in kinds.items()]


SINGLE = (
    *_floods(),
    Attack("probes", "20 who probe as fast as they are let go", [acts.probe], 20),
    Attack("bad-tokens", "20 who shake hands with a token that is none", [acts.shake_hands], 20),
    Attack("many-sockets", "2,000 WebSockets of one account within 2 s", [acts.stay], 2_000, accounts=1),
    Attack(
        "unfinished-frames",
        "500 frames that lack a little, held",
        [partial(acts.hold, data=head(TEXT, 2 * MAX_REQUEST_BYTES) + bytes(ALMOST_BYTES))],
        500,
    ),
    Attack(
        "unfinished-messages",
        "500 messages that lack a piece, held by answering pings",
        [partial(acts.hold, data=frame(TEXT, b" " * ALMOST_BYTES, final=False))],
        500,
    ),
    Attack("slow-readers", "20 who are sent all that they may be and read none of it", [acts.do_not_read], 20),
    Attack(
        "unread-pongs", "100 who ping and read no pong", [partial(acts.flood_unread, data=frame(PING, bytes(125)))], 100
    ),
    Attack(
        "too-many", "5 who send far more messages than they may", [partial(acts.say, data=acts.request(type="ping"))]
    ),
    Attack("malformed", "5 who send what is no message", [partial(acts.say, data=frame(TEXT, b"{"))]),
    Attack(
        "too-big",
        "5 who send messages over the limit",
        [partial(acts.say, data=frame(TEXT, bytes(MAX_REQUEST_BYTES + 1)))],
    ),
    Attack(
        "join-and-drop", "20 connections of one account that join and are dropped", [acts.join_and_drop], 20, accounts=1
    ),
    Attack("logins-1", "120 right logins at once, from one address", [partial(acts.log_in, password=PASSWORD)], 120, 1),
    Attack(
        "logins-3", "360 right logins at once, from three addresses", [partial(acts.log_in, password=PASSWORD)], 360, 3
    ),
    Attack("wrong-logins", "100 who try names that do not exist", [acts.guess], 100),
    Attack("trailers", "20 who forge an address in a trailer, and log in", [acts.forge], 20, 1, is_through_proxy=True),
    *_half_open(),
    Attack("healthz", "5 who ask for /healthz, 50 times in a packet", [partial(acts.ask, path="/healthz")]),
    Attack("not-found", "5 who ask for what is not there, 50 times in a packet", [partial(acts.ask, path="/nothing")]),
    Attack("page", "5 who ask for the page, 50 times in a packet", [partial(acts.ask, path="/")]),
    Attack("unread-pages", "100 who ask for the page and read nothing", [partial(acts.ask_unread, path="/")], 100),
    Attack("long-length", "20 with a Content-Length of 4,300 digits", [acts.claim_much], 20),
)
ATTACKS = (
    *SINGLE,
    Attack(
        "mixed",
        "1,000 abusers of all these kinds",
        [act for attack in SINGLE if not attack.is_through_proxy for act in attack.acts],
        MIXED,
        MIXED_ADDRESSES,
        MIXED_ADDRESSES,
        seconds=MIXED_SECONDS,
    ),
)
BY_NAME = {attack.name: attack for attack in ATTACKS}
ELSEWHERE = BY_NAME["ping-flood-5"]
"""What keeps the core of the abusers busiest; it is played once where it cannot hurt the server."""


def main() -> None:
    """Do as ordered, and tell what was done."""
    chosen, orders = BY_NAME[sys.argv[1]], Orders(**json.load(sys.stdin))
    os.nice(NICENESS)
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    sys.stdout.write(BEGUN + "\n")
    sys.stdout.flush()
    deeds = uvloop.run(attack(chosen.acts, chosen.abusers, orders))
    json.dump(asdict(deeds), sys.stdout)


if __name__ == "__main__":
    main()
