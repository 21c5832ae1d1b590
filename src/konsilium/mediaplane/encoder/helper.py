"""A child that works beside a feed. The feed never waits for it and does not notice when it dies."""

import asyncio
import logging
import os
import shutil
import time
from collections.abc import Callable, Sequence

from konsilium.mediaplane.encoder.decisions import restart_delay
from konsilium.mediaplane.encoder.process import Bytes, Child, start_child

log = logging.getLogger(__name__)

#: Below everything that carries the picture.
_NICENESS = 10
#: One that worked for so long starts the count of failures anew.
_WORKED_S = 5.0
#: What it writes is in no hurry of milliseconds.
_REST_S = 0.02

#: File descriptors of the further outputs → command line.
Command = Callable[[Sequence[int]], list[str]]


def niceness() -> tuple[str, ...]:
    """Prefix of a command line."""
    nice = shutil.which("nice")
    return (nice, "-n", str(_NICENESS)) if nice else ()


class Helper:
    """Started by `start`, replaced when it dies, until `stop`."""

    def __init__(
        self, name: str, command: Command, outputs: Sequence[Bytes], *, began: Callable[[], None]
    ) -> None:
        """`began` is called whenever a new child takes input: nothing of the one before it comes any more."""
        self._name = name
        self._command = command
        self._outputs = tuple(outputs)
        self._began = began
        self._child: Child | None = None
        self._task: asyncio.Task[None] | None = None
        self._over: set[asyncio.Task[None]] = set()

    @property
    def ready(self) -> bool:
        return self._child is not None and self._child.running

    @property
    def pid(self) -> int:
        return self._child.pid if self._child else 0

    @property
    def unwritten(self) -> int:
        return self._child.unwritten if self._child else 0

    def start(self) -> None:
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name=f"helper {self._name}")

    def write(self, data: bytes) -> None:
        if self._child is not None:
            self._child.write(data)

    def restart(self) -> None:
        """The next child knows nothing of what was written so far."""
        if self._child is not None:
            self._child.kill()
            self._child = None

    def cease(self) -> None:
        """No child until `start`."""
        if self._task is not None:
            self._task.cancel()
            self._over.add(self._task)
            self._task.add_done_callback(self._over.discard)
            self._task = self._child = None

    async def stop(self) -> None:
        self.cease()
        await asyncio.gather(*self._over, return_exceptions=True)

    async def _run(self) -> None:
        failures = 0
        while True:
            await asyncio.sleep(restart_delay(failures))
            began = time.monotonic()
            try:
                meant = await self._run_child()
            except Exception:
                # It is only help: without it the picture goes on.
                log.exception("helper %s stumbled", self._name)
                meant = False
            failures = 0 if meant or time.monotonic() - began > _WORKED_S else failures + 1

    async def _run_child(self) -> bool:
        """Gives whether its end was our wish."""
        pipes = [os.pipe() for _ in self._outputs]
        writes = tuple(write for _, write in pipes)
        try:
            child = await start_child(
                [*niceness(), *self._command(writes)], pass_fds=writes, takes_input=True
            )
        except BaseException:
            for read, _ in pipes:
                os.close(read)
            raise
        finally:
            for write in writes:
                os.close(write)
        try:
            for (read, _), output in zip(pipes, self._outputs, strict=True):
                await child.read_from(read, self._only_of(child, output), rest_s=_REST_S)
            self._began()
            self._child = child
            await child.over()
        finally:
            meant = self._child is not child
            if not meant:
                self._child = None
            await child.end()
        if not meant:
            log.warning("helper %s ended (%s): %s", self._name, child.return_code, child.messages[-3:])
        return meant

    def _only_of(self, child: Child, output: Bytes) -> Bytes:
        def take(data: bytes) -> None:
            if self._child is child:
                output(data)

        return take
