"""The server answers its own pages only, takes nothing, asks nobody, and confines what it sends."""

import asyncio
import http.client
import os
import re
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.types import Message

from dashboard.guard import Guard, HostsError, failed, listed_hosts
from tests.python.dashboard.browsing import served, wait_until_shown
from tests.python.warehouse import PROJECT

HANDSHAKE = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
}
STREAM = "/_stcore/stream"
PATHS = ("/", "/retention", "/_stcore/health", "/_stcore/host-config", "/_stcore/metrics", "/media/none", "/static/none.js", STREAM)
PROXY = "dash.localhost"
HEADERS = {
    "x-frame-options": "DENY",
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
}


class Asked(ThreadingHTTPServer):
    """A proxy to the internet that answers nothing and counts what it is asked."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        lines = self.lines

        class Refuses(BaseHTTPRequestHandler):
            def handle_one_request(self) -> None:
                lines.append(self.rfile.readline().decode())
                self.close_connection = True

        super().__init__(("127.0.0.1", 0), Refuses)

    @property
    def environment(self) -> dict[str, str]:
        """The settings that lead a program to it."""
        address = f"http://127.0.0.1:{self.server_port}"
        return {"http_proxy": address, "https_proxy": address, "HTTP_PROXY": address, "HTTPS_PROXY": address, "NO_PROXY": ""}


@pytest.fixture(scope="module")
def internet() -> Iterator[Asked]:
    """What the server under test takes for the internet."""
    with Asked() as proxy:
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        yield proxy
        proxy.shutdown()


@pytest.fixture(scope="module")
def server(internet: Asked, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A dashboard without a published file, known as a host behind a proxy, too: its name and port."""
    folder = tmp_path_factory.mktemp("guarded")
    with served(folder / "none.duckdb", folder / "log", DASHBOARD_HOSTS=f"{PROXY}, other.example:8443", **internet.environment) as address:
        yield address.removeprefix("http://")


def answer(server: str, path: str = "/", method: str = "GET", **headers: str) -> http.client.HTTPResponse:
    """Returns the answer to a request, its head alone where it opens a WebSocket."""
    connection = http.client.HTTPConnection(server, timeout=20)
    connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
    for name, value in ({"Host": server} | (HANDSHAKE if path == STREAM else {}) | headers).items():
        for part in value.split("\n") if value else ():
            connection.putheader(name, part)
    connection.endheaders()
    return connection.getresponse()


@pytest.mark.parametrize("path", ["/", "/_stcore/health", "/_stcore/host-config", STREAM])
@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:8501",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "evil.example/localhost",
        "localhost@evil.example",
        "evil.example#localhost",
        "127.0.0.2",
        "0.0.0.0",  # noqa: S104
        "[::2]",
        "[::1].evil.example",
        "localhost:",
        "other.example",
        "other.example:80",
        "dash.localhost.evil.example",
        "localhost\nevil.example",
        "",
    ],
)
def test_a_foreign_host_is_refused(server: str, path: str, host: str) -> None:
    """Whether it has no Host, another one, or two; over HTTP and WebSocket."""
    assert answer(server, path, Host=host).status in {400, 403}


@pytest.mark.parametrize("path", ["/", STREAM])
@pytest.mark.parametrize("host", ["localhost:1", "127.0.0.1:8501", "[::1]:8501", "LocalHost", PROXY, f"{PROXY}:8080", "other.example:8443"])
def test_a_known_host_is_answered(server: str, path: str, host: str) -> None:
    assert answer(server, path, Host=host).status == (101 if path == STREAM else 200)
    assert answer(server, path, Host=host, Origin=f"http://{host}".lower()).status == (
        403 if host != host.lower() else 101 if path == STREAM else 200
    )


@pytest.mark.parametrize("path", ["/", STREAM])
@pytest.mark.parametrize(
    "origin",
    [
        "https://evil.example",
        "http://localhost:1",
        "http://127.0.0.1.evil.example",
        "http://evil.example#{server}",
        "https://dash.localhost.evil.example",
        "https://other.example",
        "null",
        "chrome-extension://{server}",
        "file://",
        "http://[",
        "http://{server}\nhttps://evil.example",
    ],
)
def test_a_foreign_origin_is_refused(server: str, internet: Asked, path: str, origin: str) -> None:
    """And the server asks nobody on the internet whether the origin might be itself."""
    assert answer(server, path, Origin=origin.format(server=server)).status in {400, 403}
    assert internet.lines == []


