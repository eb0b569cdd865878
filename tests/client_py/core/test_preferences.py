from __future__ import annotations

import json

import pytest

from client_py.core.conversation.sharing import Sharing
from client_py.core.frames import Profile
from client_py.core.preferences import (
    MAX_PREFERENCES_CHARACTERS,
    Preferences,
    TextSize,
    Theme,
    format_appearance,
    format_preferences,
    parse_preferences,
)

CHOSEN = Preferences(
    Theme.DARK,
    TextSize.LARGER,
    notifications=False,
    sound=False,
    read_receipts=False,
    typing=False,
    display_name="Ann Marie",
    avatar_hue=8,
)


def test_preferences_are_read_as_they_were_written() -> None:
    """Nothing of them is lost on the way."""
    assert parse_preferences(format_preferences(CHOSEN)) == CHOSEN
    assert parse_preferences(format_preferences(Preferences())) == Preferences()


def test_others_are_told_what_is_chosen() -> None:
    """The account's name alone, and everything else, where nothing is."""
    assert Preferences().sharing == Sharing()
    assert CHOSEN.sharing == Sharing(read_receipts=False, typing=False, profile=Profile("Ann Marie", 8))


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "no JSON",
        "[]",
        "null",
        '{"theme": "pink"}',
        f'{{"theme": "dark", "x": "{"x" * MAX_PREFERENCES_CHARACTERS}"}}',
    ],
)
def test_preferences_that_are_none_read_as_nothing_chosen(text: str | None) -> None:
    """What is not there, is not ours, or is far too long."""
    assert parse_preferences(text) == Preferences()


@pytest.mark.parametrize(
    "spoilt",
    [
        {"theme": 7},
        {"text_size": "huge"},
        {"text_size": None},
        {"notifications": "yes"},
        {"sound": 1},
        {"read_receipts": None},
        {"typing": []},
        {"display_name": 7},
        {"avatar_hue": 9},
        {"avatar_hue": -1},
        {"avatar_hue": True},
        {"avatar_hue": 1.5},
    ],
)
def test_spoilt_preference_takes_no_others_along(spoilt: dict[str, object]) -> None:
    """Each is read by itself, and so is what a newer page has added."""
    kept = json.dumps(json.loads(format_preferences(CHOSEN)) | spoilt | {"of_tomorrow": 1})
    [name] = spoilt
    read = parse_preferences(kept)
    assert getattr(read, name) == getattr(Preferences(), name)
    assert format_preferences(read) == json.dumps(
        json.loads(format_preferences(CHOSEN)) | {name: getattr(Preferences(), name)}, ensure_ascii=False
    )


def test_display_name_is_cleaned_when_it_is_read() -> None:
    """Another program may have written it."""
    assert parse_preferences('{"display_name": "  Ann\\u202e "}').display_name == "Ann"


def test_appearance_is_what_shows_before_python() -> None:
    """Two words, which a few lines of JavaScript read."""
    assert format_appearance(CHOSEN) == "dark larger"
    assert format_appearance(Preferences()) == "system normal"
