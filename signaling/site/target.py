"""Knows what a page says of where it stands: on its server, or on a host that only hands out files."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from signaling.site.content_policy import meta_policy
from signaling.site.integrity import SCRIPTS, Integrity

CONFIG = "config.json"


@dataclass(frozen=True, slots=True)
class Target:
    """Where a page stands, and whom it may talk to."""

    base: str = "/"
    """The path of the lobby, with a slash at both ends; everything else is beside or below."""
    connections: str = ""
    """What may be connected to beside the page's own host (CSP `connect-src`); empty on the server itself."""

    @property
    def is_elsewhere(self) -> bool:
        """Whether the page's own host is not its server."""
        return bool(self.connections)

    @property
    def config(self) -> str:
        """The address of the file that names the server, or nothing where that is the page's own host."""
        return self.base + CONFIG if self.is_elsewhere else ""

    @property
    def cache_prefix(self) -> str:
        """What the names of this page's caches begin with; another page of the same origin has another."""
        return "p2p-chat " if self.base == "/" else f"p2p-chat@{self.base} "


OWN_SERVER = Target()


def page_values(
    target: Target, integrity: Integrity, addresses: Mapping[str, str], scripts: Iterable[str], styles: Iterable[str]
) -> dict[str, str]:
    """Return what the templates ask for; `scripts` and `styles` are the checksums of what stands in the page itself."""
    values = {"base": target.base, "config": target.config, "caches": target.cache_prefix}
    values |= {"policy": "", "import map": "", **{f"integrity {name}": "" for name in SCRIPTS}}
    if target.is_elsewhere:
        policy = meta_policy(scripts, styles, target.connections)
        values["policy"] = f'\n  <meta http-equiv="Content-Security-Policy" content="{policy}">'
        values["import map"] = f'\n  <script type="importmap">{integrity.import_map}</script>'
        known = {name: integrity.of(addresses[name]) for name in SCRIPTS if name in addresses}
        values |= {f"integrity {name}": f' integrity="{digest}"' for name, digest in known.items()}
    return values
