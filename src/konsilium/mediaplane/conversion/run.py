"""One ffmpeg that takes a film apart, from its start to its end, and what it gives written down in step."""

import logging
import os
import selectors
import shutil
import subprocess
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path

from konsilium.mediaplane.cmaf import Fragment, Init, Malformed, Reader
from konsilium.mediaplane.conversion import command_lines
from konsilium.mediaplane.conversion.decisions import Treatment, Work
from konsilium.mediaplane.conversion.tracks import PictureTrack, SoundTrack
from konsilium.mediaplane.conversion.writing import PICTURE, SOUND, SOUND_LOW, RecordingWriter
from konsilium.mediaplane.encoder.tools import ffmpeg_path, guard
from konsilium.mediaplane.hls import Filler

log = logging.getLogger(__name__)

#: Live goes first.
_NICE = "10"
_LOOK_S = 0.2
#: A file that gives nothing for so long never will.
_STUCK_S = 60.0
_CHUNK = 1 << 20


class Cancelled(Exception):
    pass


class Interrupted(Exception):
    """ffmpeg was killed, or stood still, or gave what cannot be read."""


class Run:
    """One ffmpeg from its start to its end."""

    def __init__(
        self,
        writer: RecordingWriter,
        work: Work,
        silence: Filler,
        go_on: Callable[[], None],
        tell: Callable[[float], None],
    ) -> None:
        self._writer = writer
        self._work = work
        self._go_on = go_on
        self._tell = tell
        self._picture = PictureTrack(copied=work.picture is Treatment.COPY)
        heard = (SOUND,) if work.sound is Treatment.NONE else (SOUND, SOUND_LOW)
        self._sounds = {rendition: SoundTrack(silence) for rendition in heard}
        self._begun: set[str] = set()
        self._silence = silence
        self._said = b""
        self.sound_seconds = 0.0
        self.failed = False

    @property
    def messages(self) -> str:
        return self._said.decode("utf-8", "replace")

    def work(self, path: Path) -> float:
        """Seconds of picture that were written."""
        pipes = {rendition: os.pipe() for rendition in (PICTURE, SOUND, SOUND_LOW)}
        readers = {read: self._reader(rendition) for rendition, (read, _) in pipes.items()}
        try:
            child = self._start(path, *(write for _, write in pipes.values()))
        finally:
            for _, write in pipes.values():
                os.close(write)
        try:
            self._read(child, readers)
            code = child.wait(timeout=_STUCK_S)
        except subprocess.TimeoutExpired as error:
            raise Interrupted from error
        finally:
            child.kill()
            child.wait()
            for fd in readers:
                os.close(fd)
            if child.stderr is not None:
                child.stderr.close()
        if code < 0:
            raise Interrupted
        self.failed = code != 0
        return self._finish()

    def _start(self, path: Path, picture: int, sound: int, low: int) -> "subprocess.Popen[bytes]":
        command = command_lines.convert(
            ffmpeg_path(),
            str(path),
            self._work,
            picture_fd=picture,
            sound_fd=sound,
            low_fd=low,
            threads=max(1, (os.cpu_count() or 2) // 2),
        )
        return subprocess.Popen(
            [*guard(), *gentle(), *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            pass_fds=(picture, sound, low),
        )

    def _read(self, child: "subprocess.Popen[bytes]", readers: dict[int, Callable[[bytes], None]]) -> None:
        """All pipes as they fill: ffmpeg waits for us where the disk is slow."""
        takers = dict(readers)
        heard = time.monotonic()
        with selectors.DefaultSelector() as ready:
            if child.stderr is not None:
                takers[child.stderr.fileno()] = self._hear
            for fd in takers:
                ready.register(fd, selectors.EVENT_READ)
            while ready.get_map():
                self._go_on()
                for key, _ in ready.select(timeout=_LOOK_S):
                    data = os.read(key.fd, _CHUNK)
                    if not data:
                        ready.unregister(key.fd)
                        continue
                    heard = time.monotonic()
                    takers[key.fd](data)
                if time.monotonic() - heard > _STUCK_S:
                    raise Interrupted

    def _hear(self, data: bytes) -> None:
        self._said = (self._said + data)[-4096:]

    def _reader(self, rendition: str) -> Callable[[bytes], None]:
        reader = Reader()

        def feed(data: bytes) -> None:
            for value in reader.feed(data):
                if isinstance(value, Malformed):
                    log.warning("conversion: %s: %s", rendition, value.reason)
                    raise Interrupted
                if isinstance(value, Init):
                    self._begin(rendition, value)
                elif rendition == PICTURE:
                    for fragment in self._picture.take(value):
                        self._writer.add(PICTURE, fragment)
                    self._follow_sound()
                else:
                    self._sounds[rendition].take(value)

        return feed

    def _begin(self, rendition: str, init: Init) -> None:
        if rendition in self._begun and rendition != PICTURE:
            return
        self._begun.add(rendition)
        rate = self._work.frame_rate if rendition == PICTURE else None
        self._writer.begin(rendition, replace(init, frame_rate=rate))

    def _follow_sound(self) -> None:
        """As far as the picture is."""
        seconds = self._picture.end / self._picture.timescale
        self._tell(seconds)
        if self._picture.zero is None:
            return
        for rendition, track in self._sounds.items():
            if self._work.sound is Treatment.NONE:
                self._add_sound(rendition, track.silence_upto(seconds))
            else:
                self._add_sound(rendition, track.upto(self._picture.zero, seconds))

    def _add_sound(self, rendition: str, fragments: Iterable[Fragment]) -> None:
        for fragment in fragments:
            if rendition not in self._begun:
                self._begin(rendition, self._silence.init)
            self._writer.add(rendition, fragment)

    def _finish(self) -> float:
        for fragment in self._picture.finish():
            self._writer.add(PICTURE, fragment)
        seconds = self._picture.end / self._picture.timescale
        if self._picture.zero is not None:
            self.sound_seconds = self._sounds[SOUND].reach(self._picture.zero)
            for rendition, track in self._sounds.items():
                self._add_sound(rendition, track.finish(self._picture.zero, seconds))
        return seconds


def gentle() -> tuple[str, ...]:
    """Prefix of a command line that waits its turn."""
    found = shutil.which("nice")
    return (found, "-n", _NICE) if found else ()
