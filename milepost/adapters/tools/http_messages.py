"""What goes out to the web and what comes back, free of any HTTP library."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from milepost.domain.values import Json, JsonScalar

from .addresses import Resolver


@dataclass(frozen=True, slots=True)
class HttpLimits:
    """What an exchange may reach and cost."""

    allow_private: bool
    seconds: float
    max_bytes: int
    resolver: Resolver


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What is sent; at most one of `json` and `body`."""

    method: str
    url: str
    headers: Mapping[str, str]
    params: Mapping[str, JsonScalar]
    json: Json = None
    body: str | None = None


@dataclass(frozen=True, slots=True)
class Incoming:
    """What came back at the end of all redirects; header names are in lower case."""

    status: int
    url: str
    headers: Mapping[str, str]
    content: bytes
