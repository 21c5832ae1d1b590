"""Time coded into a picture: an encoder whose frames carry the moment they were made, and the reading script.

The first 48 bits of Unix time in milliseconds stand as black and white squares in one row, most significant
first, followed by 8 bits of their checksum. Squares of 20 px survive any sane bit rate.
"""

import contextlib
import subprocess
import threading
import time
from types import TracebackType
from typing import Self

from imageio_ffmpeg import get_ffmpeg_exe

WIDTH, HEIGHT, FPS = 1280, 720, 30
SQUARE = 20
BITS = 56


def coded_bits(milliseconds: int) -> str:
    """The 56 bits of a moment: 48 of time, 8 of checksum (the sum of the six bytes)."""
    checksum = sum(milliseconds.to_bytes(6, "big")) & 0xFF
    return f"{milliseconds:048b}{checksum:08b}"


def frame(milliseconds: int, number: int, shrunk: int = 1) -> bytes:
    """One 8-bit grey frame: the code on top, below it a bar that moves so that every frame differs."""
    width, height, square = WIDTH // shrunk, HEIGHT // shrunk, SQUARE // shrunk
    code = b"".join((b"\xeb" if bit == "1" else b"\x10") * square for bit in coded_bits(milliseconds))
    top = (code + b"\x10" * (width - len(code))) * (square * 2)
    bar = (number * 16) % width
    row = bytearray(b"\x50" * width)
    row[bar : bar + 40] = b"\xc0" * len(row[bar : bar + 40])
    return top + bytes(row) * (height - square * 2)


#: Reads the code out of a <video> at every presented frame; `window.readings` collects [shown, coded, mediaTime].
READER_TEMPLATE = """
(video) => {
  const canvas = document.createElement('canvas');
  canvas.width = WIDTH; canvas.height = ROWS;
  const context = canvas.getContext('2d', { willReadFrequently: true });
  window.readings = [];
  const read = (_now, frame) => {
    const scale = frame.width / WIDTH;
    context.drawImage(video, 0, 0, frame.width, ROWS * scale, 0, 0, WIDTH, ROWS);
    const shown = performance.timeOrigin + frame.expectedDisplayTime;
    const pixels = context.getImageData(0, SQUARE, WIDTH, 1).data;
    const bytes = [];
    for (let index = 0; index < BITS; index += 1) {
      const bit = pixels[(index * SQUARE + SQUARE / 2) * 4] > 127 ? 1 : 0;
      if (index % 8 === 0) bytes.push(0);
      bytes[bytes.length - 1] = bytes[bytes.length - 1] * 2 + bit;
    }
    const checksum = bytes.pop();
    const sum = bytes.reduce((total, byte) => total + byte, 0) & 255;
    const coded = bytes.reduce((total, byte) => total * 256 + byte, 0);
    if (sum === checksum && coded > 0) window.readings.push([shown, coded, frame.mediaTime]);
    video.requestVideoFrameCallback(read);
  };
  video.requestVideoFrameCallback(read);
}
"""
READER = (
    READER_TEMPLATE.replace("WIDTH", str(WIDTH))
    .replace("ROWS", str(SQUARE * 2))
    .replace("SQUARE", str(SQUARE))
    .replace("BITS", str(BITS))
)


class TimecodeEncoder:
    """A real encoder: ffmpeg with x264 and AAC sending the coded picture to an SRT address until closed."""

    def __init__(
        self, srt: str, *, fps: int = FPS, sound: bool = True, also: tuple[str, ...] = (), shrunk: int = 1
    ) -> None:
        """`also`: further doors that get the very same frames; `shrunk`: 4 sends 320 x 180 pixels."""
        self.srt = (srt, *also)
        self.fps = fps
        self.sound = sound
        self.shrunk = shrunk
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._send, daemon=True)
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Stop as an encoder does that is switched off."""
        self._stop.set()
        self._thread.join(10)

    def kill(self) -> None:
        """Stop as an encoder does whose plug is pulled."""
        self._stop.set()
        if self.process:
            self.process.kill()
        self._thread.join(10)

    def _send(self) -> None:
        while not self._stop.is_set():
            self.process = subprocess.Popen(self._command(), stdin=subprocess.PIPE, stderr=subprocess.DEVNULL)
            try:
                self._write_frames(self.process)
            except (BrokenPipeError, ConnectionResetError):
                # The door was closed or not yet open: try again, as hardware does.
                self._stop.wait(0.3)
            finally:
                self.process.kill()
                self.process.wait()
                if self.process.stdin is not None:
                    # What was still buffered for a process that is gone is lost anyway.
                    with contextlib.suppress(BrokenPipeError):
                        self.process.stdin.close()

    def _write_frames(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdin is not None
        number, due = 0, time.monotonic()
        while not self._stop.is_set() and process.poll() is None:
            process.stdin.write(frame(time.time_ns() // 1_000_000, number, self.shrunk))
            number += 1
            due += 1 / self.fps
            time.sleep(max(0.0, due - time.monotonic()))

    def _command(self) -> list[str]:
        size = f"{WIDTH // self.shrunk}x{HEIGHT // self.shrunk}"
        sound = ["-f", "lavfi", "-re", "-i", "sine=frequency=440:sample_rate=48000"] if self.sound else []
        coded_sound = ["-c:a", "aac", "-b:a", "96k", "-ac", "2"] if self.sound else []
        return [
            get_ffmpeg_exe(), "-hide_banner", "-loglevel", "error", "-fflags", "nobuffer",
            "-probesize", "32", "-analyzeduration", "0",
            "-f", "rawvideo", "-pix_fmt", "gray", "-s", size, "-r", str(self.fps), "-i", "pipe:0",
            *sound,
            "-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-pix_fmt", "yuv420p",
            "-g", str(self.fps), "-b:v", "2500k", "-maxrate", "2500k", "-bufsize", "1250k",
            *coded_sound, *self._way_out(),
        ]  # fmt: skip

    def _way_out(self) -> list[str]:
        if len(self.srt) == 1:
            return ["-f", "mpegts", "-muxdelay", "0", "-flush_packets", "1", *self.srt]
        streams = ["-map", "0:v", *(["-map", "1:a"] if self.sound else [])]
        doors = "|".join(f"[f=mpegts:flush_packets=1]{door}" for door in self.srt)
        return [*streams, "-f", "tee", doors]
