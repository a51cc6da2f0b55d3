"""One HTTP exchange: redirects followed with care, the body read within limits."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import httpx2

from milepost.domain.errors import ExecutionError

from .http_messages import HttpLimits, Incoming, Outgoing
from .http_transport import PinnedTransport
from .http_unpacking import unpacking

MAX_REDIRECTS = 5
_KEPT_ACROSS_ORIGINS = frozenset(
    {"accept", "accept-encoding", "accept-language", "content-length", "content-type", "host"}
    | {"user-agent", "connection"}
)


async def exchange(outgoing: Outgoing, limits: HttpLimits) -> Incoming:
    """Send and receive, within the limits.

    Raises `ExecutionError` with the codes forbidden, invalid_argument, timeout, too_large,
    too_many_redirects, unreachable and protocol.
    """
    try:
        with anyio.fail_after(limits.seconds):
            async with _client(limits) as client:
                return await _followed(client, _request(client, outgoing), limits)
    except (TimeoutError, httpx2.TimeoutException) as error:
        raise _failed(outgoing, f"no answer within {limits.seconds:g} s", "timeout") from error
    except (httpx2.InvalidURL, httpx2.LocalProtocolError, UnicodeError, ValueError) as error:
        raise _failed(outgoing, f"cannot be sent ({error})", "invalid_argument") from error
    except httpx2.NetworkError as error:
        raise _failed(outgoing, f"cannot be reached ({error})", "unreachable") from error
    except httpx2.RequestError as error:
        raise _failed(outgoing, f"answered what is not HTTP ({error})", "protocol") from error


@asynccontextmanager
async def _client(limits: HttpLimits) -> AsyncIterator[httpx2.AsyncClient]:
    transport = PinnedTransport(resolver=limits.resolver, allow_private=limits.allow_private)
    async with httpx2.AsyncClient(
        transport=transport, trust_env=False, timeout=limits.seconds
    ) as client:
        yield client


def _request(client: httpx2.AsyncClient, outgoing: Outgoing) -> httpx2.Request:
    """Build the request; a plain body is asked for, as compressed ones hide their size."""
    url = httpx2.URL(outgoing.url)
    return client.build_request(
        outgoing.method,
        url.copy_merge_params(dict(outgoing.params)) if outgoing.params else url,
        headers={"User-Agent": "milepost", "Accept-Encoding": "identity", **outgoing.headers},
        json=outgoing.json,
        content=None if outgoing.body is None else outgoing.body.encode(),
    )


async def _followed(
    client: httpx2.AsyncClient, request: httpx2.Request, limits: HttpLimits
) -> Incoming:
    for _hop in range(MAX_REDIRECTS + 1):
        response = await client.send(request, stream=True)
        try:
            if response.next_request is None:
                return await _received(response, limits.max_bytes)
        finally:
            await response.aclose()
        request = _redirected(request, response.next_request)
    message = f"{shown(request.url)}: more than {MAX_REDIRECTS} redirects; use the final address"
    raise ExecutionError(message, code="too_many_redirects", retryable=False)


def _redirected(before: httpx2.Request, after: httpx2.Request) -> httpx2.Request:
    """Drop what the caller sent to one site before it reaches another: keys, tokens, cookies."""
    if _origin(before.url) != _origin(after.url):
        for name in list(after.headers):
            if name not in _KEPT_ACROSS_ORIGINS:
                del after.headers[name]
    return after


def _origin(url: httpx2.URL) -> tuple[str, bytes, int | None]:
    return url.scheme, url.raw_host, url.port


async def _received(response: httpx2.Response, max_bytes: int) -> Incoming:
    content = bytearray()
    body = unpacking(response.headers.get("content-encoding", "identity").lower())
    async for chunk in response.aiter_raw():
        content += body.unpack(chunk, max_bytes + 1)
        if len(content) > max_bytes:
            message = f"{shown(response.url)}: the answer is over {max_bytes} bytes; ask for less"
            raise ExecutionError(message, code="too_large", retryable=False)
    if body.is_cut:
        raise httpx2.DecodingError("the packed body ends too early")
    return Incoming(response.status_code, str(response.url), dict(response.headers), bytes(content))


def shown(url: httpx2.URL) -> str:
    """Return a URL for messages: without user, password and query, which may be secret."""
    return f"{url.scheme}://{url.netloc.decode('ascii')}{url.path}"


def _failed(outgoing: Outgoing, problem: str, code: str) -> ExecutionError:
    place = outgoing.url.partition("?")[0]
    message = f"{outgoing.method} {place}: {problem}"
    return ExecutionError(message, code=code, retryable=code != "invalid_argument")
