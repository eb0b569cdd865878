"""Serves the site with one page more, which does nothing but a plain `loadPyodide()`: what the real one is held to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from e2e import other_site
from e2e.server import Server
from signaling.site.loading import load_site

PAGE = "plain.html"
HTML = """<!doctype html>
<html lang="en" data-app="starting" data-runtime="{runtime}">
<head><meta charset="utf-8"><title>Plain</title><script type="module" src="{script}"></script></head>
<body><p>Starting</p></body>
</html>
"""
SCRIPT = """
const root = document.documentElement;
const { loadPyodide } = await import(`${root.dataset.runtime}pyodide.mjs`);
await loadPyodide({ indexURL: root.dataset.runtime });
root.dataset.app = "ready";
"""


@contextmanager
def with_plain_page(folder: Path) -> Iterator[tuple[Server, str]]:
    """Run a server with that page in its site; gives it, and the page's path."""
    static = other_site.copy_site(folder)
    (static / "plain.js").write_text(SCRIPT)
    site = load_site(static)
    (static / PAGE).write_text(HTML.format(runtime=site.runtime_path, script=site.address("plain.js")))
    server = Server(folder, {other_site.VARIABLE: str(static)}, program=other_site.PROGRAM)
    server.start()
    try:
        yield server, load_site(static).address(PAGE)
    finally:
        server.stop()
