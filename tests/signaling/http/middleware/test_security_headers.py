import pytest

from signaling.site.loading import Site
from tests.signaling.running import RunningServer


@pytest.mark.parametrize("path", ["/", "/chat/kitchen", "/chat/no%20room", "/nothing", "/healthz", "/robots.txt"])
async def test_every_response_is_guarded(server: RunningServer, site: Site, path: str) -> None:
    """Whatever is answered, a browser takes it for what it is, embeds it nowhere and runs nothing in it but our own."""
    async with server.http() as client:
        headers = (await client.get(path)).headers
    directives = dict(part.split(" ", 1) for part in headers["content-security-policy"].split("; "))
    assert directives["default-src"] == "'none'"
    assert directives["script-src"] == f"'self' 'wasm-unsafe-eval' '{site.inline_scripts[0]}'"
    assert directives["style-src"] == f"'self' '{site.inline_styles[0]}'"
    assert directives["frame-ancestors"] == "'none'"
    assert directives["form-action"] == "'none'"
    assert directives["require-trusted-types-for"] == "'script'"
    assert "unsafe-inline" not in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["permissions-policy"]
    assert "server" not in headers
