"""A door: an SRT listener that stands open for one sender, and opens again whatever happens to it."""

import asyncio
import logging
import time
from typing import Protocol

from konsilium.mediaplane.encoder.command_lines import ListenAt, listen
from konsilium.mediaplane.encoder.decisions import restart_delay
from konsilium.mediaplane.encoder.process import Child, start_child
from konsilium.mediaplane.encoder.tools import ffmpeg_path
from konsilium.mediaplane.status import Trouble

log = logging.getLogger(__name__)

#: A sender that is connected but says nothing for so long is gone; SRT itself would wait 5 s.
SILENCE_S = 1.5
#: Some encoders connect before their first frame is coded.
_FIRST_BYTES_S = 5.0
_LOOK_S = 0.25


class Caller(Protocol):
    """Hears from a door."""

    def connected(self) -> None: ...

    def received(self, data: bytes) -> None: ...

    def gone(self) -> None: ...

    def trouble(self, trouble: Trouble) -> None: ...


class Door:
    """Runs until cancelled."""

    def __init__(self, *, name: str, at: ListenAt, caller: Caller) -> None:
        self._name = name
        self._at = at
        self._caller = caller
        self._child: Child | None = None
        self._connected = False
        self._heard = 0.0
        self._bytes = 0
        self._silence = SILENCE_S
        #: Whether the failure of this attempt already has a name.
        self._explained = False

    @property
    def pid(self) -> int:
        return self._child.pid if self._child else 0

    async def run(self) -> None:
        failures = 0
        while True:
            await asyncio.sleep(restart_delay(failures))
            self._explained = False
            try:
                ever_connected = await self._listen_once()
            except Exception:
                # Whatever it was, the next sender must find an open door.
                log.exception("door %s stumbled", self._name)
                ever_connected = False
            failures = 0 if ever_connected else max(failures + 1, 2)
            if failures > 2 and not self._explained:
                self._caller.trouble(Trouble.NO_RECEIVER)

    async def _listen_once(self) -> bool:
        self._connected, self._bytes = False, 0
        self._silence = _FIRST_BYTES_S
        self._child = child = await start_child(
            listen(ffmpeg_path(), self._at),
            on_stdout=self._received,
            on_line=self._said,
            secrets=(self._at.passphrase,),
        )
        try:
            await self._watch(child)
        finally:
            await child.end()
            if self._connected:
                self._caller.gone()
        if not self._connected:
            log.warning("door %s closed by itself: %s", self._name, child.messages[-3:])
        return self._connected

    async def _watch(self, child: Child) -> None:
        over = asyncio.ensure_future(child.over())
        try:
            while not over.done():
                await asyncio.wait({over}, timeout=_LOOK_S)
                if self._connected and time.monotonic() - self._heard > self._silence:
                    log.info("door %s: sender fell silent", self._name)
                    child.kill()
                    await over
        finally:
            over.cancel()

    def _received(self, data: bytes) -> None:
        self._heard = time.monotonic()
        self._silence = SILENCE_S
        if not self._connected:
            self._connect()
        self._bytes += len(data)
        self._caller.received(data)

    def _connect(self) -> None:
        self._connected = True
        self._heard = time.monotonic()
        log.info("door %s: a sender connected", self._name)
        self._caller.connected()

    def _said(self, line: str) -> None:
        # ffmpeg opens an input when, and only when, a sender has been let in.
        if line.startswith("Input #0") and not self._connected:
            self._connect()
        elif "Incorrect passphrase" in line or "Password required" in line:
            log.warning("door %s: somebody tried to connect with a wrong passphrase", self._name)
            self._caller.trouble(Trouble.WRONG_PASSPHRASE)
        elif "Address already in use" in line or "already in use" in line:
            self._explained = True
            log.warning("door %s: port %d is in use by another program", self._name, self._at.port)
            self._caller.trouble(Trouble.PORT_IN_USE)
