from __future__ import annotations

import re

import pytest

from tests.fakes.document import INDEX

CSS = (INDEX.parent / "app.css").read_text()

TEXT_ON_GROUND = [
    ("text", "ground"),
    ("text", "surface"),
    ("text", "sunken"),
    ("text", "own"),
    ("muted", "ground"),
    ("muted", "surface"),
    ("muted", "own"),
    ("on-accent", "accent"),
    ("on-accent", "accent-hover"),
    ("link", "surface"),
    ("link", "own"),
    ("read", "own"),
    ("good", "good-ground"),
    ("busy", "busy-ground"),
    ("bad", "bad-ground"),
    ("bad", "surface"),
    ("bad", "ground"),
    ("calm", "calm-ground"),
]


def colours(scheme: str) -> dict[str, str]:
    """Return the colours of a scheme by their names."""
    light, dark = (block for block in re.findall(r":root \{(.*?)\}", CSS, re.DOTALL) if "--ground:" in block)
    named = dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", light))
    return named | dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", dark)) if scheme == "dark" else named


def luminance(colour: str) -> float:
    """Return the relative luminance (WCAG 2.2)."""
    channels = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours (WCAG 2.2)."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), TEXT_ON_GROUND)
def test_text_stands_out_from_its_ground(scheme: str, text: str, ground: str) -> None:
    """Every text keeps the contrast of WCAG AA, 4.5 to 1, in both schemes."""
    named = colours(scheme)
    assert contrast(named[text], named[ground]) >= 4.5


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("ground", ["surface", "ground"])
def test_fields_and_focus_stand_out_from_their_ground(scheme: str, ground: str) -> None:
    """Outlines that tell where to type keep 3 to 1."""
    named = colours(scheme)
    assert contrast(named["field-line"], named[ground]) >= 3
    assert contrast(named["accent"], named[ground]) >= 3


def test_page_names_no_colour_that_the_stylesheet_does_not() -> None:
    """The browser's own bars take the page's ground."""
    bars = re.findall(r'name="theme-color"[^>]*content="(#[0-9a-f]{6})"', INDEX.read_text())
    assert bars == [colours("light")["ground"], colours("dark")["ground"]]


def test_page_has_nothing_that_the_content_security_policy_forbids() -> None:
    """No inline script, style or handler but the two whose checksums it names, and nothing from another site."""
    html = INDEX.read_text()
    for inline in ("<script>{{inline hide-sign-in.js}}</script>", "<style>{{inline app.css}}</style>"):
        assert inline in html
        html = html.replace(inline, "")
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)", html)
    assert not re.search(r"https?://", html + CSS)
    assert "url(" not in CSS
