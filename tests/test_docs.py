"""The tables in the documents are those of the code."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any, get_args, get_type_hints

import pytest

from client_py.core import channels, frame_budgets, frames
from client_py.core.conversation import (
    conversation,
    delivery_progress,
    inbox,
    item_limits,
    outbox,
    recipients,
    typing_indicator,
)
from client_py.core.peer import link, liveness, negotiation, penalty
from client_py.core.server import session, sleep_detection
from client_py.drivers import binary_sender
from protocol import events, http, json_text, requests, versions, webrtc
from protocol import fields as kinds
from protocol.codec import wire_name
from protocol.codes import CloseCode, ErrorCode
from signaling import errors
from signaling.accounts.passwords import PATIENCE_SECONDS
from signaling.configuration.settings import Settings
from signaling.errors import Refusal
from signaling.monitoring.metrics import PREFIX
from signaling.process.draining import DRAIN_SECONDS
from signaling.rooms.registry import MAX_DEVICES, MAX_HELD_BYTES, MAX_HELD_BYTES_IN_ALL, MAX_HELD_EVENTS
from signaling.sessions.session import MAX_REFUSED_IN_A_ROW
from signaling.sessions.token_expiry import GRACE_SECONDS, LOOK_SECONDS
from signaling.sockets.keepalive import PING_SECONDS, PONG_SECONDS
from signaling.sockets.websocket_limits import MAX_WAITING_MESSAGES
from tests.project import ROOT
from tests.signaling.exported import exported

PROTOCOL = ROOT / "docs" / "protocol.md"
PEER = ROOT / "docs" / "peer.md"
SECURITY = ROOT / "docs" / "security.md"
DEPLOY = ROOT / "docs" / "deploy"
OBJECTS = (events.Peer, events.Limits, webrtc.Description, webrtc.Candidate, webrtc.IceServer)
KINDS = {str: "text", int: "whole number", float: "number"}

Row = list[str]


def section(document: Path, *titles: str) -> str:
    """Return what stands under a heading, and under a heading inside that, up to the next of the same rank."""
    text = document.read_text(encoding="utf-8")
    for rank, title in enumerate(titles, start=2):
        heading = re.escape(f"{'#' * rank} {title}\n")
        match = re.search(rf"^{heading}(.*?)(?=^#{{2,{rank}}} |\Z)", text, re.DOTALL | re.MULTILINE)
        assert match is not None, f"{document.name} has no section {title!r}"
        text = match[1]
    return text


def table(text: str) -> list[Row]:
    """Return the rows of the first table in a text, without its head."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def titles(document: Path, title: str) -> list[str]:
    """Return the headings inside a section."""
    return re.findall(r"^### (.*)$", section(document, title), re.MULTILINE)


def described(cls: type[Any]) -> list[Row]:
    """Return the fields of a message as a table has them: name on the wire, and type."""
    annotations = cls.__annotations__
    return [[f"`{wire_name(spec)}`", shown(annotations[spec.name])] for spec in fields(cls)]


def shown(annotation: str) -> str:
    """Return a type as a person reads it."""
    if annotation.endswith(" | None"):
        return f"{shown(annotation.removesuffix(' | None'))}, optional"
    if match := re.fullmatch(r"Annotated\[tuple\[(\w+), \.\.\.\], Items\((\d), (\w+)\)\]", annotation):
        return f"list of {match[2]} to {getattr(webrtc, match[3], None) or getattr(events, match[3])} `{match[1]}`"
    if match := re.fullmatch(r"Literal\[(.*)\]", annotation):
        return " or ".join(f"`{choice}`" for choice in match[1].replace("'", '"').split(", "))
    return f"`{annotation}`"


@pytest.mark.parametrize(
    ("title", "types"), [("Requests", requests.REQUESTS.types), ("Events", events.EVENTS.types)], ids=str
)
def test_protocol_lists_every_message(title: str, types: Mapping[str, type[Any]]) -> None:
    """Every message has its section, with the fields that it has and their types."""
    assert titles(PROTOCOL, title) == [f"`{name}`" for name in types]
    for name, cls in types.items():
        rows = table(section(PROTOCOL, title, f"`{name}`"))
        assert [row[:2] for row in rows] == described(cls), name


