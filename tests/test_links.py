"""The links between the documents lead somewhere: to a file that is there, and to a heading in it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.project import ROOT, project_files

DOCUMENTS = [path for path in project_files() if path.suffix == ".md"]
FENCE = re.compile(r"^ *```.*?^ *```", re.DOTALL | re.MULTILINE)
CODE = re.compile(r"`[^`\n]+`")
HEADING = re.compile(r"^#+ (.*)$", re.MULTILINE)
LINK = re.compile(r"\]\(([^)\s]+)\)|(?:href|src)=\"([^\"]+)\"")
ELSEWHERE = re.compile(r"[a-z][a-z+.-]*:")
NAMED = re.compile(r"(?<![\w./])docs/[\w./-]*\w")
"""A document as comments, sentences and other files name it, from the root of the project."""


def faults(root: Path, documents: list[Path]) -> Iterator[str]:
    """Name every link of some documents, relative to `root`, that leads nowhere."""
    for document in documents:
        for link in links((root / document).read_text(encoding="utf-8")):
            path, _, anchor = link.partition("#")
            target = (root / document).parent / path if path else root / document
            if not target.exists() or (anchor and anchor not in anchors(target.read_text(encoding="utf-8"))):
                yield f"{document}: {link}"


def links(text: str) -> list[str]:
    """Find the links of a document that stay in the project; what stands in code is none."""
    found = [first or second for first, second in LINK.findall(CODE.sub("``", FENCE.sub("", text)))]
    return [link for link in found if not ELSEWHERE.match(link)]


def anchors(text: str) -> set[str]:
    """Name the headings of a document as GitHub does in addresses."""
    times: Counter[str] = Counter()
    found = set()
    for heading in HEADING.findall(FENCE.sub("", text)):
        anchor = re.sub(r"[^\w\- ]", "", heading.strip().lower()).replace(" ", "-")
        found.add(f"{anchor}-{times[anchor]}" if times[anchor] else anchor)
        times[anchor] += 1
    return found


def test_links_lead_somewhere() -> None:
    """No link in any document is broken."""
    assert sum(len(links((ROOT / path).read_text(encoding="utf-8"))) for path in DOCUMENTS) > 0
    assert list(faults(ROOT, DOCUMENTS)) == []


def test_documents_that_files_name_exist() -> None:
    """What the code, the configuration and the documents call `docs/…` is there."""
    for path in project_files():
        content = (ROOT / path).read_bytes()
        if b"\0" not in content:
            missing = [name for name in NAMED.findall(content.decode()) if not (ROOT / name).exists()]
            assert missing == [], path


def test_index_of_deploy_lists_every_page() -> None:
    """Nobody has to guess which pages there are."""
    folder = ROOT / "docs" / "deploy"
    listed = set(links((folder / "README.md").read_text(encoding="utf-8")))
    assert {path.name for path in folder.glob("*.md")} - {"README.md"} <= listed


@pytest.mark.parametrize(
    ("text", "broken"),
    [
        ("[a](other.md) [b](other.md#what-it-is) [c](#here)\n# Here\n", []),
        ("[a](https://example.org/x.md) `[b](none.md)`\n```\n[c](none.md)\n```\n", []),
        ("[a](other.md#what-it-is-1) [b](../here/other.md)\n", []),
        ("[a](none.md)\n", ["none.md"]),
        ('<img src="none.png">\n', ["none.png"]),
        ("[a](other.md#in-code)\n", ["other.md#in-code"]),
        ("[a](#there)\n# Here\n", ["#there"]),
        ("[a](other.md#what-it-is-2)\n", ["other.md#what-it-is-2"]),
    ],
)
def test_broken_link_is_found(tmp_path: Path, text: str, broken: list[str]) -> None:
    """Files and headings that are missing are named, and nothing else."""
    folder = tmp_path / "here"
    folder.mkdir()
    (folder / "other.md").write_text("# `What` it is?\n```\n# In code\n```\n## What it is\n", encoding="utf-8")
    (folder / "page.md").write_text(text, encoding="utf-8")
    assert list(faults(tmp_path, [Path("here/page.md")])) == [f"here/page.md: {link}" for link in broken]