@pytest.mark.parametrize("host", ["{server}", "localhost", "dash.localhost"])
@pytest.mark.parametrize("origin", ["https://dash.localhost", "https://dash.localhost:444", "https://other.example:8443"])
def test_behind_a_proxy_a_listed_origin_is_answered(server: str, internet: Asked, host: str, origin: str) -> None:
    """Whether the proxy leaves the header Host as it was or writes another one; again nobody is asked."""
    assert answer(server, STREAM, Host=host.format(server=server), Origin=origin).status == 101
    assert internet.lines == []


def test_the_server_asks_nobody_where_it_listens_on_all_addresses(internet: Asked, tmp_path: Path) -> None:
    with served(tmp_path / "none.duckdb", tmp_path / "log", STREAMLIT_SERVER_ADDRESS="0.0.0.0", **internet.environment):  # noqa: S104
        assert "http://127.0.0.1:" in (tmp_path / "log").read_text()
    assert internet.lines == []


@pytest.mark.parametrize("method", ["PUT", "POST", "PATCH", "DELETE", "PROPFIND"])
@pytest.mark.parametrize(
    "path", ["/", "/_stcore/upload_file/session/file", "/retention/_stcore/upload_file/a/b", "/_stcore/agent/interact"]
)
def test_nothing_is_taken(server: str, path: str, method: str) -> None:
    refused = answer(server, path, method)
    assert refused.status == 405
    assert b"read-only" in refused.read()


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("refused", [{}, {"Host": "evil.example"}, {"Origin": "https://evil.example"}], ids=["known", "host", "origin"])
def test_every_answer_is_confined(server: str, path: str, refused: dict[str, str]) -> None:
    given = answer(server, path, **refused)
    assert {name: given.headers.get_all(name) for name in HEADERS} == {name: [value] for name, value in HEADERS.items()}
    (policy,) = given.headers.get_all("content-security-policy") or []
    rules = {rule.split()[0]: rule.split()[1:] for rule in policy.split(";")}
    assert rules["default-src"] == rules["frame-ancestors"] == rules["form-action"] == rules["base-uri"] == ["'none'"]
    assert {"'unsafe-inline'", "*", "http:", "https:", "data:"}.isdisjoint(rules["script-src"])
    outside = {source for sources in rules.values() for source in sources if not re.fullmatch(r"'[\w=+/-]+'|data:|blob:", source)}
    names = ("localhost:*", "127.0.0.1:*", f"{PROXY}:*", "other.example:8443")
    assert outside == {f"{scheme}://{name}" for scheme in ("ws", "wss") for name in names}


@pytest.mark.parametrize(
    "hosts",
    [
        "https://dash.localhost",
        "*",
        "*.example",
        "dash.localhost/path",
        "dash example",
        "dash.localhost; script-src *",
        "m\u00fcnchen.de",
        "::1",
    ],
)
def test_a_setting_that_lists_no_host_is_refused(hosts: str) -> None:
    with pytest.raises(HostsError, match="DASHBOARD_HOSTS contains"):
        listed_hosts(f"localhost,{hosts}")


def test_the_start_ends_with_a_sentence() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "streamlit", "run", "dashboard/app.py", "--server.port", "0"],
        cwd=PROJECT,
        env=os.environ | {"DASHBOARD_HOSTS": "https://dash.localhost"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == 1
    assert "DASHBOARD_HOSTS contains 'https://dash.localhost'" in run.stderr
    assert "Traceback" not in run.stderr


def test_a_browser_is_answered_under_a_listed_name_and_no_other(server: str, browser: Browser) -> None:
    """Names below localhost are led to this machine, as rebinding leads the name of a stranger."""
    port = server.split(":")[1]
    page = browser.new_page()
    assert page.goto(f"http://evil.localhost:{port}/").status == 403  # type: ignore[union-attr]
    assert "is not allowed" in page.inner_text("body")
    page.goto(f"http://{PROXY}:{port}/")
    wait_until_shown(page)
    assert "make publish" in page.inner_text("body")
    page.close()


def test_a_failure_is_confined_too() -> None:
    """It is not answered through the guard."""

    async def fails(request: Request) -> PlainTextResponse:
        raise RuntimeError("secret")

    sent: list[Message] = []

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {"type": "http.request", "body": b"", "more_body": False}

    scope = {"type": "http", "method": "GET", "path": "/", "query_string": b"", "headers": [(b"host", b"localhost")]}
    app = Starlette(routes=[Route("/", fails)], middleware=[Middleware(Guard)], exception_handlers={Exception: failed})
    # the browser of other tests has a loop in this thread
    with ThreadPoolExecutor() as thread, pytest.raises(RuntimeError):
        thread.submit(asyncio.run, app(scope, receive, send)).result()
    start, body = sent
    assert start["status"] == 500
    assert b"secret" not in body["body"]
    given = Headers(raw=start["headers"])
    assert {name: given[name] for name in HEADERS} == HEADERS
    assert "content-security-policy" in given
