"""Awaits those who have found a hole and look for somebody to tell: `/.well-known/security.txt` (RFC 9116)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from signaling.site.caching import ASK_FIRST

SECURITY_TXT_PATH = "/.well-known/security.txt"
GOOD_FOR = timedelta(days=30)
"""How long the answer may be relied on. RFC 9116 §2.5.5 wants less than a year; this server is asked again before."""


class SecurityTxt:
    """The endpoint that names whom to tell. Where the host has named nobody, there is none."""

    def __init__(self, contacts: tuple[str, ...]) -> None:
        self._contacts = contacts

    async def serve(self, _request: Request) -> Response:
        """`GET /.well-known/security.txt`."""
        if not self._contacts:
            raise HTTPException(HTTPStatus.NOT_FOUND)
        return PlainTextResponse(security_txt(self._contacts, datetime.now(UTC)), headers={"Cache-Control": ASK_FIRST})


def security_txt(contacts: tuple[str, ...], now: datetime) -> str:
    """Return the text; the first contact is the preferred one (RFC 9116 §2.5.3)."""
    expires = (now + GOOD_FOR).replace(hour=0, minute=0, second=0, microsecond=0)
    lines = [*(f"Contact: {contact}" for contact in contacts), f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}"]
    return "".join(f"{line}\n" for line in lines)
