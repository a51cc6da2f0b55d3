"""Answers that come packed: unpacked whole, within the limits."""

import gzip
import tracemalloc
import zlib
from collections.abc import Callable

from .conftest import Server, Tooling


async def test_an_answer_over_the_limit_is_refused_however_it_is_packed(
    tooling: Callable[..., Tooling], server: Server
) -> None:
    web = tooling(allow_private_addresses=True, max_http_bytes=1000)
    server.says("/big", b"x" * 1001)
    server.says("/bomb", gzip.compress(b"x" * 10_000_000), content_encoding="gzip")
    server.says("/fits", gzip.compress(b"x" * 1000), content_encoding="gzip")
    for path in ("/big", "/bomb"):
        failure = await web.failure("http.get", url=server.url(path))
        assert (failure.code, failure.retryable) == ("too_large", False)
    assert (await web.run("http.get", url=server.url("/fits")))["body"] == "x" * 1000


async def test_a_bomb_is_never_unpacked_beyond_the_limit(
    tooling: Callable[..., Tooling], server: Server
) -> None:
    web = tooling(allow_private_addresses=True, max_http_bytes=1000)
    server.says("/bomb", gzip.compress(b"x" * 50_000_000), content_encoding="gzip")
    await web.failure("http.get", url=server.url("/bomb"))  # what is imported once is not counted
    tracemalloc.start()
    try:
        assert (await web.failure("http.get", url=server.url("/bomb"))).code == "too_large"
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


async def test_a_packing_that_was_not_asked_for_is_refused(web: Tooling, server: Server) -> None:
    server.says("/br", b"??", content_encoding="br")
    server.says("/lie", b"not gzip", content_encoding="gzip")
    for path in ("/br", "/lie"):
        assert (await web.failure("http.get", url=server.url(path))).code == "protocol"


async def test_a_packed_answer_of_several_parts_comes_whole(web: Tooling, server: Server) -> None:
    parts = b"".join(gzip.compress(part) for part in (b"one, ", b"", b"two, ", b"x" * 100_000))
    server.says("/parts", parts, content_encoding="gzip")
    server.says("/deflate", zlib.compress(b"one"), content_encoding="deflate")
    server.says("/empty", b"", content_encoding="gzip")
    server.says("/padded", gzip.compress(b"one") + b"\r\n\0", content_encoding="gzip")
    for path, body in [
        ("/padded", "one"),
        ("/parts", "one, two, " + "x" * 100_000),
        ("/deflate", "one"),
        ("/empty", ""),
    ]:
        assert (await web.run("http.get", url=server.url(path)))["body"] == body


async def test_a_bomb_of_many_parts_is_refused(
    tooling: Callable[..., Tooling], server: Server
) -> None:
    web = tooling(allow_private_addresses=True, max_http_bytes=1000)
    server.says("/bomb", gzip.compress(b"x" * 400) * 1000, content_encoding="gzip")
    assert (await web.failure("http.get", url=server.url("/bomb"))).code == "too_large"


async def test_a_packed_answer_that_was_cut_is_refused_and_tried_again(
    web: Tooling, server: Server
) -> None:
    whole = gzip.compress(b"one, two, three")
    for cut in (whole[:-1], whole[:12], whole + whole[:5]):
        server.says("/cut", cut, content_encoding="gzip")
        failure = await web.failure("http.get", url=server.url("/cut"))
        assert (failure.code, failure.retryable) == ("protocol", True)
        assert "ends too early" in str(failure)