def test_protocol_lists_every_object() -> None:
    """What stands inside messages has its section too."""
    title = "What messages are made of"
    assert titles(PROTOCOL, title) == [*(f"`{cls.__name__}`" for cls in OBJECTS), "Bounds"]
    for cls in OBJECTS:
        rows = table(section(PROTOCOL, title, f"`{cls.__name__}`"))
        assert [row[:2] for row in rows] == described(cls), cls


def test_protocol_lists_every_bound() -> None:
    """Every text and number has the bounds that the code checks."""
    named = {name: get_args(kind) for name, kind in vars(kinds).items() if get_args(kind)}
    expected = [[f"`{name}`", KINDS[scalar], str(bound)] for name, (scalar, bound) in named.items()]
    assert table(section(PROTOCOL, "What messages are made of", "Bounds")) == expected


def test_protocol_lists_every_error_code() -> None:
    """Every error code is listed."""
    assert [row[0] for row in table(section(PROTOCOL, "Error codes"))] == [f"`{code}`" for code in ErrorCode]


def test_protocol_lists_statuses_of_refusals() -> None:
    """The HTTP statuses of the refusals are those that are listed."""
    listed = {row[0].strip("`"): row[1] for row in table(section(PROTOCOL, "Error codes"))}
    signaling_only = {
        errors.BackplaneUnavailable,
        errors.NotInRoom,
        errors.RoomFull,
        errors.TooManyDevices,
        errors.UnknownPeer,
        errors.WrongRoom,
    }
    refusals = [cls for cls in vars(errors).values() if isinstance(cls, type) and issubclass(cls, Refusal)]
    for refusal in refusals:
        status = "" if refusal in signaling_only else str(refusal.status.value)
        assert status in listed[refusal.code].split(", "), refusal


def test_protocol_lists_every_close_code() -> None:
    """Every close code is listed, with whether it is final."""
    expected = [[str(int(code)), f"`{code.name}`", "yes" if code.is_final else "no"] for code in CloseCode]
    assert [row[:3] for row in table(section(PROTOCOL, "Close codes"))] == expected


def test_protocol_lists_every_version() -> None:
    """Every version is listed, the first one first, with the codes and fields that it adds."""
    listed = table("| version |" + section(PROTOCOL, "How this may grow").partition("| version |")[2])
    assert [row[0] for row in listed] == [f"`{name}`" for _, name in sorted(versions.SUBPROTOCOLS.items())]
    for known, version in versions.SINCE.items():
        name = known[1] if isinstance(known, tuple) else known
        assert f"`{name}`" in listed[version - versions.FIRST][1]


def test_protocol_lists_every_address() -> None:
    """Every address that both ends know is listed."""
    listed = {row[0].strip("`").partition(" ")[2].replace("<room>", "") for row in table(section(PROTOCOL, "HTTP"))}
    assert listed == {value for name, value in vars(http).items() if name.endswith(("_PATH", "_PATH_PREFIX"))}


@pytest.mark.parametrize(
    ("title", "phrase"),
    [
        ("Connecting", f"at most {requests.MAX_REQUEST_BYTES} bytes"),
        ("Connecting", f"more than {json_text.MAX_DEPTH} levels deep or more than {json_text.MAX_CONTAINERS} in all"),
        ("Getting lost, and resuming", f"up to {MAX_HELD_EVENTS} events"),
        ("Getting lost, and resuming", f"within {session.PING_SECONDS:g} seconds"),
        ("Connecting", f"pings every {PING_SECONDS:g} seconds, and gives up"),
        ("Connecting", f"does not answer within {PONG_SECONDS:g} more"),
        ("The token of a connection", f"{GRACE_SECONDS} seconds after the last token that was shown"),
        ("The token of a connection", f"{LOOK_SECONDS:g} more at most"),
        ("Getting lost, and resuming", f"{MAX_HELD_BYTES // 1024} KiB of descriptions"),
        ("Getting lost, and resuming", f"up to {MAX_HELD_BYTES_IN_ALL // 2**20} MiB for all peers"),
        ("Getting lost, and resuming", f"within {DRAIN_SECONDS:g} seconds"),
        ("A session", f"{MAX_DEVICES} of one person at most"),
        ("Limits", f"After {MAX_REFUSED_IN_A_ROW} of those"),
        ("Limits", f"Up to {MAX_WAITING_MESSAGES} events"),
        ("HTTP", f"at most {http.MAX_BODY_BYTES} bytes"),
        ("HTTP", f"a list of up to {http.MAX_DEVICE_MARKS}"),
        ("HTTP", f"text of {http.DEVICE_MARK};"),
        ("HTTP", f"more than {PATIENCE_SECONDS:g} seconds"),
    ],
)
def test_protocol_states_bounds(title: str, phrase: str) -> None:
    """The numbers in the prose are those of the code."""
    assert phrase in " ".join(section(PROTOCOL, title).split())


