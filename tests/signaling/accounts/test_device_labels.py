from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from protocol.http import LISTED_LOGINS, ListedLogin, ListedLogins
from signaling.accounts.device_labels import MAX_LABEL_CHARACTERS, device_label

LINUX = "Mozilla/5.0 (X11; Linux x86_64"
WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("user_agent", "label"),
    [
        (f"{LINUX}; rv:153.0) Gecko/20100101 Firefox/153.0", "Firefox on Linux"),
        (f"{LINUX}) {WEBKIT} Chrome/156.0.0.0 Safari/537.36", "Chrome on Linux"),
        (f"Mozilla/5.0 (Windows NT 10.0; Win64) {WEBKIT} Chrome/156.0 Safari/537.36 Edg/156.0", "Edge on Windows"),
        (f"Mozilla/5.0 (Linux; Android 10; K) {WEBKIT} Chrome/156.0 Mobile Safari/537.36", "Chrome on Android"),
        (f"Mozilla/5.0 (Linux; Android 10; K) {WEBKIT} SamsungBrowser/29 Chrome/156.0", "Samsung Internet on Android"),
        (f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {WEBKIT} Version/26.0 Safari/605.1.15", "Safari on macOS"),
        (f"Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) {WEBKIT} CriOS/156.0 Safari/604", "Chrome on iPhone"),
        (f"Mozilla/5.0 (iPad; CPU OS 26_0 like Mac OS X) {WEBKIT} Version/26.0 Safari/604.1", "Safari on iPad"),
        (f"Mozilla/5.0 (X11; CrOS x86_64 16181.61.0) {WEBKIT} Chrome/156.0 Safari/537.36", "Chrome on ChromeOS"),
        (f"{LINUX}) Gecko", "Linux"),
        ("python-httpx/0.28.1", "python-httpx"),
        ("curl/8.14.1", "curl"),
        ("", ""),
        ("/", ""),
        ("\u202e<b>", ""),
    ],
)
def test_device_is_called_by_a_few_words(user_agent: str, label: str) -> None:
    """Browser and system, or the name of a program: what a person knows it by, and no version."""
    assert device_label(user_agent) == label


@given(st.text(max_size=600))
def test_any_user_agent_makes_a_label_that_can_be_listed(user_agent: str) -> None:
    """Whatever somebody writes there, its label is short and of letters that cannot disturb a line."""
    label = device_label(user_agent)
    assert len(label) <= MAX_LABEL_CHARACTERS
    assert label.isascii()
    listed = ListedLogins((ListedLogin("0" * 32, label, 1, 1, is_current=False),))
    assert LISTED_LOGINS.decode(LISTED_LOGINS.encode(listed)) == listed


def test_long_user_agent_takes_no_time() -> None:
    """What is made to have a pattern look ahead again and again is not read to its end."""
    assert device_label("Version/" * 200_000) == "Version"
