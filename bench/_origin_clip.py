"""Ten seconds of what a theatre sends, coded once in each folder by ffmpeg as the encoder side does it."""

import subprocess
from dataclasses import dataclass
from pathlib import Path

from imageio_ffmpeg import get_ffmpeg_exe

from konsilium.mediaplane.cmaf import Fragment, Init, Reader

SECONDS = 10
#: Every frame a fragment, as the stage writes it.
VIDEO = ["-movflags", "+empty_moov+frag_every_frame+default_base_moof", "-f", "mp4"]
AUDIO = ["-movflags", "+empty_moov+default_base_moof+delay_moov", "-frag_duration", "191000", "-f", "mp4"]


@dataclass(frozen=True)
class Clip:
    init: Init
    fragments: list[Fragment]


def clip_of(folder: Path, kind: str, kbps: int) -> Clip:
    path = folder / f"{kind}.mp4"
    rate = ["-b:v", f"{kbps}k", "-minrate", f"{kbps}k", "-maxrate", f"{kbps}k", "-bufsize", f"{kbps // 4}k"]
    x264 = ["-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-pix_fmt", "yuv420p"]
    coding = {
        "picture": (
            f"testsrc2=size=1280x720:rate=30:duration={SECONDS},noise=alls=12:allf=t",
            [*x264, *rate, "-x264-params", "nal-hrd=cbr", "-g", "30", *VIDEO],
        ),
        "slate": ("color=navy:size=640x360:rate=5:duration=4", [*x264, "-g", "20", *VIDEO]),
        "sound": (
            f"sine=440:sample_rate=48000:duration={SECONDS}",
            ["-c:a", "aac", "-b:a", "96k", "-ac", "2", *AUDIO],
        ),
    }[kind]
    command = [
        get_ffmpeg_exe(),
        "-nostdin",
        "-v",
        "error",
        "-y",
        "-f",
        "lavfi",
        "-i",
        coding[0],
        *coding[1],
        str(path),
    ]
    if not path.exists():
        subprocess.run(command, check=True)
    init, *rest = Reader().feed(path.read_bytes())
    assert isinstance(init, Init)
    return Clip(init, [one for one in rest if isinstance(one, Fragment)])
