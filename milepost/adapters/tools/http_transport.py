"""A transport that connects only to addresses it has checked, so DNS cannot change in between."""

from __future__ import annotations

import ssl
from functools import cache
from types import TracebackType
from typing import Self

import httpx2

from milepost.domain.errors import ExecutionError

from .addresses import Resolver, permitted_addresses

_PORTS = {"http": 80, "https": 443}


class PinnedTransport(httpx2.AsyncBaseTransport):
    """Resolves each request's host itself, checks every address, and connects to those alone.

    Each hop of a redirect passes here. The name stays in the Host header and in TLS, where the
    certificate is checked against it. Connections are not kept, and no proxy is used.
    """

    def __init__(self, *, resolver: Resolver, allow_private: bool) -> None:
        self._resolver = resolver
        self._allow_private = allow_private
        self._inner = httpx2.AsyncHTTPTransport(
            verify=_tls(), trust_env=False, limits=httpx2.Limits(max_keepalive_connections=0)
        )

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send to the first permitted address that answers; raise `ExecutionError` forbidden.

        Each address has an equal share of the time for connecting, so that none can use it up.
        """
        url = request.url
        if url.scheme not in _PORTS:
            message = f"url: scheme {url.scheme!r} is refused; use http or https"
            raise ExecutionError(message, code="forbidden", retryable=False)
        host = url.raw_host.decode("ascii")
        addresses = await permitted_addresses(
            host,
            url.port or _PORTS[url.scheme],
            resolver=self._resolver,
            allow_private=self._allow_private,
        )
        requests = [_pinned(request, address, host, 1 / len(addresses)) for address in addresses]
        for pinned in requests[:-1]:
            try:
                return await self._inner.handle_async_request(pinned)
            except (httpx2.ConnectError, httpx2.ConnectTimeout):
                continue
        return await self._inner.handle_async_request(requests[-1])

    async def __aenter__(self) -> Self:
        await self._inner.__aenter__()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        await self._inner.__aexit__(exc_type, exc_value, traceback)

    async def aclose(self) -> None:
        """Close the connections."""
        await self._inner.aclose()


def _pinned(request: httpx2.Request, address: str, host: str, share: float) -> httpx2.Request:
    """Return the request to one address of a host, with its share of the time for connecting."""
    timeout = request.extensions["timeout"]
    shared = {**timeout, "connect": timeout["connect"] * share}
    return httpx2.Request(
        request.method,
        request.url.copy_with(host=address),
        headers=request.headers,
        stream=request.stream,
        extensions={**request.extensions, "sni_hostname": host, "timeout": shared},
    )


@cache
def _tls() -> ssl.SSLContext:
    """Make the TLS context once; loading the certificates costs tens of milliseconds."""
    return httpx2.create_ssl_context()
