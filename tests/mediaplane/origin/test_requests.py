"""What is made of paths, queries and headers that anybody may send."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from konsilium.mediaplane.grants import GRANT_COOKIE
from konsilium.mediaplane.origin import requests
from konsilium.mediaplane.origin.requests import (
    LONGEST_KEPT_COOKIE,
    MAX_PATH,
    MAX_QUERY,
    BadDirective,
    ContentKey,
    Desk,
    Directives,
    FilmFile,
    Master,
    Media,
    Playlist,
    StopOrder,
    Thumbnail,
    ViewerReport,
    parse_directives,
    parse_path,
    parse_range,
    read_headers,
)


def test_paths() -> None:
    assert parse_path("/media/ab-1/master.m3u8") == ("ab-1", Master())
    assert parse_path("/media/ab-1/endoscope/video.m3u8") == ("ab-1", Playlist("endoscope", "video"))
    assert parse_path("/media/ab-1/sound/audio.m3u8") == ("ab-1", Playlist("sound", "audio"))
    assert parse_path("/media/ab-1/endoscope/part-12.m4s") == ("ab-1", Media("endoscope", "part", 12))
    assert parse_path("/media/ab-1/endoscope/seg-7.m4s") == ("ab-1", Media("endoscope", "seg", 7))
    assert parse_path("/media/ab-1/endoscope/init-7.mp4") == ("ab-1", Media("endoscope", "init", 7))
    assert parse_path("/media/ab-1/endoscope.low/part-1.m4s") == ("ab-1", Media("endoscope.low", "part", 1))
    assert parse_path("/media/ab-1/listen.m3u8") == ("ab-1", Master(listen=True))
    assert parse_path("/media/ab-1/key-3.bin") == ("ab-1", ContentKey(3))
    assert parse_path("/media/ab-1/film.mp4") == ("ab-1", FilmFile())
    assert parse_path("/media/ab-1/stop") == ("ab-1", StopOrder())
    assert parse_path("/media/ab-1/report") == ("ab-1", ViewerReport())
    assert parse_path("/media/hall-1/desk") == ("hall-1", Desk())
    assert parse_path("/media/hall-1/endoscope.jpg") == ("hall-1", Thumbnail("endoscope"))


def test_paths_that_are_nothing() -> None:
    assert parse_path("/media/ab-1/endoscope/init-7.m4s") == ("ab-1", None)
    assert parse_path("/media/ab-1/endoscope/part--7.m4s") == ("ab-1", None)
    assert parse_path("/media/ab-1/../master.m3u8") == ("ab-1", None)
    assert parse_path("/media/ab-1/key-.bin") == ("ab-1", None)
    assert parse_path("/media/ab-1/key-" + "9" * 19 + ".bin") == ("ab-1", None)
    assert parse_path("/media/ab-1/endoscope.high/video.m3u8") == ("ab-1", None)
    assert parse_path("/media/ab-1/endoscope/part-" + "9" * 19 + ".m4s") == ("ab-1", None)
    assert parse_path("/media/ab-1/endoscope/part-١٢.m4s") is None
    assert parse_path("/media/Ab/master.m3u8") is None
    assert parse_path("/media/" + "a" * 400 + "/master.m3u8") is None
    assert parse_path("/") is None


def test_directives() -> None:
    assert parse_directives(b"") == Directives()
    assert parse_directives(b"_HLS_msn=12&_HLS_part=3&_HLS_skip=YES&other=%00") == Directives(
        12, 3, skip=True
    )
    assert parse_directives(b"_HLS_skip=v2") == Directives(skip=True)
    assert parse_directives(b"feed=endoscope") == Directives(feed="endoscope")
    noon = datetime(2026, 11, 22, 12, tzinfo=UTC)
    clip = Directives(begin=noon, end=noon + timedelta(seconds=0.5))
    assert parse_directives(b"from=2026-11-22T12:00:00Z&to=2026-11-22T12:00:00.5Z") == clip
    assert parse_directives(b"from=2026-11-22T17%3A00%3A00%2B05:00&to=2026-11-22T17:00:00.500+05:00") == clip


def test_directives_that_are_refused() -> None:
    for query in (
        b"_HLS_msn=",
        b"_HLS_msn=-1",
        b"_HLS_msn=1e3",
        b"_HLS_msn=%31",
        b"_HLS_msn=\xd9\xa1",
        b"_HLS_msn=1_0",
        b"_HLS_msn=" + b"9" * 19,
        b"_HLS_msn=1&_HLS_msn=2",
        b"_HLS_skip=no",
        b"feed=../x",
        b"from=",
        b"from=2026-11-22",
        b"from=2026-11-22T12:00:00",
        b"from=2026-13-22T12:00:00Z",
        b"from=2026-02-30T12:00:00Z",
        b"to=0001-01-01T00:00:00+14:00",
        b"to=9999-12-31T23:59:59-14:00",
        b"from=2026-11-22T12:00:00Z&to=2026-11-22T12:00:00Z",
        b"from=2026-11-22T12:00:00%",
        b"x" * 501,
    ):
        assert isinstance(parse_directives(query), BadDirective), query


@given(st.binary(max_size=300))
def test_any_query_is_read(query: bytes) -> None:
    parse_directives(query)


@given(st.text(max_size=300))
def test_any_path_is_read(path: str) -> None:
    parse_path(path)
    parse_path("/media/" + path)


def grant_in(headers: dict[bytes, bytes]) -> str | None:
    return read_headers(list(headers.items())).token


def test_grants_come_as_bearer_or_cookie() -> None:
    assert grant_in({b"authorization": b"Bearer abc", b"cookie": b"konsilium_grant=other"}) == "abc"
    assert grant_in({b"cookie": b"a=b; konsilium_grant=xyz; c=d"}) == "xyz"
    assert grant_in({b"authorization": b"Basic abc"}) is None
    assert grant_in({b"cookie": b"xkonsilium_grant=xyz"}) is None
    assert grant_in({}) is None
    lines = [(b"cookie", b"a=b"), (b"cookie", b"konsilium_grant=xyz")]
    assert read_headers(lines).token == "xyz"
    assert not read_headers(lines).is_bearer
    assert read_headers([(b"authorization", b"bearer abc")]).is_bearer


def test_who_takes_gzip() -> None:
    for encoding, packed in (
        (b"gzip, br", True),
        (b"br;q=1, gzip;q=0.5", True),
        (b"gzip;q=0", False),
        (b"gzip; q=0.000, br", False),
        (b"identity", False),
    ):
        assert read_headers([(b"accept-encoding", encoding)]).packed is packed, encoding


@pytest.mark.parametrize(
    ("header", "found"),
    [
        (b"bytes=0-", (0, 100)),
        (b"bytes=0-0", (0, 1)),
        (b"bytes=90-500", (90, 100)),
        (b"bytes=-10", (90, 100)),
        (b"bytes=-500", (0, 100)),
        (b"bytes=100-", "none"),
        (b"bytes=-0", "none"),
        (b"bytes=5-4", "all"),
        (b"bytes=0-1,5-6", "all"),
        (b"bytes=-", "all"),
        (b"lines=0-1", "all"),
        (b"bytes=\xb2-", "all"),
        (b"bytes=" + b"9" * 19 + b"-", "all"),
    ],
)
def test_ranges(header: bytes, found: object) -> None:
    """RFC 9110 14.1.2; what is not understood is as good as not sent (14.2)."""
    assert parse_range(header, 100) == found


@given(header=st.binary(max_size=40), size=st.integers(1, 1 << 40))
def test_any_range_lies_within(header: bytes, size: int) -> None:
    for one in (header, b"bytes=" + header):
        found = parse_range(one, size)
        if isinstance(found, tuple):
            assert 0 <= found[0] < found[1] <= size


@given(authorization=st.binary(max_size=80), cookie=st.binary(max_size=200))
def test_any_headers_are_read(authorization: bytes, cookie: bytes) -> None:
    grant_in({b"authorization": authorization, b"cookie": cookie})


def test_nothing_long_is_remembered() -> None:
    """Whoever has no grant may send it all the same, thousands of times."""
    kept = (requests._path, requests._query, requests._kept_grant)
    before = [cache.cache_info().misses for cache in kept]
    cookie = b"other=" + b"x" * LONGEST_KEPT_COOKIE + b"; " + GRANT_COOKIE.encode() + b"=grant"
    assert parse_path("/media/a/" + "a" * MAX_PATH) is None
    assert parse_directives(b"a" * (MAX_QUERY + 1)) == BadDirective("the query is too long")
    assert read_headers([(b"cookie", cookie)]).token == "grant", (
        "somebody else on the page's host set cookies"
    )
    assert [cache.cache_info().misses for cache in kept] == before
    parse_path("/media/a/remembered")
    parse_directives(b"remembered=1")
    read_headers([(b"cookie", b"remembered=1")])
    assert [cache.cache_info().misses for cache in kept] == [number + 1 for number in before]
