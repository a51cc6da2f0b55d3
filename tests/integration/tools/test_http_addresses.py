"""To which addresses `http.*` connects: those that were checked, and no others."""

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import Any

import httpx2
import pytest

from .conftest import Server, Tooling


class Wire:
    """Stands where the connection would be made, and keeps what came there."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *answers: httpx2.Response) -> None:
        self.requests: list[httpx2.Request] = []
        self._answers = iter(answers)

        async def handle(_self: object, request: httpx2.Request) -> httpx2.Response:
            self.requests.append(request)
            return next(self._answers)

        monkeypatch.setattr(httpx2.AsyncHTTPTransport, "handle_async_request", handle)


def resolving(*answers: list[str]) -> tuple[Callable[[str, int], Any], list[str]]:
    """Return a resolver that changes its mind with every question, and what it was asked."""
    asked: list[str] = []
    given = iter(answers)

    async def resolver(host: str, _port: int) -> list[str]:
        asked.append(host)
        return next(given)

    return resolver, asked


async def test_the_connection_goes_to_the_address_that_was_checked(
    tooling: Callable[..., Tooling], monkeypatch: pytest.MonkeyPatch
) -> None:
    resolver, asked = resolving(["93.184.215.14"], ["127.0.0.1"])
    wire = Wire(monkeypatch, httpx2.Response(200, stream=httpx2.ByteStream(b"ok")))
    tools = tooling(resolver=resolver)
    answer = await tools.run("http.get", url="https://rebinding.example/x")
    assert (answer["body"], answer["url"]) == ("ok", "https://rebinding.example/x")
    (request,) = wire.requests
    assert request.url.host == "93.184.215.14"
    assert request.headers["host"] == "rebinding.example"
    assert request.extensions["sni_hostname"] == "rebinding.example"
    assert asked == ["rebinding.example"]


async def test_a_name_that_turns_private_after_a_redirect_is_refused(
    tooling: Callable[..., Tooling], monkeypatch: pytest.MonkeyPatch
) -> None:
    resolver, asked = resolving(["93.184.215.14"], ["127.0.0.1"])
    wire = Wire(monkeypatch, httpx2.Response(302, headers={"location": "/again"}))
    failure = await tooling(resolver=resolver).failure("http.get", url="http://rebinding.example/")
    assert failure.code == "forbidden"
    assert len(wire.requests) == 1
    assert asked == ["rebinding.example"] * 2


@pytest.mark.parametrize("target", ["http://127.0.0.1/", "http://[::1]/", "http://2130706433/"])
async def test_a_redirect_to_a_private_address_is_refused(
    tooling: Callable[..., Tooling], monkeypatch: pytest.MonkeyPatch, target: str
) -> None:
    async def resolver(host: str, _port: int) -> list[str]:
        return [{"2130706433": "127.0.0.1", "public.example": "93.184.215.14"}.get(host, host)]

    wire = Wire(monkeypatch, httpx2.Response(302, headers={"location": target}))
    failure = await tooling(resolver=resolver).failure("http.get", url="http://public.example/")
    assert failure.code == "forbidden"
    assert [request.url.host for request in wire.requests] == ["93.184.215.14"]


async def test_the_name_reaches_the_server_though_only_the_address_is_dialled(
    tooling: Callable[..., Tooling], server: Server
) -> None:
    resolver, asked = resolving(["127.0.0.2", "127.0.0.1"])
    server.says("/", b"hello")
    web = tooling(resolver=resolver, allow_private_addresses=True)
    answer = await web.run("http.get", url=server.url("/", host="nowhere.example"))
    assert answer["body"] == "hello"
    assert server.asked[0][2]["host"] == f"nowhere.example:{server.port}"
    assert asked == ["nowhere.example"]


@contextmanager
def hanging(port: int) -> Iterator[str]:
    """Yield an address where nothing answers a try to connect: its queue is full."""
    with ExitStack() as sockets:
        listener = sockets.enter_context(socket.socket())
        listener.bind(("127.0.0.2", port))
        listener.listen(0)
        for _place in range(4):
            caller = sockets.enter_context(socket.socket())
            caller.setblocking(False)
            with suppress(BlockingIOError):
                caller.connect(("127.0.0.2", port))
        yield "127.0.0.2"


async def test_an_address_that_hangs_leaves_time_for_the_next(
    tooling: Callable[..., Tooling], server: Server
) -> None:
    server.says("/", b"hello")
    with hanging(server.port) as address:
        resolver, _asked = resolving([address, "127.0.0.1"])
        web = tooling(resolver=resolver, allow_private_addresses=True, http_seconds=4)
        answer = await web.run("http.get", url=server.url("/", host="two.example"))
    assert answer["body"] == "hello"


async def test_a_closed_port_is_unreachable_and_may_be_tried_again(web: Tooling) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    failure = await web.failure("http.get", url=f"http://127.0.0.1:{port}/")
    assert (failure.code, failure.retryable) == ("unreachable", True)


async def test_a_proxy_of_the_environment_is_not_used(
    web: Tooling, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    server.says("/", b"direct")
    assert (await web.run("http.get", url=server.url("/")))["body"] == "direct"
