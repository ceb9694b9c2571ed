"""The port to the network: one request out, one bounded answer back; and its real implementation with aiohttp.

Deliveries and fetches go through this and nothing else, so that tests and the simulator can put their own in its
place. Nothing here signs, follows a redirect, or retries.
"""

import asyncio
from dataclasses import dataclass
from types import TracebackType
from typing import Protocol, Self

import aiohttp
from yarl import URL

from node.federation.dialling import AddressRefusedError, guarded_sockets
from protocol.http_signatures import HttpRequest

CONNECTIONS_MAX = 512
"""Connections open to peers at once: a kept one to each of 400 peers, and room for fetches."""

CONNECTIONS_PER_PEER_MAX = 2
"""One for the delivery under way, one for a fetch beside it."""

CONNECTION_IDLE_SECONDS = 20.0
"""How long a connection is kept for the next delivery: warm ones are twice as fast (measured 2026-11-23). Shorter than
our server keeps it (node.app), so that a delivery rarely meets a connection that the peer is just closing."""

USER_AGENT = "krets (+https://w3id.org/krets)"


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """An answer as it came: header fields in order with their names in lower case, and at most the bytes asked for."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str | None:
        """The first field of this (lower-case) name, or None."""
        return next((value for field, value in self.headers if field == name), None)


class ExchangeFailed(Exception):
    """No usable answer came. `safe_text` says why in a few words, without a full stop."""

    def __init__(self, safe_text: str, *, internal: str) -> None:
        super().__init__(internal)
        self.safe_text = safe_text


class Transport(Protocol):
    """What delivers and fetches need of the network."""

    async def exchange(self, request: HttpRequest, *, body_bytes_max: int, deadline_seconds: float) -> HttpAnswer:
        """Send the request exactly as it is and read the whole answer.

        Raises ExchangeFailed if it cannot be sent, or if the answer is not complete within `deadline_seconds` or
        larger than `body_bytes_max` bytes.
        """
        ...


class HttpTransport:
    """The real network, through one aiohttp session: open inside `async with`, and only there.

    No proxy, cookie, compression or redirect; addresses as `node.federation.dialling` allows.
    """

    def __init__(self, *, loopback_allowed: bool) -> None:
        self._loopback_allowed = loopback_allowed
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(
            limit=CONNECTIONS_MAX,
            limit_per_host=CONNECTIONS_PER_PEER_MAX,
            keepalive_timeout=CONNECTION_IDLE_SECONDS,
            socket_factory=guarded_sockets(loopback_allowed=self._loopback_allowed),
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            cookie_jar=aiohttp.DummyCookieJar(),
            trust_env=False,
            auto_decompress=False,
            timeout=aiohttp.ClientTimeout(total=None),
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def exchange(self, request: HttpRequest, *, body_bytes_max: int, deadline_seconds: float) -> HttpAnswer:
        """As Transport says; no redirect is followed."""
        try:
            async with asyncio.timeout(deadline_seconds):
                return await self._exchange(request, body_bytes_max=body_bytes_max)
        except TimeoutError as error:
            raise ExchangeFailed("no answer in time", internal=f"{request.target_uri}: no answer in time") from error
        except aiohttp.ClientConnectorError as error:
            raise ExchangeFailed(_reason_of(error), internal=f"{request.target_uri}: {error}") from error
        except (aiohttp.ClientError, ValueError, OSError) as error:
            # ValueError: aiohttp refuses to send a header or to follow an answer that is not HTTP.
            raise ExchangeFailed("no proper HTTP answer", internal=f"{request.target_uri}: {error!r}") from error

    async def _exchange(self, request: HttpRequest, *, body_bytes_max: int) -> HttpAnswer:
        if self._session is None:
            raise RuntimeError("the transport is not open")
        # encoded=True: the target goes out as it was signed, not as yarl would spell it.
        async with self._session.request(
            request.method,
            URL(request.target_uri, encoded=True),
            headers=[*request.headers, ("Accept-Encoding", "identity"), ("User-Agent", USER_AGENT)],
            data=request.body or None,
            allow_redirects=False,
        ) as response:
            body = bytearray()
            async for chunk in response.content.iter_any():
                body += chunk
                if len(body) > body_bytes_max:
                    response.close()
                    raise ExchangeFailed(
                        "the answer is too large", internal=f"{request.target_uri}: over {body_bytes_max} bytes"
                    )
            headers = tuple((name.lower(), value) for name, value in response.headers.items())
            return HttpAnswer(status=response.status, headers=headers, body=bytes(body))


def _reason_of(error: aiohttp.ClientConnectorError) -> str:
    if isinstance(error.os_error, AddressRefusedError):
        return "its address is not one that this node dials"
    if isinstance(error, aiohttp.ClientConnectorDNSError):
        return "its host name is not known"
    if isinstance(error, aiohttp.ClientSSLError):
        return "its TLS certificate is not valid"
    return "no connection"
