"""What every error becomes over HTTP, and how a body is read from somebody who takes its time."""

import asyncio
import json
import sqlite3
from collections.abc import Awaitable, Callable

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from node.domain.outcomes import refuse
from node.federation.problems import BUSY, Problem, ProblemError, problem_middleware
from node.federation.reading import parse_head, read_body
from protocol.errors import ProofRequired
from protocol.limits import ACTIVITY_BYTES_MAX


async def answer_of(handler: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> tuple[int, dict[str, str], str]:
    app = web.Application(middlewares=[problem_middleware])
    app.router.add_get("/", handler)
    async with TestClient(TestServer(app)) as client, client.get("/") as response:
        return response.status, dict(response.headers), await response.text()


def raising(error: Exception) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def handler(request: web.Request) -> web.StreamResponse:
        raise error

    return handler


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (ProblemError(Problem(status=418, code="teapot", detail="Short.")), 418, "teapot"),
        (ProofRequired("internal words"), 422, "proof-required"),
        (refuse("replayed", "Again."), 401, "replayed"),
        (refuse("blocked", "No."), 403, "blocked"),
        (refuse("conflict", "Other."), 409, "conflict"),
        (refuse("anything-else", "No."), 403, "anything-else"),
        (web.HTTPNotFound(), 404, "not-found"),
        (web.HTTPRequestEntityTooLarge(max_size=1, actual_size=2), 413, "too-large"),
        (web.HTTPBadRequest(text="internal words"), 400, "bad-request"),
        (sqlite3.OperationalError("internal words"), 503, "busy"),
        (ZeroDivisionError("internal words"), 500, "internal"),
    ],
)
async def test_every_error_is_a_problem_document_that_tells_nothing_internal(
    error: Exception, status: int, code: str
) -> None:
    answered, headers, text = await answer_of(raising(error))

    document = json.loads(text)
    assert (answered, document["status"], document["code"]) == (status, status, code)
    assert headers["Content-Type"] == "application/problem+json"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Server"] == "krets"
    assert "internal words" not in text
    assert "Traceback" not in text


async def test_a_mistake_of_ours_has_an_id_that_the_log_has_too(caplog: pytest.LogCaptureFixture) -> None:
    _, _, text = await answer_of(raising(ZeroDivisionError()))

    assert json.loads(text)["id"] in caplog.text
    assert "ZeroDivisionError" in caplog.text


async def test_patience_is_asked_for_in_seconds() -> None:
    _, headers, _ = await answer_of(raising(ProblemError(BUSY)))

    assert headers["Retry-After"] == "5"


async def test_a_body_that_drips_is_given_up() -> None:
    async def read(request: web.Request) -> web.StreamResponse:
        return web.Response(body=await read_body(request, seconds_max=0.1))

    app = web.Application(middlewares=[problem_middleware])
    app.router.add_post("/", read)
    async with TestServer(app) as server:
        reader, writer = await asyncio.open_connection(server.host, server.port)
        writer.write(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nab")
        answer = await asyncio.wait_for(reader.readuntil(b"\r\n"), timeout=5)
        writer.close()
        await writer.wait_closed()

    assert answer.startswith(b"HTTP/1.1 408")


@pytest.mark.parametrize(("size", "status"), [(ACTIVITY_BYTES_MAX, 200), (ACTIVITY_BYTES_MAX + 1, 413)])
async def test_a_body_may_be_as_large_as_the_limit_and_no_larger(size: int, status: int) -> None:
    async def read(request: web.Request) -> web.StreamResponse:
        return web.Response(text=str(len(await read_body(request, seconds_max=10))))

    app = web.Application(middlewares=[problem_middleware])
    app.router.add_post("/", read)
    async with TestClient(TestServer(app)) as client, client.post("/", data=b"x" * size) as response:
        assert response.status == status


async def test_a_target_is_a_path_and_never_an_address() -> None:
    async def show(request: web.Request) -> web.StreamResponse:
        return web.Response(text=parse_head(request, origin="https://asker.example").target_uri)

    app = web.Application(middlewares=[problem_middleware])
    app.router.add_get("/{rest:.*}", show)
    app.router.add_get("/a", show)
    answers = []
    async with TestServer(app) as server:
        for target in (b"/a%2fb?c=%C3%B8&d", b"http://evil.example/a"):
            reader, writer = await asyncio.open_connection(server.host, server.port)
            writer.write(b"GET " + target + b" HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n")
            answers.append(await reader.read())
            writer.close()
            await writer.wait_closed()

    assert answers[0].endswith(b"https://asker.example/a%2fb?c=%C3%B8&d")
    assert b"400 Bad Request" in answers[1]
