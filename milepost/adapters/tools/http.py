"""`http.get` and `http.request`: the web, without the machine's own network."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal
from urllib.parse import quote, urlsplit

import orjson

from milepost.domain.errors import ExecutionError
from milepost.domain.values import Json, JsonScalar
from milepost.engine.tooling import Tool, ToolCall

from .charsets import codec_of
from .decorator import tool
from .http_messages import HttpLimits, Incoming, Outgoing

Method = Literal["GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"]

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_OUR_HEADERS = frozenset(
    {"host", "content-length", "transfer-encoding", "connection", "upgrade", "te", "expect"}
    | {"accept-encoding", "proxy-authorization", "proxy-connection"}
)
_SECRET_HEADERS = frozenset({"set-cookie"})
_RETRYABLE = frozenset({408, 425, 429, 500, 502, 503, 504})
_FIRST_ERROR_STATUS = 400
_LONGEST_QUOTE = 200


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """An answer; `kind` says whether `body` is parsed JSON, text, or bytes in base64."""

    status: int
    url: str
    headers: dict[str, str]
    kind: Literal["json", "text", "base64"]
    body: Any
    bytes: int


def http_tools(limits: HttpLimits) -> list[Tool]:
    """Return the HTTP tools; an error status fails the call unless `fail_on_error` is false."""

    @tool(name="http.get", effect="read")
    async def get_url(
        url: str,
        *,
        headers: dict[str, str] | None = None,
        params: dict[str, JsonScalar] | None = None,
        fail_on_error: bool = True,
    ) -> HttpAnswer:
        """Fetch an http or https address; may be repeated after a crash."""
        outgoing = Outgoing("GET", url, headers or {}, params or {})
        return _answered(outgoing, await _exchanged(outgoing, limits), fail_on_error=fail_on_error)

    @tool(name="http.request", effect="write")
    async def request_url(
        call: ToolCall,
        *,
        url: str,
        method: Method = "GET",
        headers: dict[str, str] | None = None,
        params: dict[str, JsonScalar] | None = None,
        json: Json = None,
        body: str | None = None,
        fail_on_error: bool = True,
    ) -> HttpAnswer:
        """Send an HTTP request with any method; changes carry an Idempotency-Key header."""
        plain = Outgoing(method, url, headers or {}, params or {}, json, body)
        outgoing = _with_key(plain, call.key)
        return _answered(outgoing, await _exchanged(outgoing, limits), fail_on_error=fail_on_error)

    return [get_url, request_url]


async def _exchanged(outgoing: Outgoing, limits: HttpLimits) -> Incoming:
    _refuse_malformed(outgoing)
    from .http_exchange import exchange

    return await exchange(outgoing, limits)


def _with_key(outgoing: Outgoing, key: str) -> Outgoing:
    """Let the server recognise a repeated change; a key that the caller set is kept."""
    named = {name.lower() for name in outgoing.headers}
    if outgoing.method in _SAFE_METHODS or "idempotency-key" in named:
        return outgoing
    header = {"Idempotency-Key": quote(key, safe="/~.")}
    return replace(outgoing, headers={**outgoing.headers, **header})


def _refuse_malformed(outgoing: Outgoing) -> None:
    try:
        parts = urlsplit(outgoing.url)
        port = parts.port
    except ValueError as error:
        raise _invalid(f"url: {error}; give an address such as https://example.org/") from error
    if parts.scheme not in ("http", "https"):
        message = f"url: scheme {parts.scheme!r} is refused; use http or https"
        raise ExecutionError(message, code="forbidden", retryable=False)
    if not parts.hostname or port == 0:
        raise _invalid("url: has no host or port; give an address such as https://example.org/")
    if parts.username is not None or parts.password is not None:
        raise _invalid("url: holds a user or password; send an Authorization header instead")
    ours = sorted(name for name in outgoing.headers if name.lower() in _OUR_HEADERS)
    if ours:
        raise _invalid(f"headers: {ours[0]} is set by the tool; leave it out")
    if outgoing.json is not None and outgoing.body is not None:
        raise _invalid("json, body: give one of them, not both")


def _answered(outgoing: Outgoing, incoming: Incoming, *, fail_on_error: bool) -> HttpAnswer:
    kind, body = _read(incoming)
    if fail_on_error and incoming.status >= _FIRST_ERROR_STATUS:
        raise _error_status(outgoing, incoming.status, body if kind == "text" else "")
    headers = _public(incoming.headers)
    return HttpAnswer(incoming.status, incoming.url, headers, kind, body, len(incoming.content))


def _read(incoming: Incoming) -> tuple[Literal["json", "text", "base64"], Any]:
    """Return the body's kind and value: JSON where it says so and is, then text, then base64."""
    kind, _, rest = incoming.headers.get("content-type", "").lower().partition(";")
    if kind.strip() == "application/json" or kind.strip().endswith("+json"):
        try:
            return "json", orjson.loads(incoming.content)
        except orjson.JSONDecodeError:
            pass  # it claims to be JSON and is not: given as text below
    charset = rest.partition("charset=")[2].partition(";")[0].strip(" \"'") or "utf-8"
    codec = codec_of(charset)
    if codec is not None:
        try:
            return "text", incoming.content.decode(codec)
        except UnicodeDecodeError:
            pass  # it claims to be text and is not: given as base64 below
    return "base64", base64.b64encode(incoming.content).decode("ascii")


def _error_status(outgoing: Outgoing, status: int, text: str) -> ExecutionError:
    place = outgoing.url.partition("?")[0]
    detail = f": {text[:_LONGEST_QUOTE]}" if text.strip() else ""
    message = f"{outgoing.method} {place}: answered {status}{detail}"
    return ExecutionError(message, code=f"http_{status}", retryable=status in _RETRYABLE)


def _public(headers: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name not in _SECRET_HEADERS}


def _invalid(message: str) -> ExecutionError:
    return ExecutionError(message, code="invalid_argument", retryable=False)
