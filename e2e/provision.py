"""Finds the browsers that the end-to-end tests drive, or installs them, and notes where they stand.

Run as `python -m e2e.provision`. It ends well only with all of them at hand: a browser that is missing fails the run,
with the words of what to install, instead of skipping its tests. The tools of the network lab (e2e/network/) and the
services (e2e/services/) are installed where that is possible; where they cannot run, `lab_fault` and `postgresql_fault`
say why, and their tests are skipped with that.
"""

import contextlib
import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

from playwright.sync_api import sync_playwright

from e2e.accessibility_rules import install_rules

Kind = Literal["chromium", "firefox", "webkit"]
Source = Literal["system", "playwright"]
KINDS: tuple[Kind, ...] = get_args(Kind)

RECORD = Path(__file__).parent.parent / "build" / "browsers.json"

# On macOS the system's WebKit has no driver of its own, so Playwright's build stands in for it there.
COMMANDS: Mapping[Kind, tuple[str, ...]] = {
    "chromium": ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"),
    "firefox": ("firefox-esr", "firefox"),
    "webkit": ("WebKitWebDriver",),
}
APPLICATIONS: Mapping[Kind, tuple[str, ...]] = {
    "chromium": ("Google Chrome.app/Contents/MacOS/Google Chrome", "Chromium.app/Contents/MacOS/Chromium"),
    "firefox": ("Firefox.app/Contents/MacOS/firefox",),
    "webkit": (),
}
DEBIAN_PACKAGES: Mapping[Kind, tuple[str, ...]] = {
    "chromium": ("chromium",),
    "firefox": ("firefox-esr",),
    "webkit": ("webkit2gtk-driver", "xvfb"),
}
# Without them a page has no letters to measure, and a safety number or a reaction no emoji.
DEBIAN_FONTS = ("fonts-dejavu-core", "fonts-noto-color-emoji")

# Debian's package of each program that the network lab runs.
LAB_PACKAGES: Mapping[str, str] = {"ip": "iproute2", "nft": "nftables", "turnserver": "coturn"}
# And of the servers that stand beside ours in some tests.
SERVICE_PACKAGES: Mapping[str, str] = {
    "caddy": "caddy",
    "nginx": "nginx-light",
    "openssl": "openssl",
    "redis-server": "redis-server",
}
LAB_PROBE = "table inet probe { chain probe { type filter hook forward priority 0; numgen random mod 100 < 1 drop; }; }"

# Debian's packages for the tests of PostgreSQL, and where it leaves programs that are not on PATH.
POSTGRESQL_PACKAGE, SQLITE_PACKAGE = "postgresql", "sqlite3"
POSTGRESQL_FOLDERS = "/usr/lib/postgresql/*/bin"
# By package, what would begin to serve by itself at the next boot.
SERVICES: Mapping[str, str] = {
    "coturn": "coturn",
    "nginx-light": "nginx",
    "redis-server": "redis-server",
    POSTGRESQL_PACKAGE: "postgresql",
}
SERVICE_POLICY = Path("/usr/sbin/policy-rc.d")

# Generous bounds that only a hanging program or network reaches.
PROBE_TIMEOUT = 60
INSTALL_TIMEOUT = 600


@dataclass(frozen=True)
class Browser:
    """Where a browser stands (of the system's WebKit: its WebDriver), and whose build it is, for its launch."""

    executable: Path
    source: Source


class BrowsersMissing(Exception):
    """Raised when browsers are neither at hand nor to be installed by us."""

    def __init__(self, kinds: Iterable[Kind]) -> None:
        self.kinds = tuple(kinds)
        super().__init__(*self.kinds)

    def __str__(self) -> str:
        packages = " ".join(debian_packages(self.kinds))
        return (
            f"The end-to-end tests need {' and '.join(self.kinds)}. `make browsers` finds or installs them. "
            f"Where that fails, on Debian: sudo apt-get install {packages}; elsewhere: "
            f".venv/bin/python -m playwright install --with-deps {' '.join(self.kinds)}."
        )


