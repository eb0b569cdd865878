"""The record of the browsers, and the words of what is missing; finding them is what `make browsers` proves."""

from pathlib import Path

import pytest

from e2e.provision import KINDS, Browser, BrowsersMissing, load, save, starts


def test_load_returns_what_was_saved(tmp_path: Path) -> None:
    """The fixtures launch what provisioning found."""
    browsers = {kind: Browser(Path("/somewhere") / kind, "system") for kind in KINDS}
    save(browsers, tmp_path / "build" / "browsers.json")
    assert load(tmp_path / "build" / "browsers.json") == browsers


def test_load_asks_for_provisioning(tmp_path: Path) -> None:
    """Without a record the tests fail with what to do; none is skipped."""
    with pytest.raises(BrowsersMissing, match="make browsers"):
        load(tmp_path / "browsers.json")


def test_missing_browsers_are_named_with_their_packages() -> None:
    """A person reads what to install."""
    sentence = str(BrowsersMissing(["firefox", "webkit"]))
    assert "firefox and webkit" in sentence
    assert "firefox-esr webkit2gtk-driver xvfb" in sentence
    assert "chromium" not in sentence


@pytest.mark.parametrize(("script", "expected"), [("exit 0", True), ("exit 1", False)])
def test_program_that_does_not_start_is_no_browser(tmp_path: Path, script: str, *, expected: bool) -> None:
    """A script that only says where to get the browser is not taken for it."""
    program = tmp_path / "chromium-browser"
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(0o755)
    assert starts("chromium", program) is expected
