"""Films as people have them become recordings; of what cannot be one it is told why."""

import asyncio
import errno
import hashlib
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from konsilium.mediaplane.cmaf import Fragment, Init
from konsilium.mediaplane.conversion import Conversions, decisions
from konsilium.mediaplane.conversion.converter import Converter, Ready
from konsilium.mediaplane.conversion.run import Cancelled
from konsilium.mediaplane.encoder.slate import prepare_slates
from konsilium.mediaplane.hls import SOUND, SOUND_LOW, Filler
from konsilium.mediaplane.plan import ConversionPlan
from konsilium.mediaplane.status import FilmFault
from konsilium.mediaplane.vault import Recorded, Vault
from tests.media.films import SECONDS, beeps, brightness, changed, film, flashes
from tests.media.theatre import KEPT_SLATES

PLAN = ConversionPlan(recording="film-1", file="upload-1", title="Nephrectomy")


@pytest.fixture(scope="module")
def films(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("films")


@pytest.fixture
def silence() -> Filler:
    return prepare_slates(KEPT_SLATES[0]).silence


@pytest.fixture
def vault(tmp_path: Path):
    vault = Vault(tmp_path / "vault")
    yield vault
    vault.shut()


def converted(vault: Vault, silence: Filler, path: Path) -> object:
    converter = Converter(
        recordings=vault, silence=silence, tell=lambda *_: None, cancelled=threading.Event()
    )
    return converter.convert(path, PLAN.recording)


def recorded(vault: Vault) -> Recorded:
    found = vault.recording(PLAN.recording)
    assert found is not None
    return found


async def whole(recording: Recorded) -> bytes:
    made = recording.film("film", None, None)
    assert made is not None
    return b"".join([chunk async for chunk in made.chunks(0, made.size)])


@pytest.mark.parametrize(
    ("name", "size", "first_beep"),
    [
        ("plain.mp4", (320, 180), 0),
        ("b-frames.mov", (320, 180), 0),
        ("rare-keys.mkv", (320, 180), 0),
        ("hdr.mp4", (322, 182), 0),
        ("interlaced.ts", (320, 180), 0),
        ("phone.webm", (320, 180), 0),
        ("odd.avi", (322, 180), 0),
        ("dv.dv", (768, 576), 0),
        ("late-sound.mkv", (320, 180), 2),
    ],
)
async def test_films_become_recordings_in_step(
    vault: Vault,
    silence: Filler,
    films: Path,
    tmp_path: Path,
    name: str,
    size: tuple[int, int],
    first_beep: int,
) -> None:
    outcome = converted(vault, silence, film(films, name))
    assert isinstance(outcome, Ready)
    assert abs(outcome.duration_s - SECONDS) < 0.1
    data = await whole(recorded(vault))
    frames, shown = brightness(data, tmp_path)
    assert shown == size
    lit, loud = flashes(frames), beeps(data, tmp_path)
    print(name, [round(at, 3) for at in lit], [round(at, 3) for at in loud])
    assert len(lit) == SECONDS
    assert len(loud) == SECONDS - first_beep
    assert max(abs(light - tone) for light, tone in zip(lit[first_beep:], loud, strict=True)) <= 0.05


async def test_what_can_be_copied_is_the_same_to_the_byte(vault: Vault, silence: Filler, films: Path) -> None:
    source = film(films, "plain.mp4")
    assert isinstance(converted(vault, silence, source), Ready)
    values = [value async for value in recorded(vault).samples("film", 0)]
    original = source.read_bytes()
    for value in values:
        if isinstance(value, Fragment):
            assert value.payload[: value.samples[0].size] in original


async def test_listening_alone_takes_little(vault: Vault, silence: Filler, films: Path) -> None:
    """Below 48 kbit/s with everything around it, and as long as the picture."""
    assert isinstance(converted(vault, silence, film(films, "rare-keys.mkv")), Ready)
    recording = recorded(vault)
    values = [value async for value in recording.samples(SOUND_LOW, 0)]
    lasts = sum(value.duration for value in values if isinstance(value, Fragment)) / 48_000
    assert abs(lasts - SECONDS) < 0.05
    bandwidth = re.search(r"[:,]BANDWIDTH=(\d+)", recording.listen(None, None))
    assert bandwidth is not None
    print("listening:", int(bandwidth[1]) // 1000, "kbit/s")
    assert int(bandwidth[1]) <= 48_000


async def test_a_film_without_sound_is_silent_for_as_long(
    vault: Vault, silence: Filler, films: Path, tmp_path: Path
) -> None:
    assert isinstance(converted(vault, silence, film(films, "silent.mp4")), Ready)
    recording = recorded(vault)
    values = [value async for value in recording.samples(SOUND, 0)]
    assert isinstance(values[0], Init)
    lasts = sum(value.duration for value in values if isinstance(value, Fragment)) / 48_000
    assert abs(lasts - SECONDS) < 0.05
    assert beeps(await whole(recording), tmp_path) == []


async def test_a_film_held_upright_stands_upright(
    vault: Vault, silence: Filler, films: Path, tmp_path: Path
) -> None:
    turned = changed(film(films, "plain.mp4"), tmp_path / "turned.mp4", "-display_rotation", "90")
    assert isinstance(converted(vault, silence, turned), Ready)
    _, shown = brightness(await whole(recorded(vault)), tmp_path)
    assert shown == (180, 320)


def _cut(share: float) -> Callable[[bytes], bytes]:
    return lambda data: data[: int(len(data) * share)]


@pytest.mark.parametrize(
    ("source", "damage", "fault"),
    [
        ("plain.mp4", lambda data: b"", FilmFault.EMPTY),
        ("plain.mp4", lambda data: b"Dear colleague,\nplease find attached\n", FilmFault.NO_FILM),
        ("plain.mp4", _cut(0.6), FilmFault.NO_INDEX),
        ("rare-keys.mkv", _cut(0.3), FilmFault.CUT_OFF),
        ("sound.m4a", lambda data: data, FilmFault.NO_PICTURE),
        ("plain.mp4", lambda data: b"#EXTM3U\n#EXTINF:5,\nfile:///etc/passwd\n", FilmFault.NO_FILM),
        ("plain.mp4", lambda data: b"ffconcat version 1.0\nfile '/etc/hosts'\n", FilmFault.NO_FILM),
    ],
)
def test_what_is_no_film_is_told_so(
    vault: Vault,
    silence: Filler,
    films: Path,
    tmp_path: Path,
    source: str,
    damage: Callable[[bytes], bytes],
    fault: FilmFault,
) -> None:
    path = tmp_path / "upload"
    path.write_bytes(damage(film(films, source).read_bytes()))
    outcome = converted(vault, silence, path)
    assert isinstance(outcome, decisions.Refused)
    assert outcome.fault is fault
    assert vault.recording(PLAN.recording) is None
    assert vault.recordings() == {}


def test_a_protected_film_is_told_so(vault: Vault, silence: Filler, films: Path, tmp_path: Path) -> None:
    key = "00112233445566778899aabbccddeeff"
    locked = tmp_path / "locked.mp4"
    subprocess.run(
        [
            *("nice", "-n", "5"),
            _ffmpeg(),
            "-nostdin",
            "-loglevel",
            "error",
            "-i",
            str(film(films, "plain.mp4")),
            "-c",
            "copy",
            "-encryption_scheme",
            "cenc-aes-ctr",
            "-encryption_key",
            key,
            "-encryption_kid",
            key,
            str(locked),
        ],
        check=True,
    )
    assert converted(vault, silence, locked) == decisions.Refused(FilmFault.LOCKED)


def _ffmpeg() -> str:
    from konsilium.mediaplane.encoder.tools import ffmpeg_path

    return ffmpeg_path()


class _FullDisk:
    """A vault on a disk that is full after the first seconds: no disk can be filled in a test."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def writer(self, recording: str, *, began: datetime):
        writer = self._vault.writer(recording, began=began)
        add = writer.add

        def full(rendition: str, fragment: Fragment) -> None:
            if fragment.decode_time > fragment.timescale:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            add(rendition, fragment)

        writer.add = full  # type: ignore[method-assign]
        return writer

    def remove(self, recording: str) -> None:
        self._vault.remove(recording)


def test_a_full_disk_is_told_and_leaves_nothing_behind(vault: Vault, silence: Filler, films: Path) -> None:
    converter = Converter(
        recordings=_FullDisk(vault), silence=silence, tell=lambda *_: None, cancelled=threading.Event()
    )
    outcome = converter.convert(film(films, "plain.mp4"), PLAN.recording)
    assert outcome == decisions.Refused(FilmFault.NO_ROOM)
    assert vault.recordings() == {}


def test_a_cancelled_conversion_leaves_nothing_behind(vault: Vault, silence: Filler, films: Path) -> None:
    cancelled = threading.Event()

    def tell(phase: str, progress: float, duration_s: float | None) -> None:
        if phase == "converting" and progress > 0.2:
            cancelled.set()

    converter = Converter(recordings=vault, silence=silence, tell=tell, cancelled=cancelled)
    with pytest.raises(Cancelled):
        converter.convert(film(films, "rare-keys.mkv"), PLAN.recording)
    assert vault.recordings() == {}


async def _until(condition: Callable[[], bool], within: float = 15.0) -> None:
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < within
        await asyncio.sleep(0.02)


async def test_the_plan_is_followed_and_reported(
    vault: Vault, silence: Filler, films: Path, tmp_path: Path
) -> None:
    """Upload removed only when the recording is whole; nothing readable written; remembered over a restart."""
    uploads, notes = tmp_path / "uploads", tmp_path / "studio" / "conversions.json"
    uploads.mkdir()
    original = film(films, "plain.mp4").read_bytes()
    (uploads / PLAN.file).write_bytes(original)
    (uploads / "upload-2").write_bytes(b"no film")
    other = ConversionPlan(recording="film-2", file="upload-2", title="Notes")
    conversions = Conversions(uploads=uploads, notes=notes, recordings=vault, silence=silence)
    conversions.follow([PLAN, other])
    assert {status.state for status in conversions.status.values()} == {"waiting"}
    conversions.start()
    await _until(lambda: all(status.state in {"ready", "failed"} for status in conversions.status.values()))
    ready = conversions.status["film-1"]
    assert (ready.state, ready.progress, ready.sha256) == ("ready", 1, hashlib.sha256(original).hexdigest())
    assert conversions.status["film-2"].fault is FilmFault.NO_FILM
    assert not (uploads / PLAN.file).exists()
    assert (uploads / "upload-2").exists()
    await conversions.stop()
    vault.drain()
    _holds_no_picture(vault, original, [value async for value in recorded(vault).samples("film", 0)])
    again = Conversions(uploads=uploads, notes=notes, recordings=vault, silence=silence)
    again.follow([PLAN, other])
    assert again.status["film-1"] == ready
    again.follow([other])
    assert list(again.status) == ["film-2"]


def _holds_no_picture(vault: Vault, original: bytes, values: list[Init | Fragment]) -> None:
    """Of 32 bytes from the middle of a key frame, which the film has as well."""
    keys = [value.payload[40:72] for value in values if isinstance(value, Fragment) and value.independent]
    assert len(keys) == SECONDS
    assert all(key in original for key in keys)
    for path in vault.folder.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            assert not any(key in data for key in keys), path.name


_PROGRAM = """
import asyncio, sys
from pathlib import Path
from konsilium.mediaplane.conversion import Conversions
from konsilium.mediaplane.encoder.slate import prepare_slates
from konsilium.mediaplane.plan import ConversionPlan
from konsilium.mediaplane.vault import Vault

async def main(folder):
    conversions = Conversions(
        uploads=folder / "uploads", notes=folder / "studio" / "conversions.json",
        recordings=Vault(folder / "vault"), silence=prepare_slates(Path(sys.argv[2])).silence,
    )
    conversions.follow([ConversionPlan(recording="film-1", file="upload-1", title="Nephrectomy")])
    conversions.start()
    while True:
        print(conversions.status["film-1"].state, conversions.status["film-1"].progress, flush=True)
        await asyncio.sleep(0.05)

asyncio.run(main(Path(sys.argv[1])))
"""


def _program(folder: Path) -> "subprocess.Popen[str]":
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, str(folder), str(KEPT_SLATES[0])],
        stdout=subprocess.PIPE,
        text=True,
        env=environment,
    )


async def test_a_killed_conversion_begins_again(films: Path, tmp_path: Path) -> None:
    (tmp_path / "uploads").mkdir()
    long = changed(film(films, "rare-keys.mkv"), tmp_path / "long.mkv", "-stream_loop", "20")
    long.rename(tmp_path / "uploads" / "upload-1")
    with _program(tmp_path) as first:
        assert first.stdout is not None
        for line in first.stdout:
            state, progress = line.split()
            if state == "converting" and float(progress) > 0.05:
                break
        first.send_signal(signal.SIGKILL)
    halves = list((tmp_path / "vault").rglob("*.vol"))
    assert halves, "it was in the middle of it"
    with _program(tmp_path) as second:
        assert second.stdout is not None
        for line in second.stdout:
            if line.startswith(("ready", "failed")):
                break
        second.kill()
    assert line.startswith("ready")
    assert not (tmp_path / "uploads" / "upload-1").exists()
    vault = Vault(tmp_path / "vault")
    lasts = (recorded(vault).ended - recorded(vault).began).total_seconds()
    vault.shut()
    assert abs(lasts - 21 * SECONDS) < 0.3
