from __future__ import annotations

import json
import struct
import zlib

import pytest

from bundle.icons import PICTURES, STATIC, picture


@pytest.mark.parametrize("name", PICTURES)
def test_picture_is_the_drawing(name: str) -> None:
    """Drawn again, it is the same as the one that is checked in; after a change, `python -m bundle.icons` draws it."""
    drawn = picture(name)
    # How well zlib compresses differs from release to release.
    assert _pixels(drawn) == _pixels((STATIC / "icons" / name).read_bytes())
    assert struct.unpack(">II", drawn[16:24]) == 2 * (PICTURES[name][0],)


def test_manifest_names_pictures_of_their_size() -> None:
    """A browser installs no page whose pictures are not what they are said to be."""
    manifest = json.loads((STATIC / "manifest.webmanifest").read_text("utf-8"))
    for icon in manifest["icons"]:
        name = icon["src"].strip("{}").removeprefix("icons/")
        if name in PICTURES:
            assert icon["sizes"] == "{0}x{0}".format(PICTURES[name][0])
            assert (PICTURES[name][1] == 0) is (icon["purpose"] == "maskable")
    purposes = [(icon["sizes"], icon["purpose"]) for icon in manifest["icons"]]
    assert {("192x192", "any"), ("512x512", "any"), ("512x512", "maskable")} <= set(purposes)


def _pixels(png: bytes) -> bytes:
    length = struct.unpack(">I", png[33:37])[0]
    return png[:33] + zlib.decompress(png[41 : 41 + length])
