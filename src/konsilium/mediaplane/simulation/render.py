"""Draws one scene into a file: `python -m konsilium.mediaplane.simulation.render SCENE FILE`.

A process of its own, so that several scenes are drawn on several cores and a web server is not held up.
Writes the number of finished seconds to its standard output, one a line.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from konsilium.mediaplane.encoder.tools import ffmpeg_path, guard
from konsilium.mediaplane.simulation import monitor, sound, ultrasound
from konsilium.mediaplane.simulation.endoscope import Endoscope
from konsilium.mediaplane.simulation.overview import Overview
from konsilium.mediaplane.simulation.scene import LENGTH_S, SIZE, Scene


@dataclass(frozen=True, slots=True)
class Film:
    """How a scene is coded: in the theatre's size, whatever the size in which it is drawn."""

    scene: Callable[[], Scene]
    size: tuple[int, int] = SIZE
    fps: int = 25
    kbps: int = 2000
    sounds: bool = True
    #: As devices send: always the same, even where nothing moves.
    constant: bool = False


#: The theatre's devices have no microphone and send no more than the check before a broadcast asks of them: a demo
#: with four feeds has to run on two cores with a browser beside it.
SCENES: dict[str, Film] = {
    "endoscope": Film(Endoscope),
    "overview": Film(Overview),
    "ultrasound": Film(
        ultrasound.Ultrasound, ultrasound.SIZE, fps=20, kbps=1000, sounds=False, constant=True
    ),
    "monitor": Film(monitor.Monitor, monitor.SIZE, fps=20, kbps=1000, sounds=False, constant=True),
}

_BASE = ["-nostdin", "-hide_banner", "-nostats", "-loglevel", "error", "-y"]


def draw(film: Film, target: Path) -> None:
    fps, (wide, high) = film.fps, film.size
    command = [
        *(*guard(), ffmpeg_path(), *_BASE),
        *("-f", "rawvideo", "-pix_fmt", "rgb24", "-s", f"{wide}x{high}", "-r", str(fps), "-i", "pipe:0"),
        *("-vf", f"scale={SIZE[0]}:{SIZE[1]}:out_color_matrix=bt709:out_range=tv", "-pix_fmt", "yuv420p"),
        *("-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709"),
        *("-c:v", "libx264", "-preset", "veryfast", "-profile:v", "high", "-bf", "0"),
        *("-b:v", f"{film.kbps}k", "-bufsize", f"{film.kbps}k"),
        *("-maxrate", f"{film.kbps if film.constant else film.kbps * 5 // 4}k"),
        *(("-x264-params", "nal-hrd=cbr") if film.constant else ()),
        *("-g", str(fps), "-keyint_min", str(fps), "-sc_threshold", "0", "-f", "h264", str(target)),
    ]
    scene = film.scene()
    with subprocess.Popen(command, stdin=subprocess.PIPE) as encoder:
        if encoder.stdin is None:
            raise RuntimeError("ffmpeg was started without an input")
        for index in range(LENGTH_S * fps):
            encoder.stdin.write(scene.frame(index / (LENGTH_S * fps)).tobytes())
            if index % fps == fps - 1:
                sys.stdout.write(f"{index // fps + 1}\n")
                sys.stdout.flush()
    if encoder.returncode != 0:
        raise RuntimeError("ffmpeg could not code the scene")


def code_sound(target: Path) -> None:
    """Three turns are coded and the middle one kept: there the coder is in its stride at both ends."""
    coded = target.with_suffix(".m4a")
    coding = [
        "-f",
        "s16le",
        "-ar",
        str(sound.RATE),
        "-ac",
        "1",
        "-i",
        "pipe:0",
        "-ac",
        "2",
        "-c:a",
        "aac",
        "-b:a",
        "96k",
    ]
    _ffmpeg([*coding, str(coded)], data=sound.loop() * 3)
    cut = [
        "-ss",
        str(LENGTH_S),
        "-t",
        str(LENGTH_S),
        "-i",
        str(coded),
        "-c",
        "copy",
        "-f",
        "adts",
        str(target),
    ]
    _ffmpeg(cut)
    coded.unlink()


def join(film: Film, picture: Path, noise: Path, target: Path) -> None:
    sources = ["-r", str(film.fps), "-f", "h264", "-i", str(picture)]
    if film.sounds:
        sources += ["-i", str(noise), "-bsf:a", "aac_adtstoasc"]
    _ffmpeg([*sources, "-c", "copy", "-t", str(LENGTH_S), "-f", "mp4", str(target)])


def _ffmpeg(arguments: list[str], *, data: bytes | None = None) -> None:
    subprocess.run([*guard(), ffmpeg_path(), *_BASE, *arguments], input=data, check=True)


def main(name: str, target: Path) -> None:
    os.nice(3)
    picture, noise, unfinished = (target.with_suffix(f".{ending}.part") for ending in ("h264", "aac", "mp4"))
    film = SCENES[name]
    try:
        draw(film, picture)
        if film.sounds:
            code_sound(noise)
        join(film, picture, noise, unfinished)
        unfinished.replace(target)
    finally:
        for path in (picture, noise, unfinished):
            path.unlink(missing_ok=True)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
