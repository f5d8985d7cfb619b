"""Wraps the web server: it checks hosts and origins, allows read requests only, and adds security headers to every response."""

import base64
import hashlib
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit.file_util import get_static_dir

LOOPBACK = ("localhost", "127.0.0.1", "[::1]")
# A name or an address, in brackets if it has colons, and perhaps a port.
HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[a-z0-9]([a-z0-9._-]*[a-z0-9])?)(:(?P<port>[0-9]{1,5}))?")
# The pages upload nothing and submit no forms; they send what the reader chooses through their WebSocket.
METHODS = ("GET", "HEAD", "OPTIONS")
STARTS = {"http.response.start", "websocket.http.response.start", "websocket.accept"}
INLINE_SCRIPT = re.compile(r"<script>(.*?)</script>", re.DOTALL)


class HostsError(Exception):
    """`DASHBOARD_HOSTS` contains something that is not a host name; the message says what to write."""


def listed_hosts(setting: str) -> tuple[str, ...]:
    """Returns the hosts that `DASHBOARD_HOSTS` lists.

    Parameters
    ----------
    setting
        Names or addresses separated by commas, each with a port or without.

    Raises
    ------
    HostsError
        If one of them is something else, such as an address with `https://`.
    """
    hosts = tuple(part.strip().lower() for part in setting.split(",") if part.strip())
    for host in hosts:
        if not HOST.fullmatch(host):
            raise HostsError(
                f"DASHBOARD_HOSTS contains {host!r}, which is not a host name. Write names as they stand in the browser's address, without "
                "scheme, path or wildcard: DASHBOARD_HOSTS=dashboard.example.com,10.0.0.5"
            )
    return hosts


def is_among(host: str, hosts: Iterable[str]) -> bool:
    """Returns whether a host is listed: by its name alone, which stands for all its ports, or with this port."""
    found = HOST.fullmatch(host.lower())
    return found is not None and not {found["name"], host.lower()}.isdisjoint(hosts)


def host_of(origin: str) -> str:
    """Returns the host of an origin, with its port if it has one; nothing where the origin is no web page (`null`, an extension)."""
    scheme, _, host = origin.partition("://")
    return host if scheme in {"http", "https"} else ""


def page_policy(hosts: Sequence[str]) -> str:
    """Returns the Content-Security-Policy of the pages.

    Parameters
    ----------
    hosts
        The allowed hosts. Pages open a WebSocket to theirs, which some browsers do not count as `'self'`.
    """
    page = (Path(get_static_dir()) / "index.html").read_text(encoding="utf-8")
    hashes = [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in INLINE_SCRIPT.findall(page)]
    # an address in brackets is not part of the language of policies
    named = [host if ":" in host else f"{host}:*" for host in hosts if not host.startswith("[")]
    rules = {
        "default-src": ["'none'"],
        # Plotly compiles its WebGL charts (maps of users and tracks)
        "script-src": ["'self'", "'unsafe-eval'", *(f"'sha256-{digest}'" for digest in hashes)],
        # charts and tables set their styles as they are drawn
        "style-src": ["'self'", "'unsafe-inline'"],
        "img-src": ["'self'", "data:", "blob:"],
        "font-src": ["'self'", "data:"],
        "connect-src": ["'self'", *(f"{scheme}://{host}" for host in named for scheme in ("ws", "wss"))],
        "manifest-src": ["'self'"],
        "base-uri": ["'none'"],
        "form-action": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
    return "; ".join(f"{rule} {' '.join(sources)}" for rule, sources in rules.items())


def response_headers(hosts: Sequence[str]) -> dict[str, str]:
    """Returns the headers that every response carries.

    Parameters
    ----------
    hosts
        The allowed hosts.
    """
    return {
        "Content-Security-Policy": page_policy(hosts),
        "Cross-Origin-Resource-Policy": "same-origin",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "X-Frame-Options": "DENY",
    }


class Guard:
    """Refuses requests that the pages never make, and adds security headers to every response.

    An attacker's page can point its own name at this machine (DNS rebinding) and would then read the dashboard in the reader's browser.
    The browser sends that name in the headers Host and Origin, so the guard checks both.

    Parameters
    ----------
    app
        The web server behind it.
    listed
        The hosts of `DASHBOARD_HOSTS`. Loopback names are always allowed.
    """

    def __init__(self, app: ASGIApp, listed: Sequence[str] = ()) -> None:
        self._app = app
        self._listed = listed
        self._known = (*LOOPBACK, *listed)
        self._headers = response_headers(self._known)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request that is refused, and passes the others on."""
        if scope["type"] not in {"http", "websocket"}:
            await self._app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] in STARTS:
                message = {**message, "headers": list(message.get("headers", ()))}
                MutableHeaders(scope=message).update(self._headers)
            await send(message)

        refusal = self._refusal(scope)
        if refusal is not None:
            await refusal(scope, receive, send_with_headers)
            return
        await self._app(of_one_origin(scope), receive, send_with_headers)

    def _refusal(self, scope: Scope) -> PlainTextResponse | None:
        headers = Headers(scope=scope)
        hosts, origins = headers.getlist("host"), headers.getlist("origin")
        if len(hosts) != 1 or not is_among(hosts[0], self._known):
            return PlainTextResponse(
                f"The host {', '.join(hosts) or '(none)'} is not allowed. If people should reach the dashboard under this name, "
                "start it with the name in its environment: DASHBOARD_HOSTS=dashboard.example.com\n",
                status_code=403,
            )
        # a proxy may have rewritten Host, so a listed name is enough in Origin
        if not all(host_of(origin) == hosts[0] or is_among(host_of(origin), self._listed) for origin in origins):
            return PlainTextResponse(
                f"Requests from pages of {', '.join(origins)} are not allowed. If people should reach the dashboard under this name, "
                "start it with the name in its environment: DASHBOARD_HOSTS=dashboard.example.com\n",
                status_code=403,
            )
        if scope["type"] == "http" and scope["method"] not in METHODS:
            return PlainTextResponse(
                f"The dashboard is read-only: it does not accept {scope['method']} requests.\n",
                status_code=405,
                headers={"Allow": ", ".join(METHODS)},
            )
        return None


def of_one_origin(scope: Scope) -> Scope:
    """Returns an allowed request with the host of its origin as Host.

    Streamlit compares both once more. Where they differ (behind a proxy that rewrites Host) it asks a server on the internet for the
    external address of this machine.
    """
    origin = Headers(scope=scope).get("origin")
    if origin is None:
        return scope
    headers = MutableHeaders(raw=list(scope["headers"]))
    headers["host"] = host_of(origin)
    return {**scope, "headers": headers.raw}


def failed(request: Request, error: Exception) -> PlainTextResponse:
    """Returns the response to a request on which the server failed; it does not pass through the guard."""
    return PlainTextResponse(
        "The dashboard could not answer this request. Its log has the details.\n", status_code=500, headers=response_headers(LOOPBACK)
    )
