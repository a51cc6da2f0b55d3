"""`http.get` and `http.request` against a real server, and refused where they must be."""

import base64
import json
import time
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler

import pytest

from milepost.engine.tooling import Effect

from .conftest import Server, Tooling


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_json_is_fetched_and_parsed(web: Tooling, server: Server) -> None:
    server.says("/data", b'{"a": [1]}', content_type="application/json", set_cookie="s=1")
    answer = await web.run(
        "http.get", url=server.url("/data?x=1"), params={"q": "a b"}, headers={"X-Key": "k"}
    )
    assert (answer["status"], answer["kind"], answer["body"]) == (200, "json", {"a": [1]})
    assert answer["bytes"] == 10
    assert answer["headers"]["content-type"] == "application/json"
    assert "set-cookie" not in answer["headers"]
    method, path, headers, _body = server.asked[0]
    assert (method, path) == ("GET", "/data?x=1&q=a+b")
    assert headers["x-key"] == "k"
    assert headers["host"] == f"127.0.0.1:{server.port}"


@pytest.mark.parametrize(
    "query", ["wsdl", "q=a%20b&c=%2F", "x=1;y=2", "a=b%2Cc+d", "sig=abc%3D%3D&at=09:00:00Z"]
)
async def test_a_query_reaches_the_server_as_it_was_written(
    web: Tooling, server: Server, query: str
) -> None:
    server.says("/data")
    await web.run("http.get", url=server.url(f"/data?{query}"))
    assert server.asked[0][1] == f"/data?{query}"


async def test_text_and_bytes_are_told_apart(web: Tooling, server: Server) -> None:
    server.says("/text", "Grüße".encode("latin-1"), content_type="text/plain; charset=latin-1")
    server.says("/bytes", b"\xff\x00", content_type="application/octet-stream")
    server.says("/lie", b"not json", content_type="application/json")
    for path, kind, body in [
        ("/text", "text", "Grüße"),
        ("/bytes", "base64", "/wA="),
        ("/lie", "text", "not json"),
    ]:
        answer = await web.run("http.get", url=server.url(path))
        assert (answer["kind"], answer["body"]) == (kind, body)


@pytest.mark.parametrize(
    ("charset", "body"),
    [
        ("punycode", b"a" * 100 + b"-" + b"a" * 100),
        ("utf-7", b"+2AA-"),
        ("unicode_escape", b"\\ud800"),
        ("klingon", b"a"),
    ],
)
async def test_a_charset_of_no_text_is_not_decoded(
    web: Tooling, server: Server, charset: str, body: bytes
) -> None:
    server.says("/odd", body, content_type=f"text/plain; charset={charset}")
    answer = await web.run("http.get", url=server.url("/odd"))
    assert (answer["kind"], base64.b64decode(answer["body"])) == ("base64", body)


async def test_a_change_carries_the_idempotency_key_and_a_body(
    web: Tooling, server: Server
) -> None:
    server.says("/orders", b"made", status=201)
    answer = await web.run(
        "http.request", method="POST", url=server.url("/orders"), json={"n": 1, "name": "é"}
    )
    assert answer["status"] == 201
    _method, _path, headers, body = server.asked[0]
    assert headers["idempotency-key"] == "p1/load/1"
    assert headers["content-type"] == "application/json"
    assert json.loads(body) == {"n": 1, "name": "é"}
    await web.run(
        "http.request",
        method="PUT",
        url=server.url("/orders"),
        body="plain",
        headers={"idempotency-key": "mine"},
    )
    assert (server.asked[1][2]["idempotency-key"], server.asked[1][3]) == ("mine", b"plain")
    await web.run("http.request", url=server.url("/orders"))
    assert "idempotency-key" not in server.asked[2][2]


def test_fetching_is_a_read_and_requesting_a_write(web: Tooling) -> None:
    assert web.registry.get("http.get").effect is Effect.READ
    assert web.registry.get("http.request").effect is Effect.WRITE
    assert web.registry.get("http.request").check({"url": "x", "method": "TRACE"}) is not None


@pytest.mark.parametrize(("status", "retryable"), [(404, False), (429, True), (503, True)])
async def test_an_error_status_fails_with_its_code(
    web: Tooling, server: Server, status: int, retryable: bool
) -> None:
    server.says("/fails", b"sorry", status=status)
    failure = await web.failure("http.get", url=server.url("/fails?key=secret"))
    assert (failure.code, failure.retryable) == (f"http_{status}", retryable)
    assert "sorry" in str(failure)
    assert "secret" not in str(failure)
    answer = await web.run("http.get", url=server.url("/fails"), fail_on_error=False)
    assert (answer["status"], answer["body"]) == (status, "sorry")


