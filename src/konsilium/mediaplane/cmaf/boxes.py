"""ISO/IEC 14496-12 boxes as slices of a buffer, every length checked before it is believed."""

import struct
from collections.abc import Callable, Iterator

#: Boxes that hold nothing but boxes.
CONTAINERS = frozenset({b"moov", b"trak", b"mdia", b"minf", b"stbl", b"mvex", b"moof", b"traf", b"dinf"})
#: A sample entry or table has its own fields before the boxes it holds.
FIELDS_BEFORE_CHILDREN = {b"stsd": 8, b"avc1": 78, b"avc3": 78, b"mp4a": 28}

#: moov/trak/mdia/minf/stbl/stsd/avc1/avcC is the deepest path there is.
MAX_DEPTH = 10


class BoxError(ValueError):
    """Says in words what is wrong with the bytes; becomes `Malformed` before it leaves the kernel."""


def unpack(layout: str, data: bytes, offset: int) -> tuple[int, ...]:
    try:
        return struct.unpack_from(layout, data, offset)
    except struct.error as error:
        raise BoxError("a box is shorter than its fields") from error


def with_number(content: bytes, number: int) -> bytes:
    """tkhd or mdhd with its track number or timescale, which stand at the same place, replaced."""
    at = number_at(content)
    return content[:at] + struct.pack(">I", number) + content[at + 4 :]


def number_at(content: bytes) -> int:
    """Version 1 has 64-bit times before the number (ISO/IEC 14496-12 8.3.2, 8.4.2)."""
    at = 20 if content[:1] == b"\1" else 12
    if len(content) < at + 4:
        raise BoxError("a box is shorter than its fields")
    return at


def children(data: bytes, start: int = 0, end: int | None = None) -> Iterator[tuple[bytes, int, int]]:
    """Name, start and end of the content of each box in `data[start:end]`."""
    end = len(data) if end is None else end
    offset = start
    while offset < end:
        if offset + 8 > end:
            raise BoxError("a box header is cut off")
        size, name = struct.unpack_from(">I4s", data, offset)
        if size < 8 or offset + size > end:
            raise BoxError(f"box {name!r} does not fit into its parent")
        yield name, offset + 8, offset + size
        offset += size


def find(data: bytes, *path: bytes) -> tuple[int, int]:
    """Where the content of the first box at `path` lies."""
    start, end = 0, len(data)
    for step, name in enumerate(path):
        for found, inner_start, inner_end in children(data, start, end):
            if found == name:
                start, end = inner_start, inner_end
                break
        else:
            raise BoxError(f"there is no box {b'/'.join(path[: step + 1])!r}")
        if step < len(path) - 1:
            start += FIELDS_BEFORE_CHILDREN.get(name, 0)
    return start, end


def box(name: bytes, *content: bytes) -> bytes:
    body = b"".join(content)
    return struct.pack(">I4s", 8 + len(body), name) + body


def rewrite(data: bytes, change: Callable[[bytes, bytes], bytes | None], depth: int = 0) -> bytes:
    """The same tree with the content of each box replaced by what `change(name, content)` gives.

    `None` removes the box. Containers are offered after their children were rewritten.
    """
    if depth > MAX_DEPTH:
        raise BoxError("boxes are nested too deeply")
    pieces = []
    for name, start, end in children(data):
        content = data[start:end]
        if name in CONTAINERS or name in FIELDS_BEFORE_CHILDREN:
            fields = FIELDS_BEFORE_CHILDREN.get(name, 0)
            content = content[:fields] + rewrite(content[fields:], change, depth + 1)
        changed = change(name, content)
        if changed is not None:
            pieces.append(box(name, changed))
    return b"".join(pieces)
