"""The built-in tools over a real folder, and a real server on the loopback address."""

import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from milepost.adapters.tools import ToolOptions, ToolRegistry, builtin_tools
from milepost.domain.errors import ExecutionError
from tests.unit.tools.calls import checked

Answer = Callable[[BaseHTTPRequestHandler], None]


@dataclass(slots=True)
class Tooling:
    """The built-in tools by name, and the folder that they are confined to."""

    folder: Path
    registry: ToolRegistry

    async def run(self, name: str, /, **arguments: Any) -> Any:
        return await checked(self.registry.get(name), **arguments)

    async def failure(self, name: str, /, **arguments: Any) -> ExecutionError:
        with pytest.raises(ExecutionError) as caught:
            await self.run(name, **arguments)
        return caught.value


@pytest.fixture
def tooling(tmp_path: Path) -> Callable[..., Tooling]:
    """Return a maker of built-in tools over a folder inside the test's own."""
    folder = tmp_path / "files"
    folder.mkdir()

    def make(**options: Any) -> Tooling:
        tools = builtin_tools(ToolOptions(folder=folder, **options))
        return Tooling(folder, ToolRegistry(tools, plugins=list))

    return make


@pytest.fixture
def tools(tooling: Callable[..., Tooling]) -> Tooling:
    """Return the built-in tools as they are by default."""
    return tooling()


@pytest.fixture
def web(tooling: Callable[..., Tooling]) -> Tooling:
    """Return tools that may reach the loopback address."""
    return tooling(allow_private_addresses=True, http_seconds=5.0)


@dataclass(slots=True)
class Server:
    """A web server: what each path answers, and what it was asked."""

    port: int
    answers: dict[str, Answer] = field(default_factory=dict)
    asked: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)

    def url(self, path: str, *, host: str = "127.0.0.1") -> str:
        return f"http://{host}:{self.port}{path}"

    def says(self, path: str, body: bytes = b"", *, status: int = 200, **headers: str) -> None:
        def answer(handler: BaseHTTPRequestHandler) -> None:
            handler.send_response(status)
            for name, value in headers.items():
                handler.send_header(name.replace("_", "-"), value)
            handler.send_header("content-length", str(len(body)))
            handler.end_headers()
            handler.wfile.write(body)

        self.answers[path] = answer


@pytest.fixture
def server() -> Iterator[Server]:
    """Serve HTTP on a free port of the loopback address."""

    class Handler(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            known.asked.append((self.command, self.path, headers, body))
            known.answers[self.path.partition("?")[0]](self)

        do_GET = do_POST = do_PUT = handle_any  # noqa: N815 - names that the library calls

        def log_message(self, *_arguments: object) -> None:
            """Keep the test's output clean."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as listening:
        known = Server(listening.server_address[1])
        thread = threading.Thread(target=listening.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield known
        listening.shutdown()
        thread.join()
