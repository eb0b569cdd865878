"""Carries out a Dockerfile without Docker: its steps in a folder that stands for the image's root, and its program.

Each stage is made at the same place, so that what holds its own path (a virtual environment does) holds the right one
in the last stage too. The Python of the base image is the machine's; paths of the image are those under the folder.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from e2e.deploy.dockerfile import Instruction, Stage, build_context, read_stages

STEP_SECONDS = 1800
"""For the longest step: making a wheel compresses the page as well as can be."""
PLACES = re.compile(r"(?<![\w.$/-])/(?=(?:src|dist|opt|data|etc|usr)\b)")
"""Where a path of the image begins in the words of a step."""
OWNER = re.compile(r"chown (\d+:\d+) ")
OUTSIDE = ("PYTHONPATH", "VIRTUAL_ENV", "PYTHONHOME")
READABLE_BY_ALL = 0o755


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom a process is started as, in subprocess's words: nobody else than we are where we are not root."""

    user: int | None = None
    group: int | None = None
    extra_groups: tuple[int, ...] | None = None

    @classmethod
    def of(cls, user: str) -> Identity:
        """Read a `user:group`."""
        return cls(*numbers_of(user), ()) if os.geteuid() == 0 else cls()


@dataclass
class Image:
    """A built image: where its root stands, and how its program is started."""

    root: Path
    environment: dict[str, str]
    user: str
    volumes: list[str]
    command: list[str]
    healthcheck: list[str]

    @property
    def owner(self) -> tuple[int, int]:
        """Return the user and group that its program runs as."""
        return numbers_of(self.user)

    def close(self) -> None:
        """Take every write permission away but in the volumes, as a read-only root file system does."""
        volumes = [self.root / volume.lstrip("/") for volume in self.volumes]
        for path in [self.root, *self.root.rglob("*")]:
            if not path.is_symlink() and not any(path.is_relative_to(volume) for volume in volumes):
                path.chmod(path.stat().st_mode & ~0o222)

    def start(self, command: Sequence[str], settings: dict[str, str], log: Path) -> subprocess.Popen[bytes]:
        """Start a program in the image, as its user and with its variables and these settings."""
        identity = Identity.of(self.user)
        environment = {**self.environment, **settings}
        program = shutil.which(command[0], path=environment["PATH"])
        assert program is not None, f"the image has no {command[0]}"
        with log.open("ab") as output:
            return subprocess.Popen(  # noqa: S603  (the image's own program)
                [program, *command[1:]],
                cwd=self.root,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                user=identity.user,
                group=identity.group,
                extra_groups=identity.extra_groups,
            )


@dataclass
class Builder:
    """Makes an image of a checkout in a folder; the interpreter stands for the base image's."""

    checkout: Path
    files: Sequence[Path]
    folder: Path
    interpreter: Path
    environment: dict[str, str] = field(default_factory=dict)

    @property
    def root(self) -> Path:
        """Where the stage that is being made stands."""
        return self.folder / "root"

    def build(self) -> Image:
        """Make one stage after another; the last one is the image."""
        stages = read_stages(self.checkout / "Dockerfile")
        for stage in stages[:-1]:
            self._make(stage)
            self.root.rename(self.folder / stage.name)
        self._make(stages[-1])
        return self._describe(stages[-1])

    def _make(self, stage: Stage) -> None:
        self._lay_base()
        workdir = self.root
        for instruction in stage.instructions:
            match instruction.keyword:
                case "WORKDIR":
                    workdir = Path(self._here(instruction.text))
                    workdir.mkdir(parents=True, exist_ok=True)
                case "COPY":
                    self._copy(instruction, workdir)
                case "RUN":
                    self._run(instruction.text, workdir)
                case "ENV":
                    self._set(instruction)

    def _lay_base(self) -> None:
        """Put a Python and its pip where the base image has them: a venv, and the pip of the tests for it."""
        local = self.root / "usr" / "local"
        subprocess.run([self.interpreter, "-m", "venv", "--without-pip", local], check=True, timeout=STEP_SECONDS)  # noqa: S603
        pip = local / "bin" / "pip"
        pip.write_text(
            f'#!/bin/sh\ncase "$1" in --python) ;; *) set -- --python {local}/bin/python "$@" ;; esac\n'
            f'exec {shlex.quote(sys.executable)} -m pip --disable-pip-version-check --quiet "$@"\n',
            encoding="utf-8",
        )
        pip.chmod(READABLE_BY_ALL)
        self.environment = {"PATH": f"{local}/bin:{os.defpath}"}

    def _copy(self, instruction: Instruction, workdir: Path) -> None:
        *sources, target = instruction.words
        stage = instruction.options.get("from")
        for source in sources:
            destination = workdir / self._here(target)
            if stage is not None:
                shutil.copytree(self.folder / stage / source.lstrip("/"), destination, symlinks=True)
                continue
            chosen = [file for file in self._context() if file.is_relative_to(source)]
            assert chosen, f"the build sees no {source}: .dockerignore leaves it out"
            for file in chosen:
                place = destination / file.relative_to(source)
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(self.checkout / file, place)

    def _context(self) -> list[Path]:
        return build_context(self.files, (self.checkout / ".dockerignore").read_text(encoding="utf-8"))

    def _run(self, text: str, workdir: Path) -> None:
        script = OWNER.sub(lambda match: "chown {}:{} ".format(*numbers_of(match[1])), self._here(text))
        outer = {name: value for name, value in os.environ.items() if name not in OUTSIDE}
        process = subprocess.run(  # noqa: S603  (the steps of our own Dockerfile)
            ["/bin/sh", "-ec", script],
            cwd=workdir,
            env={**outer, **self.environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=STEP_SECONDS,
            check=False,
        )
        assert process.returncode == 0, f"RUN {text}\n{process.stdout}"

    def _set(self, instruction: Instruction) -> None:
        for word in instruction.words:
            name, _, value = word.partition("=")
            self.environment[name] = self._here(value).replace("$PATH", self.environment["PATH"])

    def _describe(self, stage: Stage) -> Image:
        return Image(
            root=self.root,
            environment=self.environment,
            user=stage.last("USER").text,
            volumes=[volume for instruction in stage.all("VOLUME") for volume in instruction.words],
            command=stage.last("ENTRYPOINT").words + stage.last("CMD").words,
            healthcheck=_check_command(stage.last("HEALTHCHECK")),
        )

    def _here(self, text: str) -> str:
        """Return a text with the paths of the image as they stand in the folder."""
        return PLACES.sub(f"{self.root}/", text)


def numbers_of(user: str) -> tuple[int, int]:
    """Return the user and group that a `user:group` stands for: without root, everything is our own."""
    if os.geteuid() != 0:
        return os.getuid(), os.getgid()
    name, _, group = user.partition(":")
    return int(name), int(group)


def _check_command(instruction: Instruction) -> list[str]:
    keyword, _, text = instruction.text.partition(" ")
    return Instruction(keyword, {}, text).words
