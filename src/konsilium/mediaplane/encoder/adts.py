"""Coded sound out of MP4, with the header that lets each frame stand by itself (ISO/IEC 13818-7, 6.2)."""

from konsilium.mediaplane.cmaf import Fragment

_RATES = (96000, 88200, 64000, 48000, 44100, 32000, 24000, 22050, 16000, 12000, 11025, 8000, 7350)
_HEADER = 7


def adts_frames(fragment: Fragment, sample_rate: int, channels: int) -> bytes:
    """The AAC-LC frames of a fragment one after the other."""
    rate = _RATES.index(sample_rate)
    pieces, at = [], 0
    for sample in fragment.samples:
        size = sample.size + _HEADER
        pieces.append(
            bytes(
                (
                    0xFF,
                    0xF1,  # MPEG-4, no checksum
                    1 << 6 | rate << 2 | channels >> 2,
                    (channels & 3) << 6 | size >> 11,
                    (size >> 3) & 0xFF,
                    (size & 7) << 5 | 0x1F,  # variable rate: buffer fullness is all ones
                    0xFC,
                )
            )
        )
        pieces.append(fragment.payload[at : at + sample.size])
        at += sample.size
    return b"".join(pieces)
