"""A real PostgreSQL for the tests: a cluster of its own in a temporary folder, gone afterwards.

A pytest plugin, loaded by `tests.environment` when KONSILIUM_TEST_POSTGRES=1. The cluster is started before Django's
settings are read; workers of pytest-xdist share the one of the main process, each with a database of its own.
"""

import atexit
import getpass
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

SERVERS = "/usr/lib/postgresql/*/bin"
ACCOUNT = "postgres"


@dataclass(frozen=True)
class Cluster:
    """A running server; `url` is what `KONSILIUM_DATABASE_URL` takes."""

    folder: Path
    programs: Path
    port: int

    @property
    def url(self) -> str:
        return f"postgresql://{ACCOUNT}@127.0.0.1:{self.port}/konsilium"

    def stop(self) -> None:
        data = str(self.folder / "data")
        subprocess.run(
            [*_as_account(), str(self.programs / "pg_ctl"), "-D", data, "-m", "immediate", "stop"],
            capture_output=True,
            check=False,
        )
        shutil.rmtree(self.folder, ignore_errors=True)


def programs() -> Path | None:
    """The newest server that Debian has put here."""
    found = sorted(Path("/").glob(SERVERS.lstrip("/")), key=lambda path: int(path.parent.name))
    return found[-1] if found else None


def start() -> Cluster:
    """Make a cluster and wait until it answers. It writes nothing durably: it lives for one run of the tests."""
    where = programs()
    if where is None:
        raise RuntimeError("PostgreSQL is not installed here: sudo apt-get install postgresql")
    folder = Path(tempfile.mkdtemp(prefix="konsilium-pg-", dir="/tmp"))
    if os.geteuid() == 0:
        entry = pwd.getpwnam(ACCOUNT)
        os.chown(folder, entry.pw_uid, entry.pw_gid)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    data = folder / "data"
    initdb = [
        str(where / "initdb"),
        "-D",
        str(data),
        "-U",
        ACCOUNT,
        "--auth=trust",
        "-E",
        "UTF8",
        "--locale=C.UTF-8",
        "-N",
    ]
    _call(initdb)
    settings = (
        f"-c port={port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={folder} -c fsync=off"
    )
    settings += (
        " -c synchronous_commit=off -c full_page_writes=off -c max_connections=200 -c shared_buffers=64MB"
    )
    _call(
        [
            str(where / "pg_ctl"),
            "-D",
            str(data),
            "-l",
            str(folder / "log"),
            "-w",
            "-t",
            "30",
            "-o",
            settings,
            "start",
        ]
    )
    cluster = Cluster(folder=folder, programs=where, port=port)
    _call([str(where / "createdb"), "-h", "127.0.0.1", "-p", str(port), "-U", ACCOUNT, "konsilium"])
    atexit.register(cluster.stop)
    return cluster


def _as_account() -> list[str]:
    """PostgreSQL refuses to run as root, so root becomes its account."""
    if os.geteuid() == 0:
        return ["setpriv", f"--reuid={ACCOUNT}", f"--regid={ACCOUNT}", "--init-groups"]
    return []


def _call(command: list[str]) -> None:
    # Its log goes to a file; a pipe of ours would be held open by the server for as long as it runs.
    with tempfile.TemporaryFile() as output:
        done = subprocess.run(
            [*_as_account(), *command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd="/",
            env={**os.environ, "HOME": "/nonexistent" if os.geteuid() == 0 else os.environ.get("HOME", "/")},
            check=False,
        )
        if done.returncode:
            output.seek(0)
            words = output.read().decode(errors="replace")
            raise RuntimeError(f"{Path(command[0]).name} failed as {getpass.getuser()}:\n{words}")
