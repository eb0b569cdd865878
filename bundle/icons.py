"""Draws the pictures of an installed application from static/icon-maskable.svg: `python -m bundle.icons`.

Systems that install web pages want PNG. The pictures are checked in; a test draws them again. What the drawing is made
of is all that is known here: rectangles, and paths of straight lines along the axes and of circles' arcs.
"""

from __future__ import annotations

import math
import re
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

STATIC = Path(__file__).parents[1] / "static"
DRAWING = STATIC / "icon-maskable.svg"
"""Its ground goes to the edges, of which systems cut as much as they like (Web App Manifest, "maskable")."""
FIELD = 512.0
ROUNDING = 112.0
"""Of the corners of the pictures that nobody cuts."""
PICTURES = {
    "icon-192.png": (192, ROUNDING),
    "icon-512.png": (512, ROUNDING),
    "maskable-192.png": (192, 0.0),
    "maskable-512.png": (512, 0.0),
    # What iOS takes for its home screen, and rounds by itself.
    "touch-180.png": (180, 0.0),
}
"""By name: their size, and how round their corners are."""
SAMPLES = 4
"""In each direction of a pixel."""
ARC_STEPS = 24
SVG = "{http://www.w3.org/2000/svg}"

Point = tuple[float, float]
Colour = tuple[int, int, int]
Shape = tuple[list[Point], Colour]


def main() -> None:
    """Draw all of them."""
    folder = STATIC / "icons"
    folder.mkdir(exist_ok=True)
    for name in PICTURES:
        (folder / name).write_bytes(picture(name))


def picture(name: str) -> bytes:
    """Return one of them as PNG."""
    size, rounding = PICTURES[name]
    root = ET.fromstring(DRAWING.read_text(encoding="utf-8"))  # noqa: S314 - it is ours
    return _png(size, _painted(size, list(_shapes(root, rounding))))


def _shapes(root: ET.Element, rounding: float) -> Iterator[Shape]:
    ground, group = root
    yield _rectangle(0, 0, FIELD, FIELD, rounding), _colour(ground)
    dx, dy, scale = map(float, re.findall(r"[\d.]+", group.attrib["transform"]))
    for element in group:
        given = element.attrib
        if element.tag == f"{SVG}path":
            points = _path(given["d"])
        else:
            points = _rectangle(*(float(given[name]) for name in ("x", "y", "width", "height", "rx")))
        yield [(x * scale + dx, y * scale + dy) for x, y in points], _colour(element)


def _colour(element: ET.Element) -> Colour:
    red, green, blue = bytes.fromhex(element.attrib["fill"].removeprefix("#"))
    return red, green, blue


def _rectangle(x: float, y: float, width: float, height: float, rx: float) -> list[Point]:
    right, bottom, arc = x + width, y + height, f"A{rx} {rx} 0 0 1"
    return _path(
        f"M{x + rx} {y}H{right - rx}{arc} {right} {y + rx}V{bottom - rx}{arc} {right - rx} {bottom}"
        f"H{x + rx}{arc} {x} {bottom - rx}V{y + rx}{arc} {x + rx} {y}z"
    )


def _path(data: str) -> list[Point]:
    """Return the corners of a path of M, H, V, and quarters of circles that turn clockwise (A)."""
    points: list[Point] = []
    for command, text in re.findall(r"([MHVA])([^MHVAz]*)", data):
        numbers = [float(number) for number in re.findall(r"[-\d.]+", text)]
        match command:
            case "M":
                points.append((numbers[0], numbers[1]))
            case "H":
                points.append((numbers[0], points[-1][1]))
            case "V":
                points.append((points[-1][0], numbers[0]))
            case _:
                points.extend(_quarter(points[-1], (numbers[-2], numbers[-1])))
    return points


def _quarter(start: Point, end: Point) -> Iterator[Point]:
    """Go a quarter of a circle clockwise, as one sees it."""
    (x0, y0), (x1, y1) = start, end
    # Its middle is on the right of the way: where the way goes right and down or left and up, below or above the start.
    middle = (x0, y1) if (x1 - x0) * (y1 - y0) > 0 else (x1, y0)
    radius = abs(x1 - x0)
    begin = math.atan2(y0 - middle[1], x0 - middle[0])
    for step in range(1, ARC_STEPS + 1):
        angle = begin + math.pi / 2 * step / ARC_STEPS
        yield middle[0] + radius * math.cos(angle), middle[1] + radius * math.sin(angle)


def _painted(size: int, shapes: list[Shape]) -> list[bytearray]:
    """Paint shapes one over the other; return the rows, four bytes a pixel."""
    rows = []
    for row in range(size):
        pixels = bytearray(4 * size)
        for points, colour in shapes:
            for column, covered in enumerate(_coverage(points, row, size)):
                if covered:
                    _blend(pixels, 4 * column, colour, covered / SAMPLES**2)
        rows.append(pixels)
    return rows


def _coverage(points: list[Point], row: int, size: int) -> list[int]:
    """Count how many samples of each pixel of a row are within a shape."""
    counts = [0] * size
    for sample in range(SAMPLES):
        y = (row + (sample + 0.5) / SAMPLES) * FIELD / size
        edges = zip(points, [*points[1:], points[0]], strict=True)
        crossed = [(start, end) for start, end in edges if (start[1] <= y) != (end[1] <= y)]
        crossings = sorted(x0 + (y - y0) * (x1 - x0) / (y1 - y0) for (x0, y0), (x1, y1) in crossed)
        for left, right in zip(crossings[::2], crossings[1::2], strict=True):
            first, last = (math.ceil(x * size / FIELD * SAMPLES - 0.5) for x in (left, right))
            for place in range(max(0, first), min(last, size * SAMPLES)):
                counts[place // SAMPLES] += 1
    return counts


def _blend(pixels: bytearray, at: int, colour: Colour, share: float) -> None:
    below = pixels[at + 3] / 255
    alpha = share + below * (1 - share)
    for part in range(3):
        mixed = (colour[part] * share + pixels[at + part] * below * (1 - share)) / alpha
        pixels[at + part] = round(mixed)
    pixels[at + 3] = round(255 * alpha)


def _png(size: int, rows: list[bytearray]) -> bytes:
    """Write pixels as PNG (ISO/IEC 15948): eight bits of red, green, blue and alpha each."""
    raw = b"".join(b"\0" + row for row in rows)
    header = struct.pack(">IIBBBBB", size, size, 8, 6, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(raw, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )


if __name__ == "__main__":
    main()
