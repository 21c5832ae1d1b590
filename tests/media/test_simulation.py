"""The simulated theatre comes in through the same doors as a real one."""

import os
import shutil
import signal
import subprocess
from pathlib import Path

import pytest

from konsilium.mediaplane.encoder.tools import ffmpeg_path
from konsilium.mediaplane.simulation import SceneError, Sender, Simulator, clips, prepare_scenes
from konsilium.mediaplane.simulation.clips import clip_path
from konsilium.mediaplane.simulation.render import SCENES, code_sound, join
from konsilium.mediaplane.simulation.scene import LENGTH_S
from tests.media.conftest import Clip
from tests.media.theatre import PASSPHRASE, Theatre, signal_seconds


def kept_clip(source: Path, data_dir: Path) -> Path:
    """Drawing takes half a minute; any clip in the place of the drawn one does here."""
    target = clip_path(data_dir, "endoscope")
    target.parent.mkdir(parents=True)
    command = [
        "-nostdin",
        "-loglevel",
        "error",
        "-i",
        str(source),
        "-c",
        "copy",
        "-bsf:a",
        "aac_adtstoasc",
        str(target),
    ]
    subprocess.run([ffmpeg_path(), *command], check=True)
    return target


async def test_the_simulated_theatre_is_on_air_until_it_is_stopped(tmp_path: Path, clip_of: Clip) -> None:
    kept_clip(clip_of("plain"), tmp_path)
    async with Theatre(tmp_path, stand_in=True) as theatre:
        assert theatre.stand_in_port is not None
        simulator = Simulator(tmp_path, [Sender("endoscope", theatre.stand_in_port, PASSPHRASE, 60)])
        await simulator.start()
        await theatre.until_live()
        assert theatre.door.source == "stand_in"
        await theatre.until(lambda: signal_seconds(theatre.picture) > 1)
        (sender,) = _senders(theatre.stand_in_port)
        os.kill(sender, signal.SIGKILL)
        await theatre.until(lambda: theatre.door.signal == "lost", within=4)
        await theatre.until_live()
        assert _senders(theatre.stand_in_port) != [sender]
        await simulator.stop()
        await theatre.until(lambda: theatre.door.signal == "lost", within=4)
        assert _senders(theatre.stand_in_port) == []


def _senders(port: int) -> list[int]:
    """Of ours: nobody else sends to this port."""
    wanted = f"srt://127.0.0.1:{port}".encode()
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            words = entry.read_bytes().split(b"\x00")
        except OSError:
            continue
        if wanted in words and b"-re" in words and b"--pdeathsig" not in words:
            found.append(int(entry.parent.name))
    return found


def test_clips_that_are_there_are_not_drawn_again(tmp_path: Path, clip_of: Clip) -> None:
    kept = kept_clip(clip_of("plain"), tmp_path)
    shares: list[float] = []
    assert prepare_scenes(tmp_path, ["endoscope"], shares.append) == {"endoscope": kept}
    assert shares == [1.0]


def test_a_scene_that_cannot_be_drawn_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clips, "scene_of", lambda _: "no-such-scene")
    with pytest.raises(SceneError, match="no-such-scene"):
        prepare_scenes(tmp_path, ["endoscope"])
    assert list((tmp_path / "simulation").iterdir()) == []


def test_sound_and_picture_of_a_clip_are_equally_long(tmp_path: Path, clip_of: Clip) -> None:
    picture, noise, whole = tmp_path / "picture.h264", tmp_path / "noise.aac", tmp_path / "whole.mp4"
    long = [
        "-stream_loop",
        "1",
        "-i",
        str(clip_of("plain")),
        "-t",
        str(LENGTH_S),
        "-map",
        "0:v",
        "-c",
        "copy",
    ]
    subprocess.run(
        [ffmpeg_path(), "-nostdin", "-loglevel", "error", *long, "-f", "h264", str(picture)], check=True
    )
    code_sound(noise)
    join(SCENES["endoscope"], picture, noise, whole)
    table = subprocess.run(
        [ffmpeg_path(), "-loglevel", "error", "-i", str(whole), "-c", "copy", "-f", "framecrc", "-"],
        capture_output=True,
        check=True,
    )
    lines = [line.split(",") for line in table.stdout.decode().splitlines() if not line.startswith("#")]
    assert sum(line[0].strip() == "0" for line in lines) == LENGTH_S * 25
    assert sum(line[0].strip() == "1" for line in lines) == LENGTH_S * 48_000 // 1024
    shutil.rmtree(tmp_path, ignore_errors=True)
