"""The time in a picture (bench/timecode.py), read from its top row scaled down to one pixel a square."""

from bench.timecode import BITS, SQUARE, WIDTH

#: A picture of this size has a square of the code in each pixel of its top row.
SMALL = (WIDTH // SQUARE, 36)


def coded_time(row: bytes) -> float | None:
    """In s since 1970; None if this is no picture of the encoder's."""
    bits = "".join("1" if value > 127 else "0" for value in row[:BITS])
    values = int(bits, 2).to_bytes(BITS // 8, "big")
    milliseconds = int.from_bytes(values[:6], "big")
    return milliseconds / 1000 if milliseconds and sum(values[:6]) & 0xFF == values[6] else None
