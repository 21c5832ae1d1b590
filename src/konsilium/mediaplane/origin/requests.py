"""What a request asks for, as values; every length and number is checked before it is believed."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Literal
from urllib.parse import unquote_to_bytes

from konsilium.mediaplane.grants import GRANT_COOKIE

MAX_PATH = 300
MAX_QUERY = 500
#: A longer one is read each time: strangers send what they like, and 4096 cookies of 64 kB are a quarter of a GB.
LONGEST_KEPT_COOKIE = 4096
#: Different requests of which the meaning is remembered: what viewers ask for now is the same for all of them.
KEPT = 4096
KEY = r"[a-z0-9][a-z0-9-]{0,62}"
PATH = re.compile(rf"/media/(?P<place>{KEY})/(?P<rest>[a-z0-9./-]+)")
RESOURCE = re.compile(
    rf"(?P<rendition>{KEY}(?:\.low)?)/"
    # More digits than these could be no number of ours.
    r"(?:(?P<playlist>video|audio)\.m3u8|(?P<kind>init|seg|part)-(?P<number>[0-9]{1,18})\.(?P<suffix>mp4|m4s))"
)
CONTENT_KEY = re.compile(r"key-([0-9]{1,18})\.bin")
THUMBNAIL = re.compile(rf"({KEY})\.jpg")
FEED = re.compile(KEY)
DIGITS = re.compile(r"[0-9]{1,18}")
MOMENT = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,6})?(?:Z|[+-]\d\d:\d\d)")
NOT_PACKED = re.compile(rb"gzip *; *q=0(?:\.0{1,3})? *(?:,|$)")
#: Below three hours; a page tries for ten minutes.
AGE = re.compile(rb"age_ms=([0-9]{1,7})")
RANGE = re.compile(rb"bytes=(?:(\d{1,18})-(\d{0,18})|-(\d{1,18}))")


@dataclass(frozen=True, slots=True)
class Master:
    """The multivariant playlist, of everything or of the sound alone."""

    listen: bool = False


@dataclass(frozen=True, slots=True)
class Playlist:
    rendition: str
    name: Literal["video", "audio"]


@dataclass(frozen=True, slots=True)
class Media:
    rendition: str
    kind: Literal["init", "seg", "part"]
    number: int


@dataclass(frozen=True, slots=True)
class ContentKey:
    number: int


@dataclass(frozen=True, slots=True)
class FilmFile:
    pass


@dataclass(frozen=True, slots=True)
class Desk:
    pass


@dataclass(frozen=True, slots=True)
class Thumbnail:
    feed: str


@dataclass(frozen=True, slots=True)
class StopOrder:
    pass


@dataclass(frozen=True, slots=True)
class ViewerReport:
    pass


#: These are posted, all others are read.
Order = StopOrder | ViewerReport
#: What players ask for.
Readable = Master | Playlist | Media | ContentKey
Resource = Readable | FilmFile | Desk | Thumbnail | Order

_NAMED: dict[str, Resource] = {
    "master.m3u8": Master(),
    "listen.m3u8": Master(listen=True),
    "film.mp4": FilmFile(),
    "desk": Desk(),
    "stop": StopOrder(),
    "report": ViewerReport(),
}


@dataclass(frozen=True, slots=True)
class Directives:
    """RFC 8216bis 6.2.5: what the client adds to the playlist's URI; `feed`, `from`, `to` and `iv` are ours."""

    msn: int | None = None
    part: int | None = None
    skip: bool = False
    feed: str | None = None
    begin: datetime | None = None
    end: datetime | None = None
    #: Each segment's IV in writing, for players that do not count as RFC 8216bis 5.2 says.
    explicit_iv: bool = False


@dataclass(frozen=True, slots=True)
class BadDirective:
    reason: str


@dataclass(frozen=True, slots=True)
class Asker:
    """What the headers say of who asks and of what they can take."""

    #: The grant, and whether it came as a header that no other site can make a browser send.
    token: str | None = None
    is_bearer: bool = False
    packed: bool = False
    origin: bytes | None = None
    range: bytes | None = None
    if_range: bytes | None = None


def parse_path(path: str) -> tuple[str, Resource | None] | None:
    """The id of a channel or hall and what of it is asked for; None if the path cannot be one of ours."""
    return _path(path) if len(path) <= MAX_PATH else None


@lru_cache(maxsize=KEPT)
def _path(path: str) -> tuple[str, Resource | None] | None:
    found = PATH.fullmatch(path)
    if found is None:
        return None
    return found["place"], _resource(found["rest"])


def _resource(rest: str) -> Resource | None:
    if key := CONTENT_KEY.fullmatch(rest):
        return ContentKey(int(key[1]))
    if picture := THUMBNAIL.fullmatch(rest):
        return Thumbnail(picture[1])
    found = RESOURCE.fullmatch(rest)
    return _NAMED.get(rest) if found is None else _of_rendition(found)


