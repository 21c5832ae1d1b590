"""A sound card that only the tests hear: Firefox stops its sound when there is none at all."""

import asyncio
import contextlib
import math
import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

PULSEAUDIO = "/usr/bin/pulseaudio"
RECORDER = "/usr/bin/parec"
PATIENCE_S = 30
RATE = 8000


@dataclass(frozen=True)
class Loudspeaker:
    #: In which programs find it.
    environment: dict[str, str]

    async def heard(self, seconds: float) -> list[float]:
        """How loud it is in each tenth of a second from now on, 1 being as loud as can be."""
        recorder = await asyncio.create_subprocess_exec(
            *(
                RECORDER,
                "--device=@DEFAULT_MONITOR@",
                "--raw",
                "--format=s16le",
                "--channels=1",
                f"--rate={RATE}",
            ),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.DEVNULL,
            env={**os.environ, **self.environment},
        )
        assert recorder.stdout is not None
        try:
            async with asyncio.timeout(seconds + PATIENCE_S):
                wave = memoryview(await recorder.stdout.readexactly(int(seconds * RATE) * 2)).cast("h")
        finally:
            with contextlib.suppress(ProcessLookupError):
                recorder.kill()
            await recorder.communicate()
        pieces = (wave[at : at + RATE // 10] for at in range(0, len(wave), RATE // 10))
        return [math.sqrt(sum(value * value for value in piece) / len(piece)) / 32768 for piece in pieces]


@asynccontextmanager
async def loudspeaker() -> AsyncIterator[Loudspeaker]:
    # A socket's path must be short.
    with tempfile.TemporaryDirectory(prefix="sound-") as name:
        folder = Path(name)
        socket = folder / "socket"
        process = await asyncio.create_subprocess_exec(
            *(
                PULSEAUDIO,
                "-n",
                "--daemonize=no",
                "--exit-idle-time=-1",
                "--use-pid-file=no",
                "--disable-shm=yes",
            ),
            *("--log-target=null", "-L", "module-null-sink"),
            *("-L", f"module-native-protocol-unix auth-anonymous=1 socket={socket}"),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.DEVNULL,
            env={"HOME": name, "XDG_RUNTIME_DIR": name, "LANG": "C.UTF-8"},
        )
        try:
            async with asyncio.timeout(PATIENCE_S):
                while not await asyncio.to_thread(socket.exists):
                    assert process.returncode is None, "pulseaudio gave up"
                    await asyncio.sleep(0.1)
            yield Loudspeaker({"PULSE_SERVER": f"unix:{socket}"})
        finally:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            await process.wait()
