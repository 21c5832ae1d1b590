"""Recordings made without an encoder: real boxes and real ciphertext, frames that only count."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from konsilium.mediaplane.cmaf import Kind, Sample, write_chunk
from konsilium.mediaplane.hls.cipher import Cipher
from konsilium.mediaplane.hls.clock import ticks_at
from konsilium.mediaplane.hls.shelf import Kept
from konsilium.mediaplane.vault import RenditionShelf, Vault
from konsilium.mediaplane.vault.shelf import NoShelf
from tests.mediaplane.hls_factory import OTHER_FRAME, init_of, key_frame

NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
CHANNEL = "operation-1"


@dataclass(frozen=True)
class Piece:
    kept: Kept
    plain: bytes
    data: bytes


def plain_segment(start: int, seconds: int = 1, *, timescale: int = 90_000, sequence: int = 1) -> bytes:
    """A chunk of five frames for each fifth of a second."""
    chunks = []
    frame = timescale // 25
    for number in range(5 * seconds):
        frames = [key_frame() if number == 0 and one == 0 else OTHER_FRAME for one in range(5)]
        chunks.append(
            write_chunk(
                sequence=sequence,
                decode_time=start + number * 5 * frame,
                samples=[
                    Sample(len(data), frame, number == 0 and one == 0) for one, data in enumerate(frames)
                ],
                payload=frames,
            )
        )
    return b"".join(chunks)


def pieces(
    cipher: Cipher,
    count: int,
    *,
    kind: Kind = Kind.VIDEO,
    first: int = 0,
    began: datetime = NOON,
    seconds: int = 1,
    discontinuities: int = 0,
) -> Iterator[Piece]:
    timescale = 90_000 if kind is Kind.VIDEO else 48_000
    for number in range(first, first + count):
        start = ticks_at(began, timescale) + number * seconds * timescale
        plain = plain_segment(start, seconds, timescale=timescale, sequence=number)
        key = cipher.number(start, timescale)
        msn = 1000 + number
        data = cipher.encrypt(plain, key, msn)
        kept = Kept(msn, start, seconds * timescale, 1000, discontinuities, key, len(data))
        yield Piece(kept, plain, data)


def begin(shelf: RenditionShelf | NoShelf, number: int = 1000) -> None:
    init = init_of(shelf.kind, timescale=90_000 if shelf.kind is Kind.VIDEO else 48_000)
    shelf.keep_init(number, replace(init, frame_rate=25.0))


def record(
    vault: Vault,
    count: int,
    *,
    channel: str = CHANNEL,
    rendition: str = "endoscope",
    kind: Kind = Kind.VIDEO,
    first: int = 0,
    began: datetime = NOON,
) -> list[Piece]:
    shelf = vault.shelf(channel, rendition, kind)
    begin(shelf)
    made = list(pieces(vault.cipher(channel), count, kind=kind, first=first, began=began))
    for piece in made:
        shelf.keep(piece.kept, piece.data)
    assert vault.drain()
    return made
