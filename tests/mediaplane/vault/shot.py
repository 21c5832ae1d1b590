"""Pictures with a flash and sound with a beep at each full second, coded by ffmpeg and looked at again."""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import imageio_ffmpeg

from konsilium.mediaplane.cmaf import Fragment, Init, Malformed, Reader

FFMPEG = imageio_ffmpeg.get_ffmpeg_exe()
FLASH_S = 0.08


def ffmpeg(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    command = [FFMPEG, "-nostdin", "-hide_banner", "-y", *arguments]
    return subprocess.run(command, capture_output=True, check=True, timeout=120)


def picture(
    folder: Path, seconds: int, *coding: str, size: str = "320x180", rate: str = "25"
) -> tuple[Init, list[Fragment]]:
    flash = f"drawbox=t=fill:color=white:enable='lt(mod(t,1),{FLASH_S})'"
    source = f"color=black:size={size}:rate={rate}:duration={seconds},{flash}"
    x264 = ["-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-sc_threshold", "0", *coding]
    flags = "+empty_moov+frag_keyframe+default_base_moof"
    return coded(folder / "picture.mp4", source, *x264, "-movflags", flags)


def sound(folder: Path, seconds: int, *, channels: int = 2) -> tuple[Init, list[Fragment]]:
    source = f"aevalsrc='if(lt(mod(t,1),{FLASH_S}),sin(2*PI*1000*t),0)':s=48000:d={seconds}"
    flags = ["-movflags", "+empty_moov+default_base_moof+delay_moov", "-frag_duration", "500000"]
    return coded(folder / "sound.mp4", source, "-c:a", "aac", "-ac", str(channels), *flags)


def coded(path: Path, source: str, *options: str) -> tuple[Init, list[Fragment]]:
    ffmpeg("-f", "lavfi", "-i", source, *options, "-f", "mp4", str(path))
    init, *found = Reader().feed(path.read_bytes())
    assert isinstance(init, Init)
    assert not any(isinstance(one, Malformed) for one in found)
    return init, [one for one in found if isinstance(one, Fragment)]


def from_zero(fragments: list[Fragment], *, at: int = 0, skip: int = 0) -> Iterator[Fragment]:
    """Decode times from `at` on, and what is shown first is shown when it is decoded."""
    first = fragments[0]
    composition = first.samples[0].composition_offset
    for one in fragments:
        samples = tuple(
            replace(sample, composition_offset=sample.composition_offset - composition)
            for sample in one.samples
        )
        yield replace(one, decode_time=one.decode_time - first.decode_time + at - skip, samples=samples)


@dataclass(frozen=True)
class Seen:
    """What a player would show: seconds of each picture with its brightness, and when it began to beep."""

    pictures: list[tuple[float, int]]
    beeps: list[float]
    complaints: list[str]

    @property
    def flashes(self) -> list[float]:
        """When the picture turned bright."""
        turned = []
        before = 0
        for at, grey in self.pictures:
            if grey > 200 and before < 100:
                turned.append(at)
            before = grey
        return turned


def look(path: Path | str, *before: str) -> Seen:
    """Decoded as a whole; `before` are options of the input."""
    folder = Path(path).parent if isinstance(path, Path) else Path("/nowhere")
    return look_into(str(path), folder, *before)


def look_into(source: str, folder: Path, *before: str) -> Seen:
    grey, table, pcm = folder / "grey.raw", folder / "times.txt", folder / "sound.raw"
    small = ["-map", "0:v", "-fps_mode", "passthrough", "-vf", "scale=1:1:flags=area,setsar=1,format=gray"]
    done = ffmpeg(
        *("-v", "warning", *before, "-i", source),
        *(*small, "-f", "rawvideo", str(grey)),
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
        *("-map", "0:a?", "-ac", "1", "-ar", "48000", "-af", "aresample=async=1:first_pts=0"),
        *("-f", "s16le", str(pcm)),
    )
    lines = table.read_text().splitlines()
    times = [int(line.split(",")[2]) / 90_000 for line in lines if not line.startswith("#")]
    complaints = [
        line
        for line in done.stderr.decode().splitlines()
        # Of what this test writes, not of what it reads.
        if line.strip() and "rawvideo @" not in line and "kbits/s" not in line
    ]
    pictures = list(zip(times, grey.read_bytes(), strict=True))
    return Seen(pictures, beeps(pcm.read_bytes()), complaints)


def beeps(pcm: bytes) -> list[float]:
    samples = memoryview(pcm[: len(pcm) // 2 * 2]).cast("h")
    found: list[float] = []
    quiet = 1000
    for index in range(0, len(samples) - 48, 48):
        loud = max(abs(value) for value in samples[index : index + 48]) > 4000
        if loud and quiet > 200:
            found.append(index / 48_000)
        quiet = 0 if loud else quiet + 1
    return found
