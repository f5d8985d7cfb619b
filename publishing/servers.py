"""The database servers to publish to, as the environment names them."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from publishing.errors import PublishError

KINDS = {"postgresql": "postgres", "postgres": "postgres", "mysql": "mysql", "mariadb": "mysql"}
DEFAULT_PORTS = {"postgres": 5432, "mysql": 3306}
# what may stand behind the question mark of a connection string
OPTIONS = {"postgres": {"sslmode", "sslrootcert", "connect_timeout"}, "mysql": {"ssl_mode", "ssl_ca"}}
FORM = "postgresql://user:password@host:port/database or mysql://user:password@host:port/database"


@dataclass(frozen=True)
class Server:
    """A database on a server.

    Attributes
    ----------
    kind
        `postgres` or `mysql`, which is MariaDB as well.
    options
        What the connection string says behind the question mark.
    """

    kind: str
    host: str
    port: int
    database: str
    user: str
    password: str = field(repr=False)
    options: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What messages call it: nothing of the user and the password."""
        return f"{'postgresql' if self.kind == 'postgres' else 'mysql'}://{self.host}:{self.port}/{self.database}"

    def masked(self, text: str) -> str:
        """Returns a text without the password, however it is written there."""
        for secret in sorted({self.password, quote(self.password, safe="")}, key=len, reverse=True):
            if secret:
                text = text.replace(secret, "***")
        return text


def read_servers(text: str) -> list[Server]:
    """Returns the servers of PUBLISH_TO: connection strings with white space between them.

    Parameters
    ----------
    text
        The value of the variable; without a string in it there are no servers.

    Raises
    ------
    PublishError
        Where a string cannot be read; it says which one by its place, because what a string holds may be a password.
    """
    return [read_server(part, place) for place, part in enumerate(text.split(), start=1)]


def read_server(text: str, place: int) -> Server:
    """Returns the server of one connection string."""

    def refuse(reason: str) -> PublishError:
        return PublishError(f"PUBLISH_TO, connection string {place}: {reason}. The form is {FORM}.")

    scheme, _, rest = text.partition("://")
    # text before :// that is no plain word may be anything, a password too
    kind = KINDS.get(scheme.lower())
    if kind is None:
        raise refuse(f"it begins with none of {', '.join(f'{name}://' for name in KINDS)}")
    if re.search(r"@.*@", rest) or re.search(r"[/?#].*@", rest):
        raise refuse("user and password hold a character that must be written as percent and code (@ is %40, / is %2F, # is %23, ? is %3F)")
    try:
        parts = urlsplit(f"{scheme}://{rest}")
        port = parts.port or DEFAULT_PORTS[kind]
    except ValueError:
        raise refuse("its host or port cannot be read, or a sign of its password is not written as percent and code") from None
    database = unquote(parts.path.lstrip("/"))
    if not parts.hostname or not parts.username or not database or "/" in database:
        raise refuse("it names no host, no user or no database")
    options = dict(parse_qsl(parts.query, keep_blank_values=True))
    if unknown := set(options) - OPTIONS[kind]:
        raise refuse(f"it has options that are not known ({', '.join(sorted(unknown))}); known are {', '.join(sorted(OPTIONS[kind]))}")
    return Server(kind, parts.hostname, port, database, unquote(parts.username), unquote(parts.password or ""), options)
