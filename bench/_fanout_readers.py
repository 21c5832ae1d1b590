"""The readers: raw sockets in processes of their own, which only note when what was made when arrives."""

import json
import multiprocessing
import selectors
import socket
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from types import TracebackType
from typing import Self

PROCESSES = 1
MARK = b'"made":'


@dataclass
class Report:
    latencies: list[float] = field(default_factory=list)
    bytes: int = 0


class Readers:
    """All readers together, connected once the block begins."""

    def __init__(self, *, port: object, paths: object, cookies: object) -> None:
        assert isinstance(port, int)
        assert isinstance(paths, list)
        assert isinstance(cookies, list)
        self.pipes: list[Connection] = []
        self.processes: list[multiprocessing.process.BaseProcess] = []
        context = multiprocessing.get_context("spawn")
        for number in range(PROCESSES):
            here, there = context.Pipe()
            share = list(zip(paths, cookies, strict=True))[number::PROCESSES]
            process = context.Process(target=_read, args=(there, port, share), daemon=True)
            process.start()
            self.pipes.append(here)
            self.processes.append(process)

    def __enter__(self) -> Self:
        for pipe in self.pipes:
            assert pipe.recv() == "connected"
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for process in self.processes:
            process.kill()
            process.join()

    def settle(self, seconds: float) -> None:
        self._watch(seconds)

    def watch(self, seconds: float) -> Report:
        return self._watch(seconds)

    def _watch(self, seconds: float) -> Report:
        for pipe in self.pipes:
            pipe.send(seconds)
        whole = Report()
        for pipe in self.pipes:
            latencies, size = pipe.recv()
            whole.latencies += latencies
            whole.bytes += size
        return whole


def _read(pipe: Connection, port: int, share: Sequence[tuple[str, str]]) -> None:
    selector = selectors.EpollSelector()
    for path, cookie in share:
        connection = socket.create_connection(("127.0.0.1", port))
        request = (
            f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\nCookie: {cookie}\r\n\r\n"
        )
        connection.sendall(request.encode())
        head = b""
        while b"\r\n\r\n" not in head:
            head += connection.recv(65536)
        assert head.startswith(b"HTTP/1.1 200"), head
        connection.setblocking(False)
        selector.register(connection, selectors.EVENT_READ)
    pipe.send("connected")
    while True:
        pipe.send(_measure(selector, pipe.recv()))


def _measure(selector: selectors.EpollSelector, seconds: float) -> tuple[list[float], int]:
    latencies: list[float] = []
    size = 0
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        for key, _ in selector.select(left):
            connection = key.fileobj
            assert isinstance(connection, socket.socket)
            data = connection.recv(65536)
            now = time.time_ns()
            if not data:
                raise RuntimeError("a reader was cut off")
            at = data.find(MARK)
            size += len(data) if at >= 0 else 0
            while at >= 0:
                made = int(data[at + len(MARK) : at + len(MARK) + 19])
                latencies.append((now - made) / 1e9)
                at = data.find(MARK, at + 1)
    return latencies, size


def write_ready(folder: str, door: dict[str, object]) -> None:
    """Tell the benchmark where this server is; whole or not at all."""
    from pathlib import Path  # reason: used by the servers only

    draft = Path(folder) / "ready.new"
    draft.write_text(json.dumps(door))
    draft.rename(Path(folder) / "ready.json")
