"""Has hatchling put Pyodide and the page's files into what it builds: `pyproject.toml` names this module.

A wheel gets all of it. A checkout, which is an editable install, gets Pyodide alone: `make site` makes the rest there,
since its sources change.
"""

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.config import BuilderConfig
from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class PageFilesHook(BuildHookInterface[BuilderConfig]):
    """Makes what the server hands out, in the tree that is built."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Fill `static/` before hatchling collects the files."""
        sys.path.insert(0, self.root)  # a build of its own has no project in its environment
        from bundle.pyodide import install_runtime  # noqa: PLC0415
        from bundle.site import build_site, release_quality  # noqa: PLC0415

        install_runtime(Path(self.root))
        if version != "editable":  # that one serves the tree's own static/
            build_site(Path(self.root) / "static", release_quality(), from_scratch=True)
            build_data["force_include"]["static"] = "signaling/static"
