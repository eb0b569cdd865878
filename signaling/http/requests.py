"""Reads what HTTP requests carry: JSON bodies, strictly, and the token that says who asks."""

from __future__ import annotations

from typing import TypeVar

from starlette.requests import Request

from protocol.codec import Body
from protocol.errors import MalformedMessage
from signaling.errors import MalformedBody, UnsupportedMedia

JSON_MEDIA_TYPE = "application/json"
BEARER = "bearer "
WHITE_SPACE = " \t"
"""RFC 9110 §5.6.3. To Python, bytes of UTF-8 that are read as Latin-1 may look like more of it."""

Shape = TypeVar("Shape")


async def read_body(request: Request, shape: Body[Shape]) -> Shape:
    """Return what a JSON body says; MalformedBody if it is not of the shape that its address takes."""
    media_type = request.headers.get("content-type", "").partition(";")[0]
    if media_type.strip().lower() != JSON_MEDIA_TYPE:
        raise UnsupportedMedia
    try:
        # As many bytes as a body may have were let through, so it is not too big.
        return shape.decode((await request.body()).decode())  # RFC 8259 §8.1: UTF-8, and nothing else
    except UnicodeDecodeError as error:
        raise MalformedBody("it is not UTF-8") from error
    except MalformedMessage as error:
        raise MalformedBody(error.reason) from error


def bearer_token(request: Request) -> str:
    """Return the token of `Authorization: Bearer` (RFC 6750 §2.1), or nothing."""
    header = request.headers.get("authorization", "")
    return header[len(BEARER) :].strip(WHITE_SPACE) if header[: len(BEARER)].lower() == BEARER else ""
