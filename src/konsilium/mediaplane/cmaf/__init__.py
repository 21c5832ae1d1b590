"""Reads and writes fragmented MP4 (ISO/IEC 14496-12, CMAF). A kernel: bytes in, values and bytes out."""

from konsilium.mediaplane.cmaf.fragment import write_chunk
from konsilium.mediaplane.cmaf.init import with_timescale
from konsilium.mediaplane.cmaf.model import Fragment, Init, Kind, Malformed, Sample
from konsilium.mediaplane.cmaf.reader import Reader

__all__ = ["Fragment", "Init", "Kind", "Malformed", "Reader", "Sample", "with_timescale", "write_chunk"]
