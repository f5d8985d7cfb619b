"""Servers of their own for the tests: on the loopback, on free ports, with their data in a folder that goes with them."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import mkdtemp
from urllib.parse import quote

import pytest

# with signs that a connection string, SQL and a shell would take for something else
PASSWORD = "p4ss/w@rd'\\ 7"  # noqa: S105
STARTS_WITHIN = 60


@dataclass(frozen=True)
class TestServer:
    """A server that was started for the tests.

    Attributes
    ----------
    address
        The connection string that PUBLISH_TO takes.
    ask
        Runs statements with the server's own client as its administrator, and returns what that prints.
    """

    __test__ = False
    port: int
    address: str
    ask: Callable[[str], str]


def free_port() -> int:
    """Returns a port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


def program(name: str) -> str | None:
    """Returns the path of a program of a server, also where Debian keeps those that are no commands."""
    places = [str(path) for path in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)]
    return shutil.which(name, path=os.pathsep.join([*places, os.environ.get("PATH", ""), "/usr/sbin"]))


@contextmanager
def own_folder(preferred: str) -> Iterator[tuple[Path, dict[str, str]]]:
    """Makes a folder for a server's data, and says as whom the server is to run: servers refuse to be root."""
    folder = Path(mkdtemp(prefix="server_"))
    identity: dict[str, str] = {}
    if os.geteuid() == 0:
        known = {entry.pw_name for entry in pwd.getpwall()}
        user = preferred if preferred in known else "nobody"
        shutil.chown(folder, user)
        identity = {"user": user}
    try:
        yield folder, identity
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def running(command: list[str], folder: Path, identity: dict[str, str], answers: Callable[[], str]) -> Iterator[None]:
    """Runs a server until the block ends, which begins when the server answers."""
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, **identity)  # type: ignore[call-overload]
    try:
        for _ in range(STARTS_WITHIN * 10):
            try:
                answers()
                break
            except subprocess.CalledProcessError:
                assert process.poll() is None, (folder / "log").read_text()
                time.sleep(0.1)
        else:
            raise AssertionError((folder / "log").read_text())
        yield
    finally:
        # of PostgreSQL's ways to stop the one that does not wait for open sessions; MariaDB knows one
        process.send_signal(signal.SIGINT if "postgres" in Path(command[0]).name else signal.SIGTERM)
        try:
            process.wait(timeout=STARTS_WITHIN)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def client(command: list[str], environment: dict[str, str]) -> Callable[[str], str]:
    """Returns a function that has a client run statements."""

    def ask(statements: str) -> str:
        return subprocess.run(
            command, input=statements, env=os.environ | environment, capture_output=True, text=True, check=True, timeout=60
        ).stdout

    return ask


@pytest.fixture(scope="session")
def postgres() -> Iterator[TestServer]:
    """PostgreSQL with an empty database `analytics` of a user `publisher`, and a user `reader` without any privilege."""
    initdb, server, psql = program("initdb"), program("postgres"), program("psql")
    if not (initdb and server and psql):
        pytest.skip("PostgreSQL is not installed; tests/system_packages.sh does it")
    with own_folder("postgres") as (folder, identity):
        secret = folder / "password"
        secret.write_text("administrator")
        if identity:
            shutil.chown(secret, identity["user"])
        data = folder / "data"
        setup = [initdb, "-D", str(data), "-U", "administrator", "-A", "scram-sha-256", "--pwfile", str(secret)]
        setup += ["--no-sync", "--no-locale", "--encoding", "UTF8"]
        subprocess.run(setup, cwd=folder, check=True, capture_output=True, **identity)  # type: ignore[call-overload]
        port = free_port()
        settings = {"listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": "", "fsync": "off"}
        command = [server, "-D", str(data), *(text for name, value in settings.items() for text in ("-c", f"{name}={value}"))]
        options = ["-h", "127.0.0.1", "-p", str(port), "-U", "administrator", "-v", "ON_ERROR_STOP=1", "-qAt"]
        environment = {"PGPASSWORD": "administrator"}
        first = client([psql, *options, "-d", "postgres"], environment)
        with running(command, folder, identity, lambda: first("select 1")):
            escaped = PASSWORD.replace("'", "''")
            first(f"create role publisher login password '{escaped}'; create role reader login password '{escaped}'")
            first("create database analytics owner publisher")
            address = f"postgresql://publisher:{quote(PASSWORD, safe='')}@127.0.0.1:{port}/analytics"
            yield TestServer(port, address, client([psql, *options, "-d", "analytics"], environment))


@pytest.fixture(scope="session")
def mariadb() -> Iterator[TestServer]:
    """MariaDB with an empty database `analytics` of a user `publisher`, and a user `reader` who may read its tables."""
    install, server, shell = program("mariadb-install-db"), program("mariadbd"), program("mariadb")
    if not (install and server and shell):
        pytest.skip("MariaDB is not installed; tests/system_packages.sh does it")
    with own_folder("mysql") as (folder, identity):
        data, port = folder / "data", free_port()
        setup = [install, "--no-defaults", f"--datadir={data}", "--auth-root-authentication-method=normal", "--skip-test-db"]
        subprocess.run(setup, cwd=folder, check=True, capture_output=True, **identity)  # type: ignore[call-overload]
        command = [server, "--no-defaults", f"--datadir={data}", "--bind-address=127.0.0.1", f"--port={port}"]
        command += [
            f"--socket={folder}/socket",
            f"--pid-file={folder}/pid",
            "--innodb-flush-log-at-trx-commit=0",
            "--innodb-flush-method=nosync",
        ]
        options = ["--no-defaults", "--protocol=tcp", "-h127.0.0.1", f"-P{port}", "-uroot"]
        options += ["--default-character-set=utf8mb4", "--batch", "--skip-column-names"]
        ask = client([shell, *options], {})
        with running(command, folder, identity, lambda: ask("select 1")):
            escaped = PASSWORD.replace("\\", "\\\\").replace("'", "''")
            ask(
                f"create database analytics character set utf8mb4; create user publisher identified by '{escaped}';"
                f"create user reader identified by '{escaped}';"
                "grant all on analytics.* to publisher; grant select on analytics.* to reader"
            )
            address = f"mariadb://publisher:{quote(PASSWORD, safe='')}@127.0.0.1:{port}/analytics"
            yield TestServer(port, address, client([shell, *options, "analytics"], {}))


@pytest.fixture
def clean_postgres(postgres: TestServer) -> TestServer:
    """PostgreSQL without anything published."""
    for schema in ("marts", "lookups", "publication", "reports"):
        postgres.ask(f"drop schema if exists {schema} cascade")
    return postgres


@pytest.fixture
def clean_mariadb(mariadb: TestServer) -> TestServer:
    """MariaDB without anything published."""
    mariadb.ask("drop database analytics; create database analytics character set utf8mb4")
    return mariadb