async def test_the_loopback_address_is_refused_without_the_option(
    tools: Tooling, server: Server
) -> None:
    server.says("/data", b"secret")
    failure = await tools.failure("http.get", url=server.url("/data"))
    assert (failure.code, failure.retryable) == ("forbidden", False)
    assert server.asked == []


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "LOCALHOST.",
        "127.0.0.1",
        "127.1",
        "0",
        "0.0.0.0",  # noqa: S104 - an address to refuse, not to bind
        "2130706433",
        "017700000001",
        "0x7f000001",
        "0x7f.1",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "[64:ff9b::7f00:1]",
        "[fe80::1]",
        "[fd00:ec2::254]",
        "169.254.169.254",
        "10.0.0.1",
        "192.168.0.1",
        "172.16.0.1",
        "100.64.0.1",
    ],
)
async def test_no_spelling_of_a_private_address_passes(
    tools: Tooling, server: Server, host: str
) -> None:
    server.says("/", b"secret")
    for name in ("http.get", "http.request"):
        failure = await tools.failure(name, url=server.url("/", host=host))
        assert failure.code in ("forbidden", "unreachable", "invalid_argument")
    assert server.asked == []


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("file:///etc/passwd", "forbidden"),
        ("ftp://example.org/", "forbidden"),
        ("gopher://example.org/", "forbidden"),
        ("//example.org/", "forbidden"),
        ("example.org", "forbidden"),
        ("", "forbidden"),
        ("http://", "invalid_argument"),
        ("http://user:pass@example.org/", "invalid_argument"),
        ("http://[::1/", "invalid_argument"),
        ("http://example.org:99999/", "invalid_argument"),
        ("http://①②⑦.⓪.⓪.①/", "invalid_argument"),
    ],
)
async def test_other_schemes_and_crooked_addresses_are_refused(
    web: Tooling, url: str, code: str
) -> None:
    assert (await web.failure("http.get", url=url)).code == code


@pytest.mark.parametrize(
    "headers",
    [{"Host": "x"}, {"content-length": "1"}, {"A": "b\r\nc: d"}, {"a b": "c"}, {"a": "é\ud800"}],
)
async def test_headers_that_would_bend_the_request_are_refused(
    web: Tooling, server: Server, headers: dict[str, str]
) -> None:
    server.says("/", b"")
    failure = await web.failure("http.get", url=server.url("/"), headers=headers)
    assert (failure.code, failure.retryable) == ("invalid_argument", False)
    assert server.asked == []


async def test_redirects_are_followed_and_secrets_stay_with_their_site(
    web: Tooling, server: Server
) -> None:
    server.says("/start", status=302, location="/middle")
    server.says("/middle", status=302, location=server.url("/end", host="localhost"))
    server.says("/end", b"done")
    answer = await web.run(
        "http.get",
        url=server.url("/start"),
        headers={"Authorization": "Bearer t", "X-Api-Key": "k", "Accept": "text/plain"},
    )
    assert (answer["body"], answer["url"]) == ("done", server.url("/end", host="localhost"))
    same, other = server.asked[1][2], server.asked[2][2]
    assert (same["authorization"], same["x-api-key"]) == ("Bearer t", "k")
    assert "authorization" not in other
    assert "x-api-key" not in other
    assert (other["accept"], other["host"]) == ("text/plain", f"localhost:{server.port}")


async def test_an_endless_redirect_ends(web: Tooling, server: Server) -> None:
    server.says("/again", status=302, location="/again")
    failure = await web.failure("http.get", url=server.url("/again"))
    assert failure.code == "too_many_redirects"
    assert len(server.asked) == 6


async def test_a_redirect_to_another_scheme_is_refused(web: Tooling, server: Server) -> None:
    server.says("/file", status=302, location="file:///etc/passwd")
    failure = await web.failure("http.get", url=server.url("/file"))
    assert failure.code in ("forbidden", "invalid_argument")


async def test_a_slow_answer_ends_at_the_time_limit(
    tooling: Callable[..., Tooling], server: Server
) -> None:
    def drip(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(200)
        handler.end_headers()
        try:
            for _drop in range(200):
                handler.wfile.write(b"x")
                handler.wfile.flush()
                time.sleep(0.02)
        except OSError:
            return

    server.answers["/slow"] = drip
    web = tooling(allow_private_addresses=True, http_seconds=0.2)
    failure = await web.failure("http.get", url=server.url("/slow"))
    assert (failure.code, failure.retryable) == ("timeout", True)


async def test_a_json_value_and_a_body_together_are_refused(web: Tooling, server: Server) -> None:
    failure = await web.failure(
        "http.request", method="POST", url=server.url("/"), json=1, body="x"
    )
    assert failure.code == "invalid_argument"
    assert server.asked == []
