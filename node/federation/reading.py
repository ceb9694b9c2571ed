"""From an aiohttp request to the protocol's own HttpRequest: bounded, and addressed by our own origin.

Nothing of a request is believed here. The target URI is the configured origin with the raw path, so that a sender's
Host never chooses what a signature is checked against; that Host names us is checked with the signature.
"""

import asyncio

from aiohttp import web

from node.federation.media_types import is_activity_type
from node.federation.problems import Problem, ProblemError
from protocol.http_signatures import HttpRequest
from protocol.limits import ACTIVITY_BYTES_MAX

BODY_SECONDS_MAX = 10
"""Seconds for a body to arrive whole: 256 KiB at the speed of a bad phone line. aiohttp itself has no such deadline."""

_TOO_LARGE = Problem(
    status=413,
    code="too-large",
    detail=f"An activity is at most {ACTIVITY_BYTES_MAX} bytes. Send less at a time.",
    close_connection=True,
)
_ENCODED = Problem(
    status=415,
    code="content-encoding",
    detail="Send the body without Content-Encoding.",
    close_connection=True,
)
_WRONG_TYPE = Problem(
    status=415,
    code="content-type",
    detail="Send application/activity+json, or application/ld+json with the ActivityStreams profile.",
    close_connection=True,
)
_TOO_SLOW = Problem(
    status=408,
    code="too-slow",
    detail="The body did not arrive in time. Send it again, in one piece.",
    close_connection=True,
)
_BAD_TARGET = Problem(status=400, code="bad-request", detail="Name the resource by its path alone.")


def parse_head(request: web.Request, *, origin: str) -> HttpRequest:
    """The request without its body, as the signature sees it. Raises ProblemError on an absolute or empty target."""
    if not request.raw_path.startswith("/"):
        raise ProblemError(_BAD_TARGET)
    headers = tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in request.raw_headers)
    return HttpRequest(method=request.method, target_uri=f"{origin}{request.raw_path}", headers=headers, body=b"")


def check_body_announced(request: web.Request) -> None:
    """Refuse by its headers a body that would be refused anyway. Raises ProblemError."""
    if (request.content_length or 0) > ACTIVITY_BYTES_MAX:
        raise ProblemError(_TOO_LARGE)
    if request.headers.get("Content-Encoding", "identity").strip().lower() != "identity":
        raise ProblemError(_ENCODED)
    if not is_activity_type(request.headers.get("Content-Type")):
        raise ProblemError(_WRONG_TYPE)


async def read_body(request: web.Request, *, seconds_max: float) -> bytes:
    """The whole body, at most ACTIVITY_BYTES_MAX within this time. Raises ProblemError."""
    body = bytearray()
    try:
        async with asyncio.timeout(seconds_max):
            async for chunk in request.content.iter_any():
                body += chunk
                if len(body) > ACTIVITY_BYTES_MAX:
                    raise ProblemError(_TOO_LARGE)
    except TimeoutError as error:
        raise ProblemError(_TOO_SLOW) from error
    return bytes(body)
