"""One child process in the event loop: bytes out of its pipes by callback, a bounded memory of what it said."""

import asyncio
import contextlib
import os
import signal
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import cast

from konsilium.mediaplane.encoder.tools import guard

#: Lines and characters of a child's messages that are kept.
_LINES = 20
_LINE = 400
#: A pipe holds 64 KiB: 65 Mbit/s fill it in this time.
_REST_S = 0.008
#: A killed child is gone within milliseconds, unless the machine is on its knees.
_REAP_S = 5.0

Bytes = Callable[[bytes], None]
Line = Callable[[str], None]


def redact(text: str, secrets: Iterable[str]) -> str:
    for secret in secrets:
        text = text.replace(secret, "…")
    return text


class _Messages:
    def __init__(self, secrets: tuple[str, ...], on_line: Line | None) -> None:
        self._secrets = secrets
        self._on_line = on_line
        self._rest = b""
        self.lines: deque[str] = deque(maxlen=_LINES)

    def feed(self, data: bytes) -> None:
        *whole, self._rest = (self._rest + data).split(b"\n")
        self._rest = self._rest[-_LINE * 4 :]
        for raw in whole:
            line = redact(raw.decode("utf-8", "replace"), self._secrets).strip()[:_LINE]
            if line:
                self.lines.append(line)
                if self._on_line is not None:
                    self._on_line(line)


class _Pipe(asyncio.Protocol):
    """Reading end of one of the child's further outputs."""

    def __init__(self, on_bytes: Bytes) -> None:
        self._on_bytes = on_bytes
        self.closed = asyncio.get_running_loop().create_future()

    def data_received(self, data: bytes) -> None:
        self._on_bytes(data)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's name
        if not self.closed.done():
            self.closed.set_result(None)


class Child(asyncio.SubprocessProtocol):
    """Started by `start_child`; dies with us."""

    def __init__(self, *, on_stdout: Bytes | None, messages: _Messages) -> None:
        self._on_stdout = on_stdout
        self._messages = messages
        self._transport: asyncio.SubprocessTransport | None = None
        self._over = asyncio.get_running_loop().create_future()
        self._pipes: list[_Pipe] = []
        self._readers: list[asyncio.BaseTransport] = []

    # -- asyncio.SubprocessProtocol --------------------------------------------------------------------

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.SubprocessTransport", transport)

    def pipe_data_received(self, fd: int, data: bytes | str) -> None:
        chunk = cast("bytes", data)
        if fd == 2:
            self._messages.feed(chunk)
        elif self._on_stdout is not None:
            self._on_stdout(chunk)
            self._rest_stdout()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's name
        if not self._over.done():
            self._over.set_result(None)

    def _rest_stdout(self) -> None:
        """A receiver writes each packet by itself, 600 a second; waking up for each would be half our work."""
        pipe = self._transport.get_pipe_transport(1) if self._transport else None
        if pipe is None or pipe.is_closing():
            return
        reader = cast("asyncio.ReadTransport", pipe)
        reader.pause_reading()
        asyncio.get_running_loop().call_later(_REST_S, self._read_on, reader)

    @staticmethod
    def _read_on(reader: asyncio.ReadTransport) -> None:
        if not reader.is_closing():
            reader.resume_reading()

    # -- for us ----------------------------------------------------------------------------------------

    async def read_from(self, fd: int, on_bytes: Bytes) -> None:
        loop = asyncio.get_running_loop()
        pipe = _Pipe(on_bytes)
        reader, _ = await loop.connect_read_pipe(lambda: pipe, os.fdopen(fd, "rb", buffering=0))
        self._pipes.append(pipe)
        self._readers.append(reader)

    @property
    def pid(self) -> int:
        return self._transport.get_pid() if self._transport else 0

    @property
    def messages(self) -> list[str]:
        return list(self._messages.lines)

    @property
    def running(self) -> bool:
        return not self._over.done()

    @property
    def return_code(self) -> int | None:
        return self._transport.get_returncode() if self._transport else None

    def _stdin(self) -> asyncio.WriteTransport | None:
        pipe = self._transport.get_pipe_transport(0) if self._transport else None
        return cast("asyncio.WriteTransport | None", pipe)

    def write(self, data: bytes) -> None:
        stdin = self._stdin()
        if stdin is not None and not stdin.is_closing():
            stdin.write(data)

    @property
    def unwritten(self) -> int:
        stdin = self._stdin()
        return stdin.get_write_buffer_size() if stdin is not None and not stdin.is_closing() else 0

    def close_stdin(self) -> None:
        stdin = self._stdin()
        if stdin is not None and not stdin.is_closing():
            stdin.write_eof()

    def kill(self) -> None:
        if self.running and self.return_code is None:
            # Not through the transport: it would look whether the child is dead and so take its exit status
            # away from the loop, which then complains.
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)

    async def over(self) -> None:
        """Waits until it has ended and everything it wrote has been read."""
        await asyncio.shield(self._over)
        for pipe in self._pipes:
            await asyncio.shield(pipe.closed)

    async def end(self) -> None:
        """Kills it if it still runs, and lets go of everything."""
        self.kill()
        # Whoever is cancelled meanwhile still must not leave a child unwatched.
        await asyncio.wait({self._over}, timeout=_REAP_S)
        for reader in self._readers:
            reader.close()
        if self._transport is not None:
            self._transport.close()


async def start_child(
    command: Sequence[str],
    *,
    on_stdout: Bytes | None = None,
    on_line: Line | None = None,
    secrets: tuple[str, ...] = (),
    pass_fds: tuple[int, ...] = (),
    takes_input: bool = False,
    cwd: Path | None = None,
) -> Child:
    loop = asyncio.get_running_loop()
    messages = _Messages(secrets, on_line)
    _, child = await loop.subprocess_exec(
        lambda: Child(on_stdout=on_stdout, messages=messages),
        *guard(),
        *command,
        stdin=asyncio.subprocess.PIPE if takes_input else asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE if on_stdout is not None else asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
        pass_fds=pass_fds,
        cwd=cwd,
    )
    return child