def _of_rendition(found: "re.Match[str]") -> Resource | None:
    if found["playlist"]:
        return Playlist(found["rendition"], "video" if found["playlist"] == "video" else "audio")
    kind, suffix = found["kind"], found["suffix"]
    if (kind == "init") != (suffix == "mp4"):
        return None
    return Media(found["rendition"], kind, int(found["number"]))  # type: ignore[arg-type]  # one of three by the pattern


def parse_directives(query: bytes) -> Directives | BadDirective:
    return _query(query) if len(query) <= MAX_QUERY else BadDirective("the query is too long")


@lru_cache(maxsize=KEPT)
def _query(query: bytes) -> Directives | BadDirective:
    values: dict[bytes, bytes] = {}
    for pair in query.split(b"&"):
        name, _, value = pair.partition(b"=")
        if name not in _CHECKS:
            continue
        if name in values:
            return BadDirective(f"{name.decode()} is given twice")
        values[name] = value
    for name, value in values.items():
        pattern, complaint = _CHECKS[name]
        if pattern.fullmatch(unquote_to_bytes(value) if name in _MOMENTS else value) is None:
            return BadDirective(f"{name.decode()} {complaint}")
    return _directives(values)


_MOMENTS = (b"from", b"to")
_NUMBER = (re.compile(DIGITS.pattern.encode()), "is not a number")
_MOMENT = (MOMENT, "is not a moment with its time zone, as 2026-11-22T14:05:00Z")
_CHECKS = {
    b"_HLS_msn": _NUMBER,
    b"_HLS_part": _NUMBER,
    b"_HLS_skip": (re.compile(rb"YES|v2"), "is neither YES nor v2"),
    b"feed": (re.compile(FEED.pattern.encode()), "is not the key of a feed"),
    b"from": _MOMENT,
    b"to": _MOMENT,
    b"iv": (re.compile(rb"explicit"), "can only be explicit"),
}


def parse_age(query: bytes) -> timedelta:
    """How long ago a stop was pressed. What makes no sense is no age, and no refusal: in doubt it stops."""
    found = AGE.fullmatch(query)
    return timedelta(milliseconds=int(found[1])) if found else timedelta()


def _directives(values: dict[bytes, bytes]) -> Directives | BadDirective:
    try:
        begin, end = (
            datetime.fromisoformat(unquote_to_bytes(values[name]).decode()).astimezone(UTC)
            if name in values
            else None
            for name in _MOMENTS
        )
        if begin is not None and end is not None and begin >= end:
            return BadDirective("from is not before to")
    except (ValueError, OverflowError):
        return BadDirective("from or to is a moment that there never was")
    return Directives(
        msn=int(values[b"_HLS_msn"]) if b"_HLS_msn" in values else None,
        part=int(values[b"_HLS_part"]) if b"_HLS_part" in values else None,
        skip=b"_HLS_skip" in values,
        feed=values[b"feed"].decode() if b"feed" in values else None,
        begin=begin,
        end=end,
        explicit_iv=b"iv" in values,
    )


def read_headers(headers: Iterable[tuple[bytes, bytes]]) -> Asker:
    """From names in small letters; of what is sent twice the last one counts."""
    cookie = authorization = encoding = b""
    origin = content_range = if_range = None
    for name, value in headers:
        if name == b"cookie":
            # HTTP/2 may break cookies up into several lines (RFC 9113 8.2.3).
            cookie = cookie + b"; " + value if cookie else value
        elif name == b"authorization":
            authorization = value
        elif name == b"accept-encoding":
            encoding = value
        elif name == b"origin":
            origin = value
        elif name == b"range":
            content_range = value
        elif name == b"if-range":
            if_range = value
    bearer = _bearer(authorization)
    return Asker(
        token=bearer or grant_in_cookie(cookie),
        is_bearer=bearer is not None,
        packed=b"gzip" in encoding and NOT_PACKED.search(encoding) is None,
        origin=origin,
        range=content_range,
        if_range=if_range,
    )


def _bearer(authorization: bytes) -> str | None:
    if not authorization:
        return None
    scheme, _, token = authorization.decode("latin-1").partition(" ")
    return (token.strip() or None) if scheme.lower() == "bearer" else None


def grant_in_cookie(cookie: bytes) -> str | None:
    return _kept_grant(cookie) if len(cookie) <= LONGEST_KEPT_COOKIE else _grant(cookie)


def _grant(cookie: bytes) -> str | None:
    for one in cookie.decode("latin-1").split(";"):
        name, _, value = one.strip().partition("=")
        if name == GRANT_COOKIE and value:
            return value.strip('"')
    return None


_kept_grant = lru_cache(maxsize=KEPT)(_grant)


def parse_range(header: bytes, size: int) -> tuple[int, int] | Literal["all", "none"]:
    """RFC 9110 14.2: one range of bytes, from and without; several or unknown ones are as good as no header."""
    found = RANGE.fullmatch(header)
    if found is None:
        return "all"
    first, last, suffix = found.groups()
    if suffix is not None:
        begin, end = max(0, size - int(suffix)), size
    else:
        begin, end = int(first), min(size, int(last) + 1) if last else size
        if last and int(last) < int(first):
            return "all"
    return (begin, end) if begin < end else "none"
