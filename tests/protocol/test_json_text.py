from __future__ import annotations

import contextlib
import json
import time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.errors import MalformedMessage
from protocol.json_text import MAX_CONTAINERS, MAX_DEPTH, MAX_KEYS, parse_json, parse_json_or_none
from tests.protocol.strategies import JSON_VALUES

PIECES = st.lists(st.sampled_from([*'[]{}"\\,:1a ', '\\"', "\\\\", '"a":']), max_size=120).map("".join)


def fault_of(text: str) -> str:
    """Return the reason for which a text is refused."""
    with pytest.raises(MalformedMessage) as caught:
        parse_json(text)
    return caught.value.reason


def nested(depth: int, opening: str = "[", inside: str = "", closing: str = "]") -> str:
    """Return arrays or objects in one another."""
    return opening * depth + inside + closing * depth


def depth_of(value: Any) -> int:
    """Count the levels of a value."""
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inside is None else 1 + max(map(depth_of, inside), default=0)


@given(JSON_VALUES)
def test_parser_gives_what_was_written(value: Any) -> None:
    """What is JSON, and not too deep, is read as by the standard library."""
    text = json.dumps(value)
    if "NaN" not in text and "Infinity" not in text:
        assert parse_json(text) == json.loads(text)


@pytest.mark.parametrize(("opening", "inside", "closing"), [("[", "", "]"), ('{"a":', "1", "}"), ('[{"a":', "1", "}]")])
def test_parser_bounds_depth(opening: str, inside: str, closing: str) -> None:
    """The deepest that is taken is taken, and one level more is not, in arrays and objects alike."""
    levels = MAX_DEPTH // len(closing)
    assert depth_of(parse_json(nested(levels, opening, inside, closing))) == MAX_DEPTH
    assert fault_of(nested(levels + 1, opening, inside, closing)) == f"it is nested deeper than {MAX_DEPTH} levels"


@pytest.mark.parametrize("text", ["[" * 16_384, '{"":' * 4_096, nested(8_192), '{"type":' + nested(8_000) + "}"])
def test_parser_looks_at_depth_first(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is too deep is never handed to a parser that recurses, closed or not."""
    monkeypatch.setattr(json.JSONDecoder, "decode", None)
    assert "nested deeper" in fault_of(text)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 1_000,
        '\\"' + "[" * 1_000,
        "\\" * 3 + '"' + "{" * 1_000,
        '"' * 99 + "\\",
        "\ud800[" * 99,
        "]" * 99 + "[" * 99,
    ],
)
def test_parser_passes_over_brackets_in_texts(text: str) -> None:
    """A text may have any number of brackets, whatever is escaped before them."""
    assert parse_json(json.dumps([{"text": text}])) == [{"text": text}]


def test_parser_bounds_how_many_there_are() -> None:
    """Many beside one another are not deep, and are taken up to their own bound, which may be asked for otherwise."""
    text = "[" + "{}," * (MAX_CONTAINERS - 1) + "1]"
    assert parse_json(text) == [{}] * (MAX_CONTAINERS - 1) + [1]
    more = text.replace("1]", "[]]")
    assert fault_of(more) == f"it has more than {MAX_CONTAINERS} arrays and objects"
    assert parse_json(more, max_containers=MAX_CONTAINERS + 1) == [{}] * (MAX_CONTAINERS - 1) + [[]]


@pytest.mark.parametrize("before", ["[],", "{},", '"[",'])
def test_parser_hides_no_depth_behind_what_is_wide(before: str) -> None:
    """However much stands before it, what is deep is never parsed."""
    text = "[" + before * MAX_CONTAINERS * 2 + "[" * 9_000
    assert "more than" in fault_of(text) or "deeper" in fault_of(text)


@given(PIECES)
def test_parser_tells_json_from_what_is_none(text: str) -> None:
    """However brackets, quotes and escapes are mixed, what the standard library refuses is malformed, and no other."""
    try:
        expected = json.loads(text)
    except ValueError:
        fault_of(text)
        return
    with contextlib.suppress(MalformedMessage):  # a key that stands twice
        assert parse_json(text) == expected


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", "not JSON"),
        ("[1", "not JSON"),
        ("[1]x", "not JSON"),
        ("1" * 5_000, "not JSON"),
        ('{"a":1,"a":1}', "stands twice"),
        ('[{"b":{"a":1,"a":1}}]', "stands twice"),
        ("NaN", "NaN is not JSON"),
        ("[-Infinity]", "-Infinity is not JSON"),
        ("{" + ",".join(f'"{number}":1' for number in range(MAX_KEYS + 1)) + "}", f"more than {MAX_KEYS} keys"),
    ],
    ids=lambda text: text[:20],
)
def test_parser_refuses_what_is_no_json(text: str, fault: str) -> None:
    """Each is refused with its reason, and by one error."""
    assert fault in fault_of(text)


@pytest.mark.parametrize(
    "text",
    [
        "[" * 16_384,
        '"' + '\\"' * 8_000 + "[" * 300,
        "[" * 40 + '"\\"' * 5_000,
        "\\" * 8_000 + "[" * 8_000,
        "[]," * 5_000,
        "[" * 33 + "1" * 16_000,
    ],
    ids=["open", "escapes", "quotes", "backslashes", "pairs", "digits"],
)
def test_parser_takes_no_time_over_what_is_hostile(text: str) -> None:
    """The work grows with the length of a text, and never with its square: ten frames' worth in far under a second."""
    start = time.process_time()
    for _ in range(10):
        with pytest.raises(MalformedMessage):
            parse_json(text)
    assert time.process_time() - start < 1


@pytest.mark.parametrize(("text", "value"), [('{"a":[1]}', {"a": [1]}), ("null", None), ("[1", None), ("[" * 99, None)])
def test_parser_gives_none_for_what_it_refuses(text: str, value: object) -> None:
    """A caller that takes `null` for nothing as well need not catch anything."""
    assert parse_json_or_none(text) == value
