"""Looks at the picture of one feed: a thumbnail every two seconds, by one small ffmpeg. It never reaches a disk."""

import asyncio
import hashlib
import io
import logging
from dataclasses import dataclass
from datetime import UTC, datetime

from PIL import Image, ImageChops

from konsilium.mediaplane.cmaf import Fragment, Init, Sample, write_chunk
from konsilium.mediaplane.encoder import command_lines
from konsilium.mediaplane.encoder.helper import Helper
from konsilium.mediaplane.encoder.key_frames import alone, init_alone
from konsilium.mediaplane.encoder.pictures import Misread, Picture, PictureReader
from konsilium.mediaplane.encoder.source_clock import SourceClock
from konsilium.mediaplane.encoder.stillness import Look, Stillness, look_at
from konsilium.mediaplane.encoder.tools import ffmpeg_path

log = logging.getLogger(__name__)

#: A little less than two seconds, or every other key frame would be missed by a hair.
_EVERY_S = 1.8
_QUALITY = 80


@dataclass(frozen=True, slots=True)
class Thumbnail:
    jpeg: bytes
    #: Another one for another picture.
    mark: str
    grey: Image.Image


class PictureMonitor:
    """Follows a video outlet."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._helper = Helper(f"picture {name}", self._command, [self._take], began=self._began)
        self._init: Init | None = None
        self._asked = 0.0
        #: Key frames given to the present child.
        self._given = 0
        self._reader = PictureReader()
        self._thumbnail: Thumbnail | None = None
        self._stillness = Stillness()
        self._tasks: set[asyncio.Task[None]] = set()
        #: Goes up with every break: what is still being looked at is then of the past.
        self._stretch = 0
        #: Nothing was asked since the last break: what the child still gives is of the past as well.
        self._is_idle = True

    # -- what the outlet says --------------------------------------------------------------------------

    def begin(self, init: Init, *, clock: SourceClock) -> None:  # noqa: ARG002 - Follower's
        own = init_alone(init)
        if own is None or (self._init is not None and own.data != self._init.data):
            self._helper.restart()
        self._init = own
        self._helper.start()

    def add(self, fragment: Fragment, *, arrival: float) -> None:
        if not fragment.independent or arrival - self._asked < _EVERY_S or self._init is None:
            return
        # Of a child that cannot keep up nothing more is asked.
        if not self._helper.ready or self._helper.unwritten:
            return
        self._asked = arrival
        self._is_idle = False
        if self._given == 0:
            self._helper.write(self._init.data)
        self._given += 1
        # As a film of one picture a second: the child needs no other time.
        data = alone(fragment.payload[: fragment.samples[0].size])
        picture = Sample(len(data), self._init.timescale, sync=True)
        chunk = write_chunk(
            sequence=self._given,
            decode_time=self._given * self._init.timescale,
            samples=(picture,),
            payload=(data,),
        )
        self._helper.write(chunk)

    def pause(self, *, at: datetime) -> None:  # noqa: ARG002 - Follower's
        self._forget()

    # -- what there is to say --------------------------------------------------------------------------

    @property
    def jpeg(self) -> bytes | None:
        return self._thumbnail.jpeg if self._thumbnail else None

    @property
    def mark(self) -> str:
        return self._thumbnail.mark if self._thumbnail else ""

    @property
    def black_since(self) -> datetime | None:
        return self._stillness.black_since

    @property
    def frozen_since(self) -> datetime | None:
        return self._stillness.frozen_since(datetime.now(UTC))

    @property
    def pid(self) -> int:
        return self._helper.pid

    async def stop(self) -> None:
        await self._helper.stop()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._forget()

    # -- the child -------------------------------------------------------------------------------------

    @staticmethod
    def _command(fds: command_lines.Fds) -> list[str]:
        return command_lines.thumbnails(ffmpeg_path(), fd=fds[0])

    def _began(self) -> None:
        self._reader = PictureReader()
        self._asked, self._given = 0.0, 0

    def _forget(self) -> None:
        self._stretch += 1
        self._is_idle = True
        self._thumbnail = None
        self._stillness.forget()

    def _take(self, data: bytes) -> None:
        try:
            pictures = self._reader.feed(data)
        except Misread as error:
            log.warning("picture %s: %s", self._name, error)
            self._helper.restart()
            return
        for picture in () if self._is_idle else pictures:
            task = asyncio.create_task(self._look(picture, self._stretch), name=f"look at {self._name}")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _look(self, picture: Picture, stretch: int) -> None:
        before = self._thumbnail.grey if self._thumbnail else None
        thumbnail, look = await asyncio.to_thread(_examined, picture, before)
        if stretch == self._stretch:
            self._thumbnail = thumbnail
            self._stillness.note(look, datetime.now(UTC))


def _examined(picture: Picture, before: Image.Image | None) -> tuple[Thumbnail, Look]:
    size = (picture.width, picture.height)
    grey = Image.frombytes("L", size, picture.grey)
    half = (picture.width // 2, picture.height // 2)
    colours = [Image.frombytes("L", half, plane).resize(size) for plane in picture.colours]
    written = io.BytesIO()
    Image.merge("YCbCr", [grey, *colours]).save(written, "JPEG", quality=_QUALITY)
    jpeg = written.getvalue()
    comparable = before is not None and before.size == size
    differences = ImageChops.difference(grey, before).histogram() if before and comparable else None
    mark = hashlib.blake2s(jpeg, digest_size=6).hexdigest()
    return Thumbnail(jpeg, mark, grey), look_at(grey.histogram(), differences)
