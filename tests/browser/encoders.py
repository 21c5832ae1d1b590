"""Encoders as they stand in a theatre: ffmpeg with a picture, a tone, or both, sent by SRT until closed."""

import subprocess
import threading
from types import TracebackType
from typing import Self

from imageio_ffmpeg import get_ffmpeg_exe

FPS = 25


class Encoder:
    """Sends a moving picture of `size` (none: only sound) with a tone of `tone` Hz. Tries again as hardware does."""

    def __init__(
        self,
        srt: str,
        *,
        tone: int,
        size: str | None = "1280x720",
        key_frames_s: float = 1.0,
        rate: int = FPS,
        sides: str = "c0=c0|c1=c0",
    ) -> None:
        """`sides` is what ffmpeg's `pan` makes of the tone; `key_frames_s` is how far apart key frames are."""
        self._command = [
            *(get_ffmpeg_exe(), "-nostdin", "-hide_banner", "-loglevel", "error"),
            *(("-re", "-f", "lavfi", "-i", f"testsrc2=s={size}:r={rate}") if size else ()),
            *("-re", "-f", "lavfi", "-i", f"sine=frequency={tone}:sample_rate=48000,volume=2"),
            *(("-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency") if size else ()),
            *(
                ("-pix_fmt", "yuv420p", "-b:v", "2500k", "-maxrate", "2500k", "-bufsize", "1M")
                if size
                else ()
            ),
            *(("-g", str(round(key_frames_s * rate)), "-sc_threshold", "0") if size else ()),
            *("-af", f"pan=stereo|{sides}", "-c:a", "aac", "-b:a", "96k"),
            *("-f", "mpegts", "-muxdelay", "0", "-flush_packets", "1", srt),
        ]
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._send, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join(10)

    def _send(self) -> None:
        while not self._over.is_set():
            process = subprocess.Popen(self._command, stderr=subprocess.DEVNULL)
            try:
                # A door that is closed, or not open yet: try again, as hardware does.
                while process.poll() is None and not self._over.wait(0.3):
                    pass
            finally:
                process.kill()
                process.wait()
