"""Films as people have them, made once per run."""

import subprocess
from pathlib import Path

from konsilium.mediaplane.encoder.tools import ffmpeg_path

SECONDS = 4
#: A white flash and a beep at every full second.
_FLASH = (
    "color=c=gray:s={size}:r={rate}:d=4,format=yuv420p,"
    "drawbox=c=white:t=fill:enable='lt(mod(t,1),0.1)',drawbox=c=black:t=fill:enable='gte(mod(t,1),0.1)'"
)
_BEEP = "aevalsrc='0.6*sin(2*PI*1000*t)*lt(mod(t,1),0.1)':s={hertz}:d=4"
_H264 = ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-g", "25"]
_HDR = "log-level=none:colorprim=bt2020:transfer=smpte2084:colormatrix=bt2020nc"
_SIZES = {"hdr": "322x182", "dv": "720x576", "odd": "323x181"}

FILMS: dict[str, list[str]] = {
    "plain.mp4": ["-map", "0", "-map", "1", *_H264, "-c:a", "aac", "-ac", "2", "-ar", "48000"],
    "b-frames.mov": ["-map", "0", "-map", "1", "-c:v", "libx264", "-bf", "3", "-g", "25", "-c:a", "aac"],
    "rare-keys.mkv": ["-map", "0", "-map", "1", *_H264, "-g", "250", "-c:a", "libopus"],
    "silent.mp4": ["-map", "0", *_H264],
    "hdr.mp4": [
        *("-map", "0", "-map", "1", "-c:v", "libx265", "-preset", "ultrafast", "-pix_fmt", "yuv420p10le"),
        *("-x265-params", _HDR, "-c:a", "aac"),
    ],
    "interlaced.ts": ["-map", "0", "-map", "1", *_H264, "-flags", "+ildct+ilme", "-c:a", "mp2"],
    "phone.webm": ["-map", "0", "-map", "1", "-c:v", "libvpx", "-deadline", "realtime", "-c:a", "libopus"],
    "odd.avi": ["-map", "0", "-map", "1", "-c:v", "ffv1", "-pix_fmt", "yuv444p", "-c:a", "pcm_s16le"],
    "dv.dv": ["-map", "0", "-map", "1", "-c:v", "dvvideo", "-c:a", "pcm_s16le", "-ar", "48000", "-ac", "2"],
    "late-sound.mkv": ["-map", "0", "-map", "1", *_H264, "-c:a", "aac", "-af", "atrim=start=1.5"],
    "sound.m4a": ["-map", "1", "-c:a", "aac"],
}


def film(folder: Path, name: str) -> Path:
    target = folder / name
    if target.exists():
        return target
    size = _SIZES.get(name.partition(".")[0], "320x180")
    pictures, beep = _FLASH.format(size=size, rate=25), _BEEP.format(hertz=48_000)
    subprocess.run(
        [
            *(ffmpeg_path(), "-nostdin", "-loglevel", "error", "-y"),
            *("-f", "lavfi", "-i", pictures, "-f", "lavfi", "-i", beep, *FILMS[name], str(target)),
        ],
        check=True,
    )
    return target


def changed(source: Path, target: Path, *arguments: str) -> Path:
    """The same, rewritten without coding it again."""
    command = [ffmpeg_path(), "-nostdin", "-loglevel", "error", "-y", *arguments[:2], "-i", str(source)]
    subprocess.run([*command, "-c", "copy", *arguments[2:], str(target)], check=True)
    return target


def brightness(data: bytes, folder: Path) -> tuple[list[tuple[float, int]], tuple[int, int]]:
    """Presentation time and mean brightness of each frame of a whole film, and the picture's size."""
    source = folder / "whole.mp4"
    source.write_bytes(data)
    command = [ffmpeg_path(), "-nostdin", "-hide_banner", "-loglevel", "error", "-y", "-i", str(source)]
    scale = ["-vf", "scale=1:1:flags=area,format=gray"]
    passed = ["-fps_mode", "passthrough", "-enc_time_base", "1:90000"]
    raw = subprocess.run(
        [*command, "-map", "0:v", *scale, *passed, "-f", "rawvideo", "-"], capture_output=True, check=True
    )
    table = subprocess.run(
        [*command, "-map", "0:v", *passed, "-f", "framecrc", "-"], capture_output=True, check=True
    ).stdout.decode()
    lines = table.splitlines()
    times = [int(line.split(",")[2]) / 90_000 for line in lines if not line.startswith("#")]
    size = next(line.split()[-1] for line in lines if line.startswith("#dimensions 0"))
    wide, high = size.split("x")
    return list(zip(times, raw.stdout, strict=True)), (int(wide), int(high))


def flashes(frames: list[tuple[float, int]]) -> list[float]:
    """When it becomes bright."""
    found, bright = [], False
    for time, value in frames:
        if value > 150 and not bright:
            found.append(time)
        bright = value > 150
    return found


def beeps(data: bytes, folder: Path) -> list[float]:
    """When it becomes loud, in seconds of the film."""
    source = folder / "heard.mp4"
    source.write_bytes(data)
    done = subprocess.run(
        [
            *(ffmpeg_path(), "-nostdin", "-loglevel", "error", "-i", str(source), "-map", "0:a"),
            *("-af", "aresample=async=1:first_pts=0", "-ac", "1", "-ar", "48000", "-f", "s16le", "-"),
        ],
        capture_output=True,
        check=True,
    )
    samples = memoryview(done.stdout).cast("h")
    found: list[float] = []
    quiet = 1000
    for index in range(0, len(samples), 48):
        loud = max(abs(value) for value in samples[index : index + 48]) > 4000
        if loud and quiet > 200:
            found.append(index / 48_000)
        quiet = 0 if loud else quiet + 1
    return found
