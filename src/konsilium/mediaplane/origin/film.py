"""A recording as one file: the whole of it, or the range of bytes that a broken download still needs."""

import hashlib

from konsilium.mediaplane.origin.answers import NO_SNIFFING, NO_STORE, Headers, Ready, Refusal, Stream
from konsilium.mediaplane.origin.decide import NOTHING
from konsilium.mediaplane.origin.needs import Film, Recorded
from konsilium.mediaplane.origin.requests import Asker, Directives, parse_range


def film(
    recording: Recorded, *, place: str, directives: Directives, asker: Asker, cors: Headers
) -> Ready | Stream:
    if directives.feed is None:
        raise Refusal(400, "Bad request: feed says which picture is wanted.")
    found = recording.film(directives.feed, directives.begin, directives.end)
    if found is None:
        raise Refusal(404, NOTHING)
    tag = _tag(place, directives, found)
    headers: Headers = (
        (b"content-type", b"video/mp4"),
        (b"content-disposition", f'attachment; filename="{place}-{directives.feed}.mp4"'.encode()),
        (b"accept-ranges", b"bytes"),
        (b"etag", tag),
        NO_SNIFFING,
        NO_STORE,
        *cors,
    )
    begin, end = 0, found.size
    # RFC 9110 13.1.5: with another tag than ours the range is of a file that is no longer.
    if asker.range is not None and asker.if_range in {None, tag}:
        match parse_range(asker.range, found.size):
            case "none":
                size = (b"content-range", b"bytes */%d" % found.size)
                raise Refusal(416, f"The film has {found.size} bytes.", size)
            case (int(begin), int(end)):
                said = (b"content-range", b"bytes %d-%d/%d" % (begin, end - 1, found.size))
                return Stream(206, (*headers, said), found.chunks(begin, end), end - begin)
            case "all":
                pass
    return Stream(200, headers, found.chunks(begin, end), end - begin)


def _tag(place: str, directives: Directives, found: Film) -> bytes:
    """The same recording cut at the same places is the same file, byte for byte; a longer one has another size."""
    name = f"{place} {directives.feed} {directives.begin} {directives.end} {found.size}"
    return b'"' + hashlib.sha256(name.encode()).hexdigest()[:32].encode() + b'"'
