"""The real transport, against real sockets on the loopback interface."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from node.federation.transport import ExchangeFailed, HttpAnswer, HttpTransport
from protocol.http_signatures import HttpRequest


@asynccontextmanager
async def answering(answer: bytes, *, seen: list[bytes] | None = None, hold: bool = False) -> AsyncIterator[int]:
    """A server that sends these bytes whatever it is asked, on the port it yields."""

    writers: list[asyncio.StreamWriter] = []

    async def speak(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.append(writer)
        head = await reader.readuntil(b"\r\n\r\n")
        if seen is not None:
            seen.append(head)
        writer.write(answer)
        await writer.drain()
        if not hold:
            writer.close()

    server = await asyncio.start_server(speak, "127.0.0.1", 0)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for writer in writers:
            writer.close()
        await asyncio.gather(*(writer.wait_closed() for writer in writers), return_exceptions=True)


async def get(uri: str, *, loopback_allowed: bool = True, body_bytes_max: int = 100) -> HttpAnswer:
    async with HttpTransport(loopback_allowed=loopback_allowed) as transport:
        request = HttpRequest("GET", uri, (("Accept", "text/plain"),), b"")
        return await transport.exchange(request, body_bytes_max=body_bytes_max, deadline_seconds=0.5)


async def test_an_answer_comes_back_as_it_was_sent() -> None:
    seen: list[bytes] = []
    answer = b"HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\nX-Two: a\r\nX-Two: b\r\n\r\nok"

    async with answering(answer, seen=seen) as port:
        got = await get(f"http://127.0.0.1:{port}/a%2Fb?q=%C3%B8")

    assert (got.status, got.body) == (202, b"ok")
    assert [value for name, value in got.headers if name == "x-two"] == ["a", "b"]
    assert (got.header("content-length"), got.header("nothing")) == ("2", None)
    assert seen[0].startswith(b"GET /a%2Fb?q=%C3%B8 HTTP/1.1\r\n")
    assert b"Accept-Encoding: identity" in seen[0]


async def test_a_redirect_is_an_answer_like_any_other() -> None:
    async with answering(b"HTTP/1.1 302 Found\r\nLocation: /x\r\nContent-Length: 0\r\n\r\n") as port:
        got = await get(f"http://127.0.0.1:{port}/")

    assert (got.status, got.header("location")) == (302, "/x")


async def test_a_compressed_answer_is_left_as_it_is() -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc"

    async with answering(answer) as port:
        assert (await get(f"http://127.0.0.1:{port}/")).body == b"abc"


@pytest.mark.parametrize("size", [100, 101])
async def test_an_answer_over_the_limit_is_not_read_to_its_end(size: int) -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + b"x" * size

    async with answering(answer) as port:
        if size <= 100:
            assert len((await get(f"http://127.0.0.1:{port}/")).body) == size
        else:
            with pytest.raises(ExchangeFailed) as failed:
                await get(f"http://127.0.0.1:{port}/")
            assert failed.value.safe_text == "the answer is too large"


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx", "no answer in time"),
        (b"", "no answer in time"),
        (b"HTTP/1.1 200 OK\r\nContent-", "no answer in time"),
    ],
)
async def test_an_answer_that_does_not_end_is_given_up(answer: bytes, reason: str) -> None:
    async with answering(answer, hold=True) as port:
        with pytest.raises(ExchangeFailed) as failed:
            await get(f"http://127.0.0.1:{port}/")

    assert failed.value.safe_text == reason


@pytest.mark.parametrize("answer", [b"hello\r\n\r\n", b"", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nx"])
async def test_what_is_not_an_http_answer_is_told(answer: bytes) -> None:
    async with answering(answer) as port:
        with pytest.raises(ExchangeFailed) as failed:
            await get(f"http://127.0.0.1:{port}/")

    assert failed.value.safe_text == "no proper HTTP answer"


async def test_loopback_is_not_dialled_without_development_whatever_it_is_called() -> None:
    seen: list[bytes] = []
    async with answering(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", seen=seen) as port:
        for host in ("127.0.0.1", "localhost", "127.0.0.2"):
            with pytest.raises(ExchangeFailed) as failed:
                await get(f"http://{host}:{port}/", loopback_allowed=False)
            assert failed.value.safe_text in ("its address is not one that this node dials", "no connection")

    assert seen == []


async def test_nobody_listening_is_no_connection() -> None:
    async with answering(b"") as port:
        pass

    with pytest.raises(ExchangeFailed) as failed:
        await get(f"http://127.0.0.1:{port}/")

    assert failed.value.safe_text == "no connection"


async def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1/")
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1/")

    async with answering(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n") as port:
        assert (await get(f"http://127.0.0.1:{port}/")).status == 200


async def test_a_transport_that_is_not_open_is_a_mistake_of_ours() -> None:
    request = HttpRequest("GET", "http://127.0.0.1/", (), b"")

    with pytest.raises(RuntimeError, match="not open"):
        await HttpTransport(loopback_allowed=True).exchange(request, body_bytes_max=1, deadline_seconds=1)
