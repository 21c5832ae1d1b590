"""Small uncoded pictures out of ffmpeg's `yuv4mpegpipe`. Pure: bytes in, pictures out."""

import re
from dataclasses import dataclass
from typing import Final

_HEAD: Final = re.compile(rb"YUV4MPEG2 W(\d{1,4}) H(\d{1,4})[ \n]")
_FRAME: Final = b"FRAME"
#: Longer than any head.
_LONGEST_LINE: Final = 512


class Misread(ValueError):
    """The bytes are no such pictures."""


@dataclass(frozen=True, slots=True)
class Picture:
    """4:2:0, full range: a byte of brightness for each point, and of each colour for four."""

    width: int
    height: int
    planes: bytes

    @property
    def grey(self) -> bytes:
        return self.planes[: self.width * self.height]

    @property
    def colours(self) -> tuple[bytes, bytes]:
        size = self.width * self.height // 4
        return self.planes[-2 * size : -size], self.planes[-size:]


class PictureReader:
    def __init__(self) -> None:
        self._buffer = bytearray()
        self._size: tuple[int, int] | None = None

    def feed(self, data: bytes) -> list[Picture]:
        """Raises Misread."""
        self._buffer += data
        found: list[Picture] = []
        while (line := self._buffer.find(b"\n")) != -1:
            if self._size is None:
                self._size = _size_of(bytes(self._buffer[: line + 1]))
                del self._buffer[: line + 1]
                continue
            width, height = self._size
            end = line + 1 + width * height * 3 // 2
            if not self._buffer.startswith(_FRAME):
                raise Misread("a picture has no beginning")
            if end > len(self._buffer):
                break
            found.append(Picture(width, height, bytes(self._buffer[line + 1 : end])))
            del self._buffer[:end]
        else:
            if len(self._buffer) > _LONGEST_LINE:
                raise Misread("a line has no end")
        return found


def _size_of(head: bytes) -> tuple[int, int]:
    match = _HEAD.match(head)
    width, height = (int(number) for number in match.groups()) if match else (0, 0)
    if not width or not height or width % 2 or height % 2:
        raise Misread("pictures of an impossible size")
    return width, height
