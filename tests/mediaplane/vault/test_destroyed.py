"""Destroying an operation's key, proven on the files: this disk's, the store's, and a backup's.

The frames are real ones. Before, every copy decodes; after, nothing in any copy is more than noise.
"""

import asyncio
import shutil
import subprocess
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from konsilium.mediaplane.cmaf import Fragment
from konsilium.mediaplane.hls.cipher import Cipher
from konsilium.mediaplane.vault import Destroyed, Store, Vault, store_of
from konsilium.mediaplane.vault.files import read_index, read_segment
from tests.mediaplane.vault.kept import NOON
from tests.mediaplane.vault.shot import coded, ffmpeg, from_zero, sound
from tests.mediaplane.vault.weed import Weed

pytestmark = [pytest.mark.integration, pytest.mark.media, pytest.mark.slow]

CHANNEL = "operation-1"
#: Four bytes are found by chance in one of 2^32 places: in some megabytes of noise hardly once, never twice.
BY_CHANCE = 1
NAMES = (b"moof", b"mdat", b"moov", b"avcC", b"traf", b"trun", b"esds")


@pytest.fixture(scope="module")
def weed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Weed]:
    server = Weed(tmp_path_factory.mktemp("weed"))
    server.start()
    yield server
    server.stop()


def eventually(holds: Callable[[], bool], seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.05)


def recorded_operation(vault: Vault, folder: Path) -> list[Fragment]:
    """A picture full of detail, and sound; its clear fragments."""
    source = "testsrc2=size=320x180:rate=25:duration=8,noise=alls=20:allf=t"
    x264 = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "25"]
    flags = ["-movflags", "+empty_moov+frag_keyframe+default_base_moof"]
    init, fragments = coded(folder / "picture.mp4", source, *x264, *flags)
    writer = vault.writer(CHANNEL, began=NOON)
    writer.begin("endoscope", replace(init, frame_rate=25.0))
    for fragment in from_zero(fragments):
        writer.add("endoscope", fragment)
    heard, voices = sound(folder, 8)
    writer.begin("sound", heard)
    for fragment in from_zero(voices):
        writer.add("sound", fragment)
    writer.finish()
    return [*fragments, *voices]


def downloaded(store: Store, folder: Path) -> Path:
    for name in store.names(CHANNEL):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        data = store.get(name)
        assert data is not None
        path.write_bytes(data)
    return folder


def frames_decoded(path: Path, *form: str) -> int:
    try:
        done = ffmpeg("-v", "quiet", *form, "-i", str(path), "-map", "0:v", "-f", "framecrc", "-")
    except subprocess.CalledProcessError:
        # ffmpeg found nothing in it that it could decode.
        return 0
    return sum(not line.startswith(b"#") for line in done.stdout.splitlines())


def openable(copy: Path, secret: bytes) -> int:
    """Frames whoever has the copy and this secret can see."""
    place = copy / CHANNEL / "endoscope"
    index, cipher = read_index(place), Cipher(secret)
    plain = b""
    for entry in index.entries:
        data = read_segment(place, entry)
        assert data is not None
        try:
            plain += cipher.decrypt(data, entry.key, entry.msn)
        except ValueError:
            continue
    path = copy / "opened.mp4"
    path.write_bytes(next(iter(index.sections.values())).data + plain)
    found = frames_decoded(path)
    path.unlink()
    return found


def traces(data: bytes, fragments: list[Fragment]) -> int:
    """Pieces of coded frames, from their middles, and the names of boxes."""
    found = sum(max(0, data.count(name) - BY_CHANCE) for name in NAMES)
    for fragment in fragments:
        middle = len(fragment.payload) // 2
        found += fragment.payload[middle : middle + 12] in data
        found += fragment.payload[:12] in data
    return found


def test_a_destroyed_operation_is_noise_in_every_copy(weed: Weed, tmp_path: Path) -> None:
    store = store_of(weed.options)
    assert store is not None
    vault = Vault(tmp_path / "data" / "vault", store, keep_local=timedelta(days=36500), discard=False)
    fragments = recorded_operation(vault, tmp_path)
    eventually(lambda: vault.recordings()[CHANNEL].stored)
    secret = vault.secret(CHANNEL)
    backup = tmp_path / "backup"
    shutil.copytree(tmp_path / "data" / "vault", backup)
    objects = downloaded(store, tmp_path / "objects")
    copies = (tmp_path / "data" / "vault", backup, objects)

    # With the key, each of them is the operation; the search for traces finds it.
    assert [openable(copy, secret) for copy in copies] == [200, 200, 200]
    film = vault.recording(CHANNEL).film("endoscope", None, None)  # type: ignore[union-attr]
    assert film is not None
    path = tmp_path / "film.mp4"
    path.write_bytes(asyncio.run(_all(film.chunks(0, film.size))))
    assert frames_decoded(path) == 200
    assert traces(path.read_bytes(), fragments) > 200

    vault.destroy(CHANNEL)
    assert vault.drain()

    for copy in (*copies, downloaded(store, tmp_path / "objects-later")):
        files = [path for path in copy.rglob("*") if path.is_file()]
        assert sum(path.stat().st_size for path in files) > 500_000
        for found in files:
            assert traces(found.read_bytes(), fragments) == 0, found
            assert secret not in found.read_bytes()
            for form in ((), ("-f", "h264")) if found.suffix == ".vol" else ():
                assert frames_decoded(found, *form) == 0, found
        assert openable(copy, bytes(32)) == 0
    assert not any(secret in path.read_bytes() for path in (tmp_path / "data").rglob("*") if path.is_file())
    for again in (vault, Vault(tmp_path / "data" / "vault", look_s=0.05, discard=False)):
        assert again.recording(CHANNEL) is None
        assert again.recordings()[CHANNEL].state == "destroyed"
        with pytest.raises(Destroyed):
            again.secret(CHANNEL)
        again.shut()


async def _all(chunks: object) -> bytes:
    return b"".join([data async for data in chunks])  # type: ignore[attr-defined]


def test_the_ciphertext_is_as_even_as_noise(tmp_path: Path) -> None:
    """All 256 bytes about equally often: 8 bits of entropy a byte, and nothing that packs."""
    vault = Vault(tmp_path / "vault")
    recorded_operation(vault, tmp_path)
    (volume,) = (tmp_path / "vault" / CHANNEL / "endoscope").glob("*.vol")
    data = volume.read_bytes()
    expected = len(data) / 256
    counts = Counter(data)
    squares = sum((counts[value] - expected) ** 2 / expected for value in range(256))
    # Chi-squared with 255 degrees of freedom: above 400 once in some hundred million.
    assert squares < 400
    vault.shut()
