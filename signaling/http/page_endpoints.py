"""Awaits the requests for the page and for its files."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, RedirectResponse, Response

from protocol.http import ROOM_PATH_PREFIX
from protocol.room_names import is_room_name
from signaling.site.caching import ASK_FIRST, FOREVER
from signaling.site.loading import FAVICON, Asset, Site

SHARE_PATH = "/share"
"""Where a system takes what somebody shares with the installed page; static/service-worker.js answers there."""
_REFUSED = frozenset({"q=0", "q=0.0", "q=0.00", "q=0.000"})


@dataclass(frozen=True, slots=True)
class Pages:
    """The endpoints that serve a site."""

    site: Site

    async def page(self, request: Request) -> Response:
        """`GET /` and `GET /settings`: the app."""
        return _serve(request, self.site.page, ASK_FIRST)

    async def room(self, request: Request) -> Response:
        """`GET /chat/<room>`: the app too; where no room can have that name, as an error page that says so itself."""
        return _serve(request, self.site.page, ASK_FIRST, _status_of_room(request))

    async def worker(self, request: Request) -> Response:
        """`GET /service-worker.js`: what keeps this release in the browser."""
        return _serve(request, self.site.worker, ASK_FIRST)

    async def manifest(self, request: Request) -> Response:
        """`GET /manifest.webmanifest`: how the page is installed."""
        return _serve(request, self.site.manifest, ASK_FIRST)

    async def share(self, _request: Request) -> Response:
        """`GET` and `POST /share`: the page, where no service worker was there to take what is shared.

        What is shared is for nobody else to see, so it is not read; the page opens without it.
        """
        return RedirectResponse(self.site.base, HTTPStatus.SEE_OTHER, headers={"Cache-Control": "no-store"})

    async def asset(self, request: Request) -> Response:
        """`GET /assets/<digest>/<name>`: a file, as long as it is what its address says."""
        asset = self.site.assets.get(request.path_params["name"])
        is_that = asset is not None and asset.digest == request.path_params["digest"]
        return _serve(request, asset if is_that else None, FOREVER)

    async def runtime(self, request: Request) -> Response:
        """`GET /pyodide/<version>/<name>`: a file of the runtime."""
        files = self.site.runtime if request.path_params["version"] == self.site.runtime_version else {}
        return _serve(request, files.get(request.path_params["name"]), FOREVER)

    async def favicon(self, _request: Request) -> Response:
        """`GET /favicon.ico`, for which browsers ask unbidden: the icon that the page has."""
        if FAVICON not in self.site.assets:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        return RedirectResponse(self.site.address(FAVICON), headers={"Cache-Control": ASK_FIRST})

    async def robots(self, _request: Request) -> Response:
        """`GET /robots.txt`: rooms are nobody else's business."""
        rooms = self.site.base + ROOM_PATH_PREFIX.removeprefix("/")
        return PlainTextResponse(f"User-agent: *\nDisallow: {rooms}\n")

    def missing(self, request: Request) -> Response | None:
        """Return the app, where a person asks for an address that is not routed; None elsewhere.

        It says that there is nothing, or goes to the room whose address differs in case alone. A browser that goes
        somewhere asks for HTML (Fetch Standard, "navigate"); programs, and the page itself, do not.
        """
        is_person = request.method in ("GET", "HEAD") and "text/html" in request.headers.get("accept", "")
        return _serve(request, self.site.page, ASK_FIRST, _status_of_room(request)) if is_person else None


def _status_of_room(request: Request) -> HTTPStatus:
    """Tell whether a room can have this address, in any case and with slashes at the end; the page puts that right."""
    # Not the route's parameter, which would lack a line break at the end.
    prefix, room = request.scope["path"][: len(ROOM_PATH_PREFIX)], request.scope["path"][len(ROOM_PATH_PREFIX) :]
    is_room = prefix.lower() == ROOM_PATH_PREFIX and is_room_name(room.rstrip("/"))
    return HTTPStatus.OK if is_room else HTTPStatus.NOT_FOUND


def _serve(request: Request, asset: Asset | None, caching: str, status: HTTPStatus = HTTPStatus.OK) -> Response:
    if asset is None:
        raise HTTPException(HTTPStatus.NOT_FOUND)
    coding = _coding(asset, request.headers.get("accept-encoding", ""))
    # Each coding is a representation of its own (RFC 9110 §8.8.3.3).
    etag = asset.etag if coding is None else f'{asset.etag[:-1]}-{coding}"'
    headers = {"Cache-Control": caching, "ETag": etag}
    if asset.encoded:
        headers["Vary"] = "Accept-Encoding"
    if status is HTTPStatus.OK and _is_known(etag, request.headers.get("if-none-match", "")):
        return Response(status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    content = asset.content if coding is None else asset.encoded[coding]
    if coding is not None:
        headers["Content-Encoding"] = coding
    if isinstance(content, Path):
        if not content.is_file():  # here too
            raise HTTPException(HTTPStatus.NOT_FOUND)
        return FileResponse(content, status, headers, asset.media_type)
    return Response(content, status, headers, asset.media_type)


def _coding(asset: Asset, accept_encoding: str) -> str | None:
    """Return the best coding that a browser takes (RFC 9110 §12.5.3), or None for the content as it is."""
    accepted = {}
    for part in accept_encoding.split(","):
        coding, _, parameter = part.partition(";")
        accepted[coding.strip().lower()] = parameter.replace(" ", "").lower() not in _REFUSED
    # In a checkout, a later build may have taken its file away.
    return next((name for name, path in asset.encoded.items() if accepted.get(name, False) and path.is_file()), None)


def _is_known(etag: str, if_none_match: str) -> bool:
    """RFC 9110 §13.1.2; the comparison is the weak one."""
    known = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return etag in known or "*" in known
