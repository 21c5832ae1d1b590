"""One upload becomes one recording. Blocks: it runs in a thread of its own, ffmpeg beside it at low priority."""

import hashlib
import logging
import subprocess
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from konsilium.mediaplane.conversion import command_lines, decisions
from konsilium.mediaplane.conversion.decisions import Refused, Treatment, Work, plan_work, why_unread
from konsilium.mediaplane.conversion.probing import Film, read_report
from konsilium.mediaplane.conversion.run import Cancelled, Interrupted, Run, gentle
from konsilium.mediaplane.conversion.tracks import Unfit
from konsilium.mediaplane.conversion.writing import Recordings
from konsilium.mediaplane.encoder.tools import ffmpeg_path, guard
from konsilium.mediaplane.hls import Filler
from konsilium.mediaplane.status import FilmFault

log = logging.getLogger(__name__)

#: To say what a file is takes a moment, unless it was made to take for ever.
_REPORT_S = 60.0
_CHUNK = 1 << 20
#: The largest index that is searched for signs of encryption: ten hours of film have some 20 MB.
_MOST_INDEX = 64 << 20
#: An ffmpeg that was killed is started so many times.
_ATTEMPTS = 3

Phase = Literal["checking", "converting"]
#: Phase, share of it that is done, length of the film if known.
Tell = Callable[[Phase, float, float | None], None]


@dataclass(frozen=True, slots=True)
class Ready:
    duration_s: float
    #: Of the upload and of the recording's segments.
    sha256: str
    segments_sha256: str


class _Given(Exception):
    def __init__(self, outcome: Refused) -> None:
        super().__init__(outcome.fault)
        self.outcome = outcome


class Converter:
    def __init__(
        self, *, recordings: Recordings, silence: Filler, tell: Tell, cancelled: threading.Event
    ) -> None:
        self._recordings = recordings
        self._silence = silence
        self._tell = tell
        self._cancelled = cancelled

    def convert(self, path: Path, recording: str) -> Ready | Refused:
        """Raises `Cancelled`, and then nothing of the recording is left."""
        try:
            sha256 = self._checksum(path)
            film, work = self._look_at(path)
            return self._attempt(path, recording, film, work, sha256)
        except FileNotFoundError:
            return Refused(FilmFault.GONE)
        except _Given as given:
            return given.outcome

    # -- looking ---------------------------------------------------------------------------------------

    def _checksum(self, path: Path) -> str:
        digest, read, size = hashlib.sha256(), 0, max(1, path.stat().st_size)
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                self._go_on()
                digest.update(chunk)
                read += len(chunk)
                self._tell("checking", read / size, None)
        return digest.hexdigest()

    def _look_at(self, path: Path) -> tuple[Film | None, Work]:
        with path.open("rb") as file:
            head = file.read(16)
        said = ""
        with suppress(subprocess.TimeoutExpired):
            said = subprocess.run(
                [*guard(), *gentle(), *command_lines.report(ffmpeg_path(), str(path))],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.PIPE,
                timeout=_REPORT_S,
                check=False,
            ).stderr.decode("utf-8", "replace")
        film = read_report(said)
        locked = decisions.says_locked(index_of(path))
        work = plan_work(film, size=path.stat().st_size, head=head, locked=locked)
        if isinstance(work, Refused):
            raise _Given(work)
        return film, work

    # -- converting ------------------------------------------------------------------------------------

    def _attempt(
        self, path: Path, recording: str, film: Film | None, work: Work, sha256: str
    ) -> Ready | Refused:
        interrupted = 0
        while interrupted < _ATTEMPTS:
            try:
                return self._once(path, recording, film, work, sha256)
            except Unfit:
                log.info("conversion of %s: the picture is coded anew after all", recording)
                work = replace(work, picture=Treatment.CODE)
            except Interrupted:
                interrupted += 1
                log.warning("conversion of %s: interrupted, begun again", recording)
            except OSError as error:
                log.warning("conversion of %s: %s", recording, error.strerror)
                return Refused(FilmFault.NO_ROOM)
        return Refused(FilmFault.INTERRUPTED)

    def _once(
        self, path: Path, recording: str, film: Film | None, work: Work, sha256: str
    ) -> Ready | Refused:
        writer = self._recordings.writer(recording, began=datetime.now(UTC))
        done = False
        try:
            run = Run(writer, work, self._silence, self._go_on, self._told(film))
            seconds = run.work(path)
            outcome = self._judge(run, film, seconds)
            if outcome is not None:
                return outcome
            segments = writer.finish()
            done = True
            return Ready(seconds, sha256, segments)
        finally:
            if not done:
                writer.abandon()

    def _judge(self, run: "Run", film: Film | None, seconds: float) -> Refused | None:
        said = film.duration_s if film else None
        if seconds == 0:
            return Refused(why_unread(run.messages, produced=False))
        read = max(seconds, run.sound_seconds)
        if decisions.is_cut_off(said, read):
            return Refused(FilmFault.CUT_OFF, read_s=read, said_s=said)
        if run.failed and said is None:
            return Refused(why_unread(run.messages, produced=True))
        return None

    def _told(self, film: Film | None) -> Callable[[float], None]:
        said = film.duration_s if film else None

        def tell(seconds: float) -> None:
            self._tell("converting", min(1.0, seconds / said) if said else 0.0, said)

        return tell

    def _go_on(self) -> None:
        if self._cancelled.is_set():
            raise Cancelled


def index_of(path: Path) -> bytes:
    """The moov box of an MP4 (ISO/IEC 14496-12 8.2.1), wherever it stands; nothing of other files."""
    with path.open("rb") as file:
        at, end = 0, path.stat().st_size
        while at + 16 <= end:
            file.seek(at)
            head = file.read(16)
            size, name = int.from_bytes(head[:4], "big"), head[4:8]
            if size == 1:
                size = int.from_bytes(head[8:16], "big")
            if size < 8 or not name.isalnum():
                return b""
            if name == b"moov":
                file.seek(at)
                return file.read(min(size, _MOST_INDEX))
            at += size
    return b""