def test_deploy_lists_every_setting() -> None:
    """Every setting is listed with its variable, its default and its meaning."""
    specs = [spec.metadata for spec in fields(Settings)]
    expected = [
        [f"`{spec['variable']}`", f"`{spec['default']}`" if spec["default"] else "", spec["meaning"]] for spec in specs
    ]
    assert table((DEPLOY / "settings.md").read_text(encoding="utf-8")) == expected


POWERS = {2**52: "2^52", 2**53: "2^53"}


def bounded(cls: type[Any]) -> list[Row]:
    """Return the fields of a frame as a table has them: name on the wire, kind and bounds."""
    rows = []
    for name, hint in get_type_hints(cls, include_extras=True).items():
        scalar, bound = get_args(hint)
        if bound is type(None):
            rows.append([f"`{name}`", shown(cls.__annotations__[name]), "as in `protocol.md`"])
        elif isinstance(bound, kinds.Range):
            least, most = (POWERS.get(int(number), f"{number:.0f}") for number in (bound.least, bound.most))
            rows.append([f"`{name}`", KINDS[scalar], f"{least} to {most}"])
        elif isinstance(bound, kinds.Items):
            kind, each = get_args(get_args(scalar)[0])
            rows.append([f"`{name}`", f"list of {KINDS[kind]}", f"{bound.least} to {bound.most}, each {each}"])
        else:
            rows.append([f"`{name}`", KINDS[scalar], str(bound)])
    return rows


def test_peer_lists_every_frame() -> None:
    """Every frame has its section, with its fields and their bounds."""
    assert titles(PEER, "Frames") == [f"`{name}`" for name in frames.FRAMES.types]
    for name, cls in frames.FRAMES.types.items():
        assert [row[:3] for row in table(section(PEER, "Frames", f"`{name}`"))] == bounded(cls), name


def test_peer_lists_every_limit() -> None:
    """The limits are those of the code."""
    expected = [
        f"{frames.MAX_FRAME_BYTES} bytes",
        f"{frames.MAX_ITEM_BYTES} bytes",
        f"{frames.WINDOW_BYTES} bytes, or one message",
        str(frames.WINDOW_MESSAGES),
        f"{item_limits.MAX_PENDING_ITEMS} messages, {item_limits.MAX_PENDING_BYTES} bytes",
        f"{delivery_progress.MAX_FOLLOWED} messages, {outbox.MAX_UNREAD} of one device",
        str(conversation.MAX_RECENT_IDS),
        str(recipients.MAX_DEVICES),
        str(negotiation.MAX_HELD),
        str(negotiation.MAX_CANDIDATES),
        str(link.MAX_DESCRIPTIONS),
        f"{frames.MAX_SIGNAL_SDP_BYTES} bytes of SDP",
    ]
    assert [row[1] for row in table(section(PEER, "Limits"))] == expected


def test_peer_lists_every_budget() -> None:
    """What is received of each kind is that of the code."""
    expected = [
        [
            ", ".join(f"`{kind}`" for kind in kinds.split(" ")),
            str(budget.frames),
            str(budget.characters),
            f"{budget.per_second} a second" if budget.per_second else "as they are read",
        ]
        for kinds, budget in frame_budgets.BUDGETS.items()
    ]
    assert table(section(PEER, "What is received")) == expected


