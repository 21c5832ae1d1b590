"""Draws one scene into a file: `python -m konsilium.mediaplane.simulation.render SCENE FILE`.

A process of its own, so that several scenes are drawn on several cores and a web server is not held up.
Writes the number of finished frames to its standard output, one a line.
"""

import os
import subprocess
import sys
from pathlib import Path

from konsilium.mediaplane.encoder.tools import ffmpeg_path, guard
from konsilium.mediaplane.simulation import sound
from konsilium.mediaplane.simulation.endoscope import Endoscope
from konsilium.mediaplane.simulation.overview import Overview
from konsilium.mediaplane.simulation.scene import FPS, FRAMES, LENGTH_S, SIZE, Scene

SCENES: dict[str, type[Endoscope] | type[Overview]] = {"endoscope": Endoscope, "overview": Overview}

_BASE = ["-nostdin", "-hide_banner", "-nostats", "-loglevel", "error", "-y"]


def draw(scene: Scene, target: Path) -> None:
    command = [
        *(*guard(), ffmpeg_path(), *_BASE),
        *(
            "-f",
            "rawvideo",
            "-pix_fmt",
            "rgb24",
            "-s",
            f"{SIZE[0]}x{SIZE[1]}",
            "-r",
            str(FPS),
            "-i",
            "pipe:0",
        ),
        *("-vf", "scale=out_color_matrix=bt709:out_range=tv", "-pix_fmt", "yuv420p"),
        *("-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709"),
        *("-c:v", "libx264", "-preset", "veryfast", "-profile:v", "high", "-bf", "0"),
        *("-b:v", "2M", "-maxrate", "2500k", "-bufsize", "2M"),
        *("-g", str(FPS), "-keyint_min", str(FPS), "-sc_threshold", "0", "-f", "h264", str(target)),
    ]
    with subprocess.Popen(command, stdin=subprocess.PIPE) as encoder:
        if encoder.stdin is None:
            raise RuntimeError("ffmpeg was started without an input")
        for index in range(FRAMES):
            encoder.stdin.write(scene.frame(index).tobytes())
            if index % FPS == FPS - 1:
                sys.stdout.write(f"{index + 1}\n")
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


def join(picture: Path, noise: Path, target: Path) -> None:
    sources = ["-r", str(FPS), "-f", "h264", "-i", str(picture), "-i", str(noise)]
    _ffmpeg(
        [*sources, "-c", "copy", "-bsf:a", "aac_adtstoasc", "-t", str(LENGTH_S), "-f", "mp4", str(target)]
    )


def _ffmpeg(arguments: list[str], *, data: bytes | None = None) -> None:
    subprocess.run([*guard(), ffmpeg_path(), *_BASE, *arguments], input=data, check=True)


def main(name: str, target: Path) -> None:
    os.nice(3)
    picture, noise, unfinished = (target.with_suffix(f".{ending}.part") for ending in ("h264", "aac", "mp4"))
    try:
        draw(SCENES[name](), picture)
        code_sound(noise)
        join(picture, noise, unfinished)
        unfinished.replace(target)
    finally:
        for path in (picture, noise, unfinished):
            path.unlink(missing_ok=True)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
