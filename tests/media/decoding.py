"""Decodes what the origin would have served, as a player does."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from konsilium.mediaplane.cmaf import Fragment, Reader
from konsilium.mediaplane.encoder.tools import ffmpeg_path


@dataclass(frozen=True)
class Frame:
    #: Seconds on the channel clock.
    time: float
    brightness: int


@dataclass(frozen=True)
class Decoded:
    frames: tuple[Frame, ...]
    size: tuple[int, int]
    complaints: str


def decode_picture(data: bytes, folder: Path) -> Decoded:
    source, grey, table = folder / "picture.mp4", folder / "grey.raw", folder / "table.txt"
    source.write_bytes(data)
    done = subprocess.run(
        [
            *(
                ffmpeg_path(),
                "-nostdin",
                "-hide_banner",
                "-loglevel",
                "warning",
                "-y",
                "-copyts",
                "-i",
                str(source),
            ),
            *("-map", "0:v", "-fps_mode", "passthrough", "-vf", "scale=1:1:flags=area,format=gray"),
            *("-f", "rawvideo", str(grey)),
            *(
                "-map",
                "0:v",
                "-fps_mode",
                "passthrough",
                "-enc_time_base",
                "1:90000",
                "-f",
                "framecrc",
                str(table),
            ),
        ],
        capture_output=True,
        check=True,
    )
    lines = table.read_text().splitlines()
    size = next(line.split()[-1] for line in lines if line.startswith("#dimensions 0"))
    shift = _ffmpeg_shift(data)
    times = [int(line.split(",")[2]) / 90_000 - shift for line in lines if not line.startswith("#")]
    frames = tuple(Frame(time, value) for time, value in zip(times, grey.read_bytes(), strict=True))
    wide, high = size.split("x")
    return Decoded(frames, (int(wide), int(high)), done.stderr.decode())


def _ffmpeg_shift(data: bytes) -> float:
    """ffmpeg moves a whole track by its most negative composition offset; ISO/IEC 14496-12 8.6.1.3 does not."""
    fragments = [value for value in Reader().feed(data) if isinstance(value, Fragment)]
    least = min(sample.composition_offset for fragment in fragments for sample in fragment.samples)
    return max(0, -least) / fragments[0].timescale


def loud_moments(data: bytes, folder: Path) -> list[float]:
    """When sound sets in after silence, in seconds on the channel clock."""
    source, pcm = folder / "sound.mp4", folder / "sound.raw"
    source.write_bytes(data)
    probe = [
        ffmpeg_path(),
        "-nostdin",
        "-loglevel",
        "error",
        "-y",
        "-copyts",
        "-i",
        str(source),
        "-map",
        "0:a",
    ]
    table = subprocess.run([*probe, "-c", "copy", "-f", "framecrc", "-"], capture_output=True, check=True)
    first = next(line for line in table.stdout.decode().splitlines() if not line.startswith("#"))
    start = int(first.split(",")[2]) / 48_000
    subprocess.run([*probe, "-ac", "1", "-ar", "48000", "-f", "s16le", str(pcm)], check=True)
    samples = memoryview(pcm.read_bytes()).cast("h")
    moments: list[float] = []
    quiet = 0
    for index in range(0, len(samples), 48):
        loud = max(abs(value) for value in samples[index : index + 48]) > 4000
        if loud and quiet > 200:
            moments.append(start + index / 48_000)
        quiet = 0 if loud else quiet + 1
    return moments