def load(record: Path = RECORD) -> dict[Kind, Browser]:
    """Where the browsers stand, as the last provisioning noted it."""
    if not record.is_file():
        raise BrowsersMissing(KINDS)
    noted = json.loads(record.read_text(encoding="utf-8"))
    return {kind: Browser(Path(noted[kind]["executable"]), noted[kind]["source"]) for kind in KINDS}


def save(browsers: Mapping[Kind, Browser], record: Path = RECORD) -> None:
    """Note where the browsers stand, for `load`."""
    noted = {kind: {"executable": str(found.executable), "source": found.source} for kind, found in browsers.items()}
    record.parent.mkdir(exist_ok=True)
    record.write_text(json.dumps(noted, indent=2) + "\n", encoding="utf-8")


def provision() -> dict[Kind, Browser]:
    """Find every browser, installing what is missing by the means that this system has."""
    if can_install_packages():
        install_packages(missing_browser_packages())
        install_packages([LAB_PACKAGES[tool] for tool in missing_lab_tools()])
        install_packages([SERVICE_PACKAGES[tool] for tool in SERVICE_PACKAGES if shutil.which(tool) is None])
        install_packages(missing_database_packages())
    found = {kind: find_on_system(kind) or find_of_playwright(kind) for kind in KINDS}
    missing = [kind for kind, browser in found.items() if browser is None]
    if missing:
        raise BrowsersMissing(missing)
    return {kind: browser for kind, browser in found.items() if browser is not None}


def find_on_system(kind: Kind) -> Browser | None:
    """The browser as the system has it, if it does and it starts."""
    if kind == "webkit" and shutil.which("Xvfb") is None:
        return None  # MiniBrowser, which the driver starts, has no headless mode
    for candidate in candidates(kind):
        if starts(kind, candidate):
            return Browser(candidate, "system")
    return None


def candidates(kind: Kind) -> list[Path]:
    """Where the browser may stand, the likeliest first."""
    on_path = [Path(found) for command in COMMANDS[kind] if (found := shutil.which(command))]
    folders = (Path("/Applications"), Path.home() / "Applications")
    bundled = [folder / application for application in APPLICATIONS[kind] for folder in folders]
    return on_path + [path for path in bundled if path.is_file()]


def starts(kind: Kind, executable: Path) -> bool:
    """Whether the program runs at all: Ubuntu's `chromium-browser` may be a script that only names a snap."""
    question = "--help" if kind == "webkit" else "--version"  # WebKitWebDriver has no --version
    return succeeds([str(executable), question], timeout=PROBE_TIMEOUT, quiet=True)


def find_of_playwright(kind: Kind) -> Browser | None:
    """Playwright's own build of the browser, downloaded where it does not stand yet."""
    install = [sys.executable, "-m", "playwright", "install", "--no-shell", kind]
    if not succeeds(install, timeout=INSTALL_TIMEOUT):
        return None
    with sync_playwright() as playwright:
        return Browser(Path(getattr(playwright, kind).executable_path), "playwright")


def can_install_packages() -> bool:
    """Whether this is Debian, and we are the one who may install there."""
    debian = platform.system() == "Linux" and platform.freedesktop_os_release().get("ID") == "debian"
    return debian and os.geteuid() == 0


def install_packages(packages: Iterable[str]) -> None:
    """Install those of Debian's packages that are not there; what fails here shows when we look again."""
    missing = [package for package in packages if not is_installed(package)]
    if missing:
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        install = ["apt-get", "-qq", "install", "--yes", "--no-install-recommends", *missing]
        with services_held_back():
            for command in (["apt-get", "-qq", "update"], install):
                succeeds(command, timeout=INSTALL_TIMEOUT, environment=environment)
    for package in SERVICES.keys() & set(missing):
        # The tests run one of their own; the system's should not begin to listen at the next boot either.
        succeeds(["update-rc.d", SERVICES[package], "disable"], timeout=PROBE_TIMEOUT, quiet=True)
    if "caddy" in missing:
        # Nor is Debian's Caddy, which has a unit of systemd alone.
        succeeds(["systemctl", "--quiet", "disable", "caddy"], timeout=PROBE_TIMEOUT, quiet=True)


