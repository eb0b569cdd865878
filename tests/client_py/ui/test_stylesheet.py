from __future__ import annotations

import math
import re

import pytest

from tests.fakes.document import INDEX

CSS = (INDEX.parent / "app.css").read_text()

GROUNDS = ("ground", "surface", "raised", "sunken")
SCHEMES = ("light", "dark")
TEXT_ON_GROUND = [
    *(("text", ground) for ground in (*GROUNDS, "own", "found")),
    *(("muted", ground) for ground in (*GROUNDS, "own")),
    *(("accent", ground) for ground in GROUNDS),
    *(("bad", ground) for ground in (*GROUNDS, "bad-soft")),
    ("accent", "own"),
    ("on-accent", "accent"),
    ("on-accent", "accent-hover"),
    ("on-accent-soft", "accent-soft"),
    ("good", "good-soft"),
    ("warn", "warn-soft"),
    ("on-bad", "bad-solid"),
]
HUES = range(1, 9)
"""What people are told apart by, as app.css numbers them."""


def colours(scheme: str) -> dict[str, str]:
    """Return the colours of a scheme by their names."""
    root = CSS[: CSS.index("\n}\n")]
    pairs = re.findall(r"--([a-z-]+): light-dark\((#[0-9a-f]{6}), (#[0-9a-f]{6})\);", root)
    return {name: (light, dark)[SCHEMES.index(scheme)] for name, light, dark in pairs}


def person(role: str, hue: int, scheme: str) -> str:
    """Return a colour of a person, which is given by lightness, chroma and hue (CSS Color 4)."""
    (degrees,) = re.findall(rf'\[data-hue="{hue}"\] \{{ --hue: (\d+); \}}', CSS)
    pairs = re.findall(rf"--person-{role}: light-dark\(oklch\(([\d. ]+)var\(--hue\)\), oklch\(([\d. ]+)var", CSS)
    lightness, chroma = map(float, pairs[0][SCHEMES.index(scheme)].split())
    return from_oklch(lightness, chroma, math.radians(float(degrees)))


def from_oklch(lightness: float, chroma: float, hue: float) -> str:
    """Return the colour of sRGB (Björn Ottosson's Oklab); what is out of its range is cut."""
    a, b = chroma * math.cos(hue), chroma * math.sin(hue)
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    middle = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    linear = (
        4.0767416621 * long - 3.3077115913 * middle + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * middle - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * middle + 1.7076147010 * short,
    )
    bounded = (max(0, min(1, c)) for c in linear)
    gamma = (12.92 * c if c <= 0.0031308 else 1.055 * c ** (1 / 2.4) - 0.055 for c in bounded)
    return "#" + "".join(f"{round(255 * c):02x}" for c in gamma)


def luminance(colour: str) -> float:
    """Return the relative luminance (WCAG 2.2)."""
    channels = (int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours (WCAG 2.2)."""
    darker, lighter = sorted((luminance(one), luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize(("text", "ground"), TEXT_ON_GROUND)
def test_text_stands_out_from_its_ground(scheme: str, text: str, ground: str) -> None:
    """Every text keeps the contrast of WCAG AA, 4.5 to 1, in both schemes."""
    named = colours(scheme)
    assert contrast(named[text], named[ground]) >= 4.5


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("hue", HUES)
def test_people_stand_out_in_every_hue(scheme: str, hue: int) -> None:
    """The initial on its ground, and the name above what somebody says."""
    named = colours(scheme)
    assert contrast(person("text", hue, scheme), person("ground", hue, scheme)) >= 4.5
    assert contrast(person("name", hue, scheme), named["ground"]) >= 4.5


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("ground", GROUNDS)
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
    for inline in ("<script>{{inline before-paint.js}}</script>", "<style>{{inline app.css}}</style>"):
        assert inline in html
        html = html.replace(inline, "")
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)", html)
    assert not re.search(r"https?://", html + CSS)
    assert "url(" not in CSS
