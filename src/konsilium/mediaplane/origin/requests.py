"""What a request asks for, as values; every length and number is checked before it is believed."""

import re
from dataclasses import dataclass

from konsilium.mediaplane.grants import GRANT_COOKIE

MAX_PATH = 300
MAX_QUERY = 500
#: `int` of more digits than this could be no number of ours.
MAX_DIGITS = 18
PATH = re.compile(r"/media/(?P<channel>[a-z0-9][a-z0-9-]{0,62})/(?P<rest>[a-z0-9./-]+)")
RESOURCE = re.compile(
    r"(?P<rendition>[a-z0-9][a-z0-9-]{0,62})/"
    r"(?:(?P<playlist>video|audio)\.m3u8|(?P<kind>init|seg|part)-(?P<number>[0-9]{1,18})\.(?P<suffix>mp4|m4s))"
)
DIGITS = re.compile(r"[0-9]{1,18}")
KEY = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


@dataclass(frozen=True, slots=True)
class Master:
    pass


@dataclass(frozen=True, slots=True)
class Playlist:
    rendition: str
    name: str


@dataclass(frozen=True, slots=True)
class Media:
    rendition: str
    kind: str
    number: int


Resource = Master | Playlist | Media


@dataclass(frozen=True, slots=True)
class Directives:
    """RFC 8216bis 6.2.5: what the client adds to the playlist's URI; `feed` is ours."""

    msn: int | None = None
    part: int | None = None
    skip: bool = False
    feed: str | None = None


@dataclass(frozen=True, slots=True)
class BadDirective:
    reason: str


def parse_path(path: str) -> tuple[str, Resource | None] | None:
    """The channel's id and what of it is asked for; None if the path cannot be one of ours."""
    if len(path) > MAX_PATH:
        return None
    found = PATH.fullmatch(path)
    if found is None:
        return None
    return found["channel"], _resource(found["rest"])


def _resource(rest: str) -> Resource | None:
    if rest == "master.m3u8":
        return Master()
    found = RESOURCE.fullmatch(rest)
    if found is None:
        return None
    if found["playlist"]:
        return Playlist(found["rendition"], found["playlist"])
    if (found["suffix"] == "mp4") != (found["kind"] == "init"):
        return None
    return Media(found["rendition"], found["kind"], int(found["number"]))


def parse_directives(query: bytes) -> Directives | BadDirective:
    if len(query) > MAX_QUERY:
        return BadDirective("the query is too long")
    values: dict[str, str] = {}
    for pair in query.decode("latin-1").split("&"):
        name, _, value = pair.partition("=")
        if name not in {"_HLS_msn", "_HLS_part", "_HLS_skip", "feed"}:
            continue
        if name in values:
            return BadDirective(f"{name} is given twice")
        values[name] = value
    for name in ("_HLS_msn", "_HLS_part"):
        if name in values and DIGITS.fullmatch(values[name]) is None:
            return BadDirective(f"{name} is not a number")
    if values.get("_HLS_skip", "YES") not in {"YES", "v2"}:
        return BadDirective("_HLS_skip is neither YES nor v2")
    if "feed" in values and KEY.fullmatch(values["feed"]) is None:
        return BadDirective("feed is not the key of a feed")
    return Directives(
        msn=int(values["_HLS_msn"]) if "_HLS_msn" in values else None,
        part=int(values["_HLS_part"]) if "_HLS_part" in values else None,
        skip="_HLS_skip" in values,
        feed=values.get("feed"),
    )


def grant_in(headers: dict[bytes, bytes]) -> str | None:
    """From `Authorization: Bearer`, else from the cookie."""
    authorization = headers.get(b"authorization", b"").decode("latin-1")
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() == "bearer" and token.strip():
        return token.strip()
    for cookie in headers.get(b"cookie", b"").decode("latin-1").split(";"):
        name, _, value = cookie.strip().partition("=")
        if name == GRANT_COOKIE and value:
            return value.strip('"')
    return None