@contextlib.contextmanager
def services_held_back() -> Iterator[None]:
    """Keep packages from starting their services while they are installed, by Debian's policy-rc.d."""
    if SERVICE_POLICY.exists():
        yield  # its author has decided already
        return
    SERVICE_POLICY.write_text("#!/bin/sh\nexit 101\n", encoding="ascii")
    SERVICE_POLICY.chmod(0o755)
    try:
        yield
    finally:
        SERVICE_POLICY.unlink()


def missing_browser_packages() -> list[str]:
    """What Debian calls the browsers that are not on this system, and the fonts."""
    return debian_packages(kind for kind in KINDS if find_on_system(kind) is None)


def missing_lab_tools() -> list[str]:
    """The programs of the network lab that are not on this system."""
    return [tool for tool in LAB_PACKAGES if shutil.which(tool) is None]


def postgresql_programs() -> Path | None:
    """The folder with PostgreSQL's programs, of its newest version; None where it is not installed."""
    if on_path := shutil.which("postgres"):
        return Path(on_path).resolve().parent
    folders = [folder for folder in Path("/").glob(POSTGRESQL_FOLDERS.lstrip("/")) if (folder / "postgres").is_file()]
    return max(folders, key=lambda folder: int(folder.parent.name), default=None)


def missing_database_packages() -> list[str]:
    """What Debian calls the databases' programs that are not on this system."""
    has = {POSTGRESQL_PACKAGE: postgresql_programs(), SQLITE_PACKAGE: shutil.which("sqlite3")}
    return [package for package, place in has.items() if place is None]


def postgresql_fault() -> str | None:
    """Why the tests of PostgreSQL cannot run here, in a sentence; None where they can."""
    missing = " ".join(missing_database_packages())
    return f"The tests of PostgreSQL need more programs; on Debian: apt-get install {missing}." if missing else None


def lab_fault() -> str | None:
    """Why the network lab cannot run here, in a sentence; None where it can."""
    if platform.system() != "Linux":
        return "The network lab needs Linux: it is made of network namespaces."
    if os.geteuid() != 0:
        return "The network lab needs root, who alone may make network namespaces."
    if missing := missing_lab_tools():
        packages = " ".join(LAB_PACKAGES[tool] for tool in missing)
        return f"The network lab needs {' and '.join(missing)}; on Debian: apt-get install {packages}."
    if not can_make_networks():
        return (
            "The network lab needs namespaces, veth pairs and nftables; this kernel or container has not all of them."
        )
    return None


def can_make_networks() -> bool:
    """Whether the kernel lets us have what the network lab is made of."""
    name = f"p2pchat-{os.getpid()}-probe"
    inside = ["ip", "netns", "exec", name]
    commands = (
        ["ip", "netns", "add", name],
        [*inside, "ip", "link", "add", "probe-0", "type", "veth", "peer", "name", "probe-1"],
        [*inside, "nft", LAB_PROBE],
    )
    try:
        return all(succeeds(command, timeout=PROBE_TIMEOUT, quiet=True) for command in commands)
    finally:
        succeeds(["ip", "netns", "delete", name], timeout=PROBE_TIMEOUT, quiet=True)


def debian_packages(kinds: Iterable[Kind]) -> list[str]:
    """What Debian calls these browsers, and the fonts that they all draw with."""
    return [package for kind in kinds for package in DEBIAN_PACKAGES[kind]] + list(DEBIAN_FONTS)


def is_installed(package: str) -> bool:
    """Whether dpkg has the package."""
    return succeeds(["dpkg", "--status", package], timeout=PROBE_TIMEOUT, quiet=True)


def succeeds(
    command: list[str], *, timeout: float, quiet: bool = False, environment: Mapping[str, str] | None = None
) -> bool:
    """Whether the command ends well within `timeout` seconds; what it prints is shown unless `quiet`."""
    output = subprocess.DEVNULL if quiet else None
    try:
        process = subprocess.run(  # noqa: S603  (our own commands, without a shell)
            command,
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            timeout=timeout,
            env=environment,
        )
    except (OSError, subprocess.TimeoutExpired):
        return False
    return process.returncode == 0


if __name__ == "__main__":
    try:
        save(provision())
        install_rules()
    except BrowsersMissing as error:
        sys.exit(str(error))
