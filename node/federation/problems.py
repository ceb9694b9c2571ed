"""Refusals as RFC 9457 problem documents, and the one place where any error of ours becomes a 500.

A problem says what to do and holds nothing internal. Its type is a stable address under PROBLEM_BASE, its extension
member `code` the same in short. What is wrong in which case is decided elsewhere.
"""

import logging
import secrets
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass

from aiohttp import web
from aiohttp.typedefs import Handler

from node.domain.outcomes import RefusedError
from node.store.database import DatabaseClosedError
from protocol.canonical import canonicalize
from protocol.errors import ProtocolError
from protocol.strict_json import JsonObject, JsonValue

logger = logging.getLogger(__name__)

PROBLEM_TYPE = "application/problem+json"
PROBLEM_BASE = "https://w3id.org/krets/problems#"

RETRY_AFTER_SECONDS = 5
"""What a 503 asks a peer to wait: long enough for one fetch of its actor, short enough to go unnoticed."""

REFUSAL_STATUSES: Mapping[str, int] = {
    "replayed": 401,
    "unknown-peer": 401,
    "blocked": 403,
    "not-accepted": 403,
    "not-followed": 403,
    "conflict": 409,
    "too-many": 429,
}
"""The HTTP status of an operation's refusal; any other code is a matter of policy, 403."""

_OTHER_STATUS = 403


@dataclass(frozen=True, slots=True)
class Problem:
    """A refusal for the other party. `detail` is a safe text; `extra` further members of the document."""

    status: int
    code: str
    detail: str
    retry_after_seconds: int | None = None
    close_connection: bool = False
    extra: tuple[tuple[str, JsonValue], ...] = ()


class ProblemError(Exception):
    """Carries a problem from where it is found to the middleware that answers with it."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(f"{problem.status} {problem.code}")
        self.problem = problem


NOT_FOUND = Problem(
    status=404, code="not-found", detail="There is nothing here that you may see. Sign the request if you are a peer."
)
"""Absent and forbidden look alike, to the byte."""

BUSY = Problem(
    status=503, code="busy", detail="This node is busy. Send it again a little later.", retry_after_seconds=5
)


def problem_of_protocol_error(error: ProtocolError) -> Problem:
    """The problem that answers another party's bad bytes."""
    return Problem(status=error.status, code=error.code, detail=error.safe_text)


def problem_of_refusal(error: RefusedError) -> Problem:
    """The problem that answers what an operation refused."""
    code = error.refused.code
    return Problem(
        status=REFUSAL_STATUSES.get(code, _OTHER_STATUS),
        code=code,
        detail=error.refused.safe_text,
        retry_after_seconds=3_600 if code == "too-many" else None,
    )


def problem_response(problem: Problem) -> web.Response:
    """The problem as an HTTP response; equal problems give equal bytes."""
    document: JsonObject = {
        "type": PROBLEM_BASE + problem.code,
        "title": problem.code.replace("-", " ").capitalize(),
        "status": problem.status,
        "detail": problem.detail,
        "code": problem.code,
        **dict(problem.extra),
    }
    response = web.Response(status=problem.status, body=canonicalize(document), content_type=PROBLEM_TYPE)
    if problem.retry_after_seconds is not None:
        response.headers["Retry-After"] = str(problem.retry_after_seconds)
    if problem.close_connection:
        response.force_close()
    return response


@web.middleware
async def problem_middleware(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer every error with a problem document; one of ours with an id that the log has too.

    This is one of the two places where a broad `except` may stand.
    """
    try:
        response = await handler(request)
    except ProblemError as error:
        response = problem_response(error.problem)
    except ProtocolError as error:
        response = problem_response(problem_of_protocol_error(error))
    except RefusedError as error:
        response = problem_response(problem_of_refusal(error))
    except web.HTTPException as error:
        response = problem_response(_problem_of_http(error))
        if isinstance(error, web.HTTPMethodNotAllowed):
            response.headers["Allow"] = ", ".join(sorted(error.allowed_methods))
    except (DatabaseClosedError, sqlite3.OperationalError) as error:
        # The world failing: locked for too long, disk full, or stopping. The peer tries again by itself.
        logger.warning("answered 503: %s", error)
        response = problem_response(BUSY)
    except Exception:
        error_id = secrets.token_hex(8)
        logger.exception("error %s in %s %s", error_id, request.method, request.path)
        detail = "This node made a mistake. Its administrator finds the cause under the id."
        response = problem_response(Problem(status=500, code="internal", detail=detail, extra=(("id", error_id),)))
    response.headers.setdefault("X-Content-Type-Options", "nosniff")
    # In place of aiohttp's own, which tells the versions of Python and of itself.
    response.headers.setdefault("Server", "krets")
    return response


def _problem_of_http(error: web.HTTPException) -> Problem:
    """aiohttp's own refusals: an unknown path, another method than the resource has, an unreadable request."""
    if error.status == 404:
        return NOT_FOUND
    if isinstance(error, web.HTTPMethodNotAllowed):
        return Problem(status=405, code="method-not-allowed", detail="This address does not take that method.")
    if error.status == 413:
        return Problem(status=413, code="too-large", detail="The request is larger than the limits in SPEC.md allow.")
    return Problem(status=error.status, code="bad-request", detail="The request cannot be read. Correct it.")