def test_peer_states_how_long_a_peer_is_kept_away() -> None:
    """The pauses and their end are those of the code."""
    text = " ".join(section(PEER, "Who breaks the rules").split())
    assert f"from {penalty.FIRST_SECONDS:g} to {penalty.CAP_SECONDS:g} seconds" in text
    assert penalty.FORGIVEN_AFTER_TICKS * sleep_detection.TICK_SECONDS == 5 * 60
    limits = section(PEER, "Limits")
    assert f"sent {inbox.MAX_UNSTORED} more than are stored" in limits
    assert f"descriptions of one peer in {sleep_detection.TICK_SECONDS:g} seconds" in limits


def test_peer_lists_the_channels() -> None:
    """The table is the code's."""
    expected = [
        [
            f"`{channel.label}`",
            str(channel.id),
            channel.kind.name.lower(),
            "yes" if channel.ordered else "no",
            f"`{channel.feature}`" if channel.feature else "none",
        ]
        for channel in channels.CHANNELS
    ]
    assert table(section(PEER, "The channels")) == expected


@pytest.mark.parametrize(
    ("title", "phrase"),
    [
        ("The channels", f"at {binary_sender.HIGH_WATER_BYTES} bytes in its buffer"),
        ("The channels", f"no more than {binary_sender.LOW_WATER_BYTES} are left"),
        ("The channels", f"at most {channels.BINARY_WINDOW_BYTES} bytes under way"),
        ("The channels", f"in at most {channels.BINARY_BUDGETS[channels.BINARY].frames} frames"),
        ("The channels", f"at most {frames.MAX_FRAME_BYTES} bytes"),
        ("The channels", f"at most {json_text.MAX_DEPTH} levels deep, {json_text.MAX_CONTAINERS} in all"),
        ("Frames", f"every {typing_indicator.TYPING_SENT_EVERY_SECONDS:g} seconds"),
        ("Frames", f"shown for {typing_indicator.TYPING_SHOWN_SECONDS:g}"),
        ("Negotiation", f"for {link.OFFER_EXPECTED_SECONDS:g} seconds, then offers"),
        ("Negotiation", f"`disconnected` for {link.DISCONNECTED_SECONDS:g} seconds"),
        ("Negotiation", f"after {link.POLITE_DELAY_SECONDS:g} seconds without an offer"),
        ("Negotiation", f"within {link.RESTART_SECONDS:g} seconds"),
        ("Negotiation", f"from {link.BACKOFF_SECONDS:g} to {link.BACKOFF_CAP_SECONDS:g} seconds"),
        ("Liveness", f"{liveness.EXPECTING_SECONDS:g} second without a frame"),
        ("Liveness", f"within {liveness.ASKING_SECONDS:g} seconds"),
    ],
)
def test_peer_states_bounds(title: str, phrase: str) -> None:
    """The numbers in the prose are those of the code."""
    assert phrase in " ".join(section(PEER, title).split())


def test_deploy_lists_every_metric() -> None:
    """Every metric of ours is listed, with its labels besides the worker."""
    expected = {}
    for metric in exported():
        if metric.name.startswith(PREFIX):
            name = f"`{metric.name}_total`" if metric.type == "counter" else f"`{metric.name}`"
            labels = [label for label in metric.samples[0].labels if label not in {"worker", "le"}]
            expected[name] = ", ".join(f"`{label}`" for label in labels)
    assert {row[0]: row[1] for row in table(section(DEPLOY / "monitoring.md", "Metrics"))} == expected


PLACE = re.compile(r"`((?:[\w-]+/)+[\w-]+\.py)(?:::(test_\w+))?`")
"""A module of ours, or a test in one, as the documents name them."""


def test_threat_model_names_what_is_there() -> None:
    """Each line of the threat model is held by a module, and shown by a test, that exist."""
    text = SECURITY.read_text(encoding="utf-8")
    model = text[text.index("## Threat model") : text.index("## Accounts")]
    rows = [line for line in model.splitlines() if line.startswith("| ") and not line.startswith(("| cannot", "| ---"))]
    assert rows
    for row in rows:
        *_, shown_by = places = PLACE.findall(row)
        assert shown_by[1], f"no test in: {row}"
        for path, test in places:
            content = (ROOT / path).read_text(encoding="utf-8")
            assert re.search(rf"^ *(async )?def {test}\(", content, re.MULTILINE) or not test, f"{path} has no {test}"
