"""kill -9 in the middle of writing, again and again: what was handed over a moment before is there, and whole."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import pytest

from konsilium.mediaplane.cmaf import Kind
from konsilium.mediaplane.vault import Vault
from tests.mediaplane.vault.kept import CHANNEL

pytestmark = [pytest.mark.integration, pytest.mark.media, pytest.mark.slow]

#: Goes on where the last one was killed, as fast as it can; each line says that a segment is written.
RECORDER = """
import sys
from pathlib import Path
from konsilium.mediaplane.cmaf import Kind
from konsilium.mediaplane.vault import Vault
from tests.mediaplane.vault.kept import CHANNEL, begin, pieces

vault = Vault(Path(sys.argv[1]))
shelf = vault.shelf(CHANNEL, "endoscope", Kind.VIDEO)
begin(shelf)
for piece in pieces(vault.cipher(CHANNEL), 100_000, first=len(shelf.past)):
    shelf.keep(piece.kept, piece.data)
    vault.drain()
    print(piece.kept.start, flush=True)
"""


def test_killed_again_and_again(tmp_path: Path) -> None:
    told: list[int] = []
    for _ in range(4):
        process = subprocess.Popen(
            [sys.executable, "-c", RECORDER, str(tmp_path / "vault")],
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        assert process.stdout is not None
        first = process.stdout.readline()
        time.sleep(0.3)
        process.send_signal(signal.SIGKILL)
        rest = process.stdout.read()
        process.wait()
        process.stdout.close()
        # The last line may be half.
        told += [int(line) for line in (first + rest).split(b"\n")[:-1]]
    assert len(told) > 20
    vault = Vault(tmp_path / "vault")
    shelf = vault.shelf(CHANNEL, "endoscope", Kind.VIDEO)
    starts = [kept.start for kept in shelf.past]
    assert starts == sorted(set(starts))
    assert set(told) <= set(starts)
    assert {after - before for before, after in pairwise(starts)} == {90_000}

    async def all_of_them() -> list[bytes | None]:
        return [await shelf.read(start) for start in starts]

    cipher = vault.cipher(CHANNEL)
    for kept, data in zip(shelf.past, asyncio.run(all_of_them()), strict=True):
        assert data is not None
        assert cipher.decrypt(data, kept.key, kept.msn).startswith(b"\0\0\0")
    assert vault.recordings()[CHANNEL].detail == ""
    vault.shut()
