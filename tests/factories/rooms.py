"""A real server in a process of its own, on the tests' database, and browsers that follow its rooms."""

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote
from uuid import UUID

from django.conf import settings
from django.db import connection

from konsilium.foundation.ids import new_id
from konsilium.rooms.decisions import JSON
from tests.factories.theatre import Scene

LENDING = "from konsilium.config.server import serve; serve(host='127.0.0.1', port={port})"
PLAIN = (
    "import uvicorn; uvicorn.run('konsilium.config.asgi:application',"
    " host='127.0.0.1', port={port}, lifespan='on', log_config=None)"
)
CSRF = "c" * 32


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Server:
    """One web process. Its database is that of the test, its secrets too, so sessions hold in both."""

    def __init__(self, folder: Path, *, program: str = LENDING) -> None:
        self.folder = folder
        self.program = program
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None
        self.log = folder / "log"

    def start(self) -> Self:
        shutil.copytree(settings.DATA / "secrets", self.folder / "secrets", dirs_exist_ok=True)
        environment = {**os.environ, "KONSILIUM_DATA": str(self.folder), "KONSILIUM_STUDIO": "outside"}
        where = connection.settings_dict
        if connection.vendor == "postgresql":
            account = f"{quote(where['USER'])}@{where['HOST']}:{where['PORT']}"
            environment["KONSILIUM_DATABASE_URL"] = f"postgresql://{account}/{where['NAME']}"
        else:
            database = self.folder / "konsilium.sqlite3"
            database.unlink(missing_ok=True)
            database.symlink_to(where["NAME"])
        source = Path(__file__).resolve().parents[2] / "src"
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", self.program.format(port=self.port)],
                env={**environment, "PYTHONPATH": str(source)},
                stdout=log,
                stderr=log,
            )
        self._wait()
        return self

    def _wait(self) -> None:
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            assert self.process is not None
            if self.process.poll() is not None:
                raise AssertionError(self.log.read_text(errors="replace"))
            try:
                status, _body = Browser(self).request("GET", "/healthz")
            except OSError:
                time.sleep(0.1)
                continue
            if status == 200:
                return
        raise AssertionError(self.log.read_text(errors="replace"))

    def stop(self) -> float:
        """SIGTERM; how long it took to end."""
        assert self.process is not None
        started = time.monotonic()
        self.process.terminate()
        assert self.process.wait(20) in {0, -signal.SIGTERM}, self.log.read_text(errors="replace")
        self.process = None
        return time.monotonic() - started

    def kill(self) -> None:
        assert self.process is not None
        self.process.kill()
        self.process.wait(20)
        self.process = None

    def close(self) -> None:
        if self.process is not None:
            self.kill()


@contextmanager
def running_server(program: str = LENDING) -> Iterator[Server]:
    folder = Path(tempfile.mkdtemp(prefix="konsilium-server-"))
    server = Server(folder, program=program)
    try:
        yield server.start()
    finally:
        server.close()
        shutil.rmtree(folder, ignore_errors=True)


class Browser:
    """Somebody's browser, signed in; `at` is the server it talks to."""

    def __init__(self, at: Server, session: str = "") -> None:
        self.at = at
        self.session = session

    @classmethod
    def of(cls, at: Server, scene: Scene, who: str) -> "Browser":
        return cls(at, scene.client(who).cookies[settings.SESSION_COOKIE_NAME].value)

    @property
    def headers(self) -> dict[str, str]:
        cookies = f"{settings.CSRF_COOKIE_NAME}={CSRF}"
        if self.session:
            cookies += f"; {settings.SESSION_COOKIE_NAME}={self.session}"
        return {"Cookie": cookies, "X-CSRFToken": CSRF, "Accept": "application/json"}

    def request(self, method: str, path: str, body: JSON | None = None) -> tuple[int, JSON]:
        wire = http.client.HTTPConnection("127.0.0.1", self.at.port, timeout=40)
        try:
            data = None if body is None else json.dumps(body)
            wire.request(method, path, data, {**self.headers, "Content-Type": "application/json"})
            answer = wire.getresponse()
            content = answer.read()
            kind = answer.headers.get("Content-Type", "")
            return answer.status, json.loads(content) if kind.startswith("application/json") else {}
        finally:
            wire.close()

    def command(
        self, room: UUID, name: str, data: JSON, *, command_id: UUID | None = None
    ) -> tuple[int, JSON]:
        body: JSON = {"id": str(command_id or new_id()), "name": name, "data": data}
        return self.request("POST", f"/rooms/{room}/commands", body)

    def poll(self, room: UUID, since: int) -> JSON:
        status, answer = self.request("GET", f"/rooms/{room}/events?since={since}")
        assert status == 200, answer
        return answer

    def follow(self, room: UUID, since: int | None, *, last_event_id: int | None = None) -> "Stream":
        return Stream(self, room, since, last_event_id)


class Stream:
    """An open tail. `messages` gives what came, heartbeats left out."""

    def __init__(self, browser: Browser, room: UUID, since: int | None, last_event_id: int | None) -> None:
        self.wire = http.client.HTTPConnection("127.0.0.1", browser.at.port, timeout=20)
        headers = {**browser.headers, "Accept": "text/event-stream"}
        if last_event_id is not None:
            headers["Last-Event-ID"] = str(last_event_id)
        query = "" if since is None else f"?since={since}"
        self.wire.request("GET", f"/rooms/{room}/events{query}", headers=headers)
        self.answer = self.wire.getresponse()
        self.status = self.answer.status
        #: How many were last said to watch.
        self.watching: object = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self.answer.close()
        self.wire.close()

    def message(self) -> tuple[str, JSON] | None:
        """The next message as its kind and data; None at the end of the stream."""
        kind, data = "message", ""
        deadline = time.monotonic() + 40  # heartbeats would keep us here for ever
        while time.monotonic() < deadline:
            line = self.answer.readline().decode()
            if not line:
                return None
            name, _, value = line.rstrip("\n").partition(": ")
            if name == "event":
                kind = value
            elif name == "data":
                data = value
            elif not name and data:
                told: JSON = json.loads(data)
                self.watching = told["watching"] if kind == "presence" else self.watching
                return kind, told
        raise AssertionError("nothing was told for 40 s")

    def event(self) -> JSON:
        """The next event of the room."""
        while True:
            message = self.message()
            assert message is not None, "the stream ended"
            kind, data = message
            assert kind != "resync", "the stream asks to start anew"
            if kind == "message":
                return data

    def events_until(self, version: int) -> list[JSON]:
        events: list[JSON] = []
        while not events or int(str(events[-1]["v"])) < version:
            events.append(self.event())
        return events

    def end(self) -> None:
        """See the stream end, without another event."""
        while (message := self.message()) is not None:
            assert message[0] == "presence", message

    def presence(self, expected: int) -> None:
        """Wait until this many are said to watch."""
        while self.watching != expected:
            assert self.message() is not None, "the stream ended"
