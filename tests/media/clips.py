"""Moving pictures made for the tests, once per run, by the encoder that sends them."""

import fcntl
import subprocess
from pathlib import Path

from konsilium.mediaplane.encoder.tools import ffmpeg_path

_PICTURE = "testsrc2=s={size}:r=25:d={seconds}"
_SOUND = "sine=440:r=48000:d={seconds}"
_H264 = ["-c:v", "libx264", "-preset", "ultrafast", "-g", "25", "-sc_threshold", "0"]
_AAC = ["-c:a", "aac", "-b:a", "96k", "-ac", "2"]

#: A white flash and a beep at every full second.
_FLASH = (
    "nullsrc=s=320x180:r=25:d={seconds},format=yuv420p,"
    "geq=lum='if(lt(mod(T,1),0.1),235,16+20*random(1))':cb=128:cr=128"
)
_BEEP = "aevalsrc='0.6*sin(2*PI*1000*t)*lt(mod(t,1),0.1)':s=48000:d={seconds}"

CLIPS: dict[str, list[str]] = {
    "plain": ["v", "a", *_H264, "-bf", "0", "-pix_fmt", "yuv420p", *_AAC],
    "other-size": ["v=426x240", "a", *_H264, "-bf", "0", "-pix_fmt", "yuv420p", *_AAC],
    "video-only": ["v", *_H264, "-bf", "0", "-pix_fmt", "yuv420p"],
    "audio-only": ["a", *_AAC],
    "mono-44": [
        "v",
        "a",
        *_H264,
        "-bf",
        "0",
        "-pix_fmt",
        "yuv420p",
        "-c:a",
        "aac",
        "-ac",
        "1",
        "-ar",
        "44100",
    ],
    "odd-444": ["v=853x479", "a", *_H264, "-bf", "0", "-pix_fmt", "yuv444p", *_AAC],
    "4:2:2": ["v", "a", *_H264, "-pix_fmt", "yuv422p", *_AAC],
    "ten-bit": ["v", "a", *_H264, "-pix_fmt", "yuv420p10le", *_AAC],
    "interlaced": ["v", "a", *_H264, "-pix_fmt", "yuv420p", "-x264-params", "tff=1:bframes=0", *_AAC],
    "hevc": [
        *("v", "a", "-c:v", "libx265", "-preset", "ultrafast", "-pix_fmt", "yuv420p"),
        *("-x265-params", "keyint=25:log-level=none", *_AAC),
    ],
    "mpeg2": ["v=853x479", "a", "-c:v", "mpeg2video", "-q:v", "5", "-g", "12", "-c:a", "mp2", "-b:a", "128k"],
    "flash": ["flash", "beep", *_H264, "-bf", "0", *_AAC],
    "flash-b-frames": [
        *("flash", "beep", "-c:v", "libx264", "-preset", "veryfast", "-g", "25", "-sc_threshold", "0"),
        *("-x264-params", "b-adapt=0:bframes=3:b-pyramid=none:scenecut=0", *_AAC),
    ],
}


def clip(folder: Path, name: str, seconds: int = 8) -> Path:
    """A transport stream; tests that run side by side make it only once."""
    target = folder / f"{name.replace(':', '')}-{seconds}.ts"
    with (folder / f"{target.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not target.exists():
            unfinished = target.with_suffix(".part")
            subprocess.run(_command(name, seconds, unfinished), check=True)
            unfinished.rename(target)
    return target


def _command(name: str, seconds: int, target: Path) -> list[str]:
    inputs: list[str] = []
    coding = []
    for word in CLIPS[name]:
        if word == "v" or word.startswith("v="):
            source = _PICTURE.format(size=word[2:] or "320x180", seconds=seconds)
        elif word in {"a", "flash", "beep"}:
            source = {"a": _SOUND, "flash": _FLASH, "beep": _BEEP}[word].format(seconds=seconds)
        else:
            coding.append(word)
            continue
        inputs += ["-f", "lavfi", "-i", source]
    return [
        ffmpeg_path(),
        "-nostdin",
        "-loglevel",
        "error",
        "-y",
        *inputs,
        *coding,
        "-f",
        "mpegts",
        str(target),
    ]


def join_clips(target: Path, first: Path, second: Path, *, at: int) -> Path:
    """The second takes over from the first after so many seconds, in one unbroken stream of time stamps."""
    base = [ffmpeg_path(), "-nostdin", "-loglevel", "error", "-y"]
    copy = ["-c", "copy", "-muxdelay", "0", "-muxpreload", "0", "-f", "mpegts"]
    piece = target.with_suffix(".second")
    subprocess.run([*base, "-t", str(at), "-i", str(first), *copy, str(target)], check=True)
    subprocess.run([*base, "-i", str(second), "-output_ts_offset", str(at), *copy, str(piece)], check=True)
    target.write_bytes(target.read_bytes() + piece.read_bytes())
    return target
