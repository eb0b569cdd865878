"""Reads what an image is made of: a Dockerfile's instructions, and which files .dockerignore lets it see."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

CONTINUATION = re.compile(r"\\\n(?:[ \t]*#.*\n)*")
ANY_DEPTH = "**/"


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction: its keyword, its `--options`, and the rest of it."""

    keyword: str
    options: dict[str, str]
    text: str

    @property
    def words(self) -> list[str]:
        """Return what it says word by word: in the JSON form as that says it, and otherwise as a shell would."""
        return json_form(self.text) or shlex.split(self.text)


@dataclass(frozen=True, slots=True)
class Stage:
    """What one FROM begins."""

    base: str
    name: str
    instructions: list[Instruction]

    def all(self, keyword: str) -> list[Instruction]:
        """Return its instructions of one kind."""
        return [instruction for instruction in self.instructions if instruction.keyword == keyword]

    def last(self, keyword: str) -> Instruction:
        """Return the one that counts where a kind may stand several times; AssertionError where there is none."""
        found = self.all(keyword)
        assert found, f"the stage {self.name!r} has no {keyword}"
        return found[-1]


def read_stages(path: Path) -> list[Stage]:
    """Read a Dockerfile's stages; what stands before the first FROM is for those who build it."""
    stages: list[Stage] = []
    for instruction in read_instructions(path.read_text(encoding="utf-8")):
        if instruction.keyword == "FROM":
            base, _, name = instruction.text.partition(" AS ")
            stages.append(Stage(base, name, []))
        elif stages:
            stages[-1].instructions.append(instruction)
    return stages


def read_instructions(text: str) -> list[Instruction]:
    """Read instructions one by one; a backslash at the end of a line goes on in the next."""
    lines = CONTINUATION.sub("", text).splitlines()
    return [_instruction(line) for line in lines if line.strip() and not line.startswith("#")]


def json_form(text: str) -> list[str]:
    """Return the words of the form that starts a program without a shell; nothing for any other form."""
    try:
        words = json.loads(text)
    except ValueError:
        return []
    return [str(word) for word in words] if isinstance(words, list) else []


def _instruction(line: str) -> Instruction:
    keyword, _, text = line.strip().partition(" ")
    options = {}
    while match := re.match(r"\s*--([\w-]+)=(\S+)\s+", text):
        options[match[1]] = match[2]
        text = text[match.end() :]
    return Instruction(keyword, options, text.strip())


def build_context(files: Iterable[Path], ignore: str) -> list[Path]:
    """Return those files that a .dockerignore of this text lets the build see: the last line that matches decides."""
    rules = [line for line in ignore.splitlines() if line and not line.startswith("#")]
    return [file for file in files if not _is_ignored(PurePosixPath(file), rules)]


def _is_ignored(file: PurePosixPath, rules: list[str]) -> bool:
    ignored = False
    for rule in rules:
        pattern = rule.removeprefix("!")
        if any(_matches(path, pattern) for path in (file, *file.parents[:-1])):
            ignored = not rule.startswith("!")
    return ignored


def _matches(path: PurePosixPath, pattern: str) -> bool:
    if pattern.startswith(ANY_DEPTH):
        return path.match(pattern.removeprefix(ANY_DEPTH))
    return len(path.parts) == len(PurePosixPath(pattern).parts) and path.match(pattern)
