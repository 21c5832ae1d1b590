"""Key frames out of a film, for a decoder that gets nothing else and is to show each at once."""

from konsilium.mediaplane.cmaf import Init
from konsilium.mediaplane.cmaf.avc import ParameterSets, parse_avcc
from konsilium.mediaplane.cmaf.boxes import BoxError, children, find
from konsilium.mediaplane.cmaf.init import SAMPLE_ENTRY, with_parameter_sets
from konsilium.mediaplane.mpegts.elementary import without_usability

_LENGTH = 4
#: Parameter sets and delimiters.
_LEFT_OUT = frozenset({7, 8, 9})


def init_alone(init: Init) -> Init | None:
    """The section with parameter sets that announce no reordering: a decoder waits for nothing then."""
    try:
        sets = _parameter_sets(init.data)
        if sets is None or sets.length_size != _LENGTH:
            return None
        sps = tuple(without_usability(unit) or unit for unit in sets.sps)
        return with_parameter_sets(init, ParameterSets(sps, sets.pps, sets.length_size))
    except BoxError:
        return None


def _parameter_sets(data: bytes) -> ParameterSets | None:
    start, end = find(data, *SAMPLE_ENTRY)
    name, entry, entry_end = next(children(data, start + 8, end), (b"", 0, 0))
    if name in {b"avc1", b"avc3"}:
        for inner, at, inner_end in children(data, entry + 78, entry_end):
            if inner == b"avcC":
                return parse_avcc(data[at:inner_end])
    return None


def alone(sample: bytes) -> bytes:
    """The key frame without the parameter sets it repeats."""
    pieces, at = [], 0
    while at + _LENGTH < len(sample):
        end = at + _LENGTH + int.from_bytes(sample[at : at + _LENGTH], "big")
        if sample[at + _LENGTH] & 0x1F not in _LEFT_OUT:
            pieces.append(sample[at:end])
        at = end
    return b"".join(pieces)
