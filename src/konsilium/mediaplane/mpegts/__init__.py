"""Understands an MPEG transport stream well enough to hand it on in runs of unchanged coding.

A kernel (ISO/IEC 13818-1): bytes in, values out; it never decodes a picture and never raises on bad input.
"""

from konsilium.mediaplane.mpegts.model import (
    Audio,
    AudioCodec,
    Begun,
    Event,
    Payload,
    Reason,
    Sps,
    Streams,
    Unreadable,
    Video,
    VideoCodec,
)
from konsilium.mediaplane.mpegts.splitter import Splitter

__all__ = [
    "Audio",
    "AudioCodec",
    "Begun",
    "Event",
    "Payload",
    "Reason",
    "Splitter",
    "Sps",
    "Streams",
    "Unreadable",
    "Video",
    "VideoCodec",
]
