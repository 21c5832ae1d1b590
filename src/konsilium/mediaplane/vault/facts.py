"""What a film must know of a segment beforehand, looked up while it is still in memory. A kernel."""

from dataclasses import dataclass

from konsilium.mediaplane.cmaf.boxes import BoxError
from konsilium.mediaplane.cmaf.retime import chunks_in


@dataclass(frozen=True, slots=True)
class Facts:
    #: Bytes of the plain text; 0 if it is no fragmented MP4 of ours.
    plain: int = 0
    #: The first frame can be decoded by itself.
    independent: bool = False
    #: Most negative composition offset, or 0.
    lowest: int = 0


def facts_of(plain: bytes) -> Facts:
    try:
        chunks = list(chunks_in(plain))
    except BoxError:
        return Facts()
    if not chunks:
        return Facts()
    return Facts(len(plain), chunks[0].independent, min(0, *(chunk.lowest for chunk in chunks)))
