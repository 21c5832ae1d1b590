"""What is made of paths, queries and headers that anybody may send."""

from hypothesis import given
from hypothesis import strategies as st

from konsilium.mediaplane.origin.requests import (
    BadDirective,
    Directives,
    Master,
    Media,
    Playlist,
    grant_in,
    parse_directives,
    parse_path,
)


def test_paths() -> None:
    assert parse_path("/media/ab-1/master.m3u8") == ("ab-1", Master())
    assert parse_path("/media/ab-1/endoscope/video.m3u8") == ("ab-1", Playlist("endoscope", "video"))
    assert parse_path("/media/ab-1/sound/audio.m3u8") == ("ab-1", Playlist("sound", "audio"))
    assert parse_path("/media/ab-1/endoscope/part-12.m4s") == ("ab-1", Media("endoscope", "part", 12))
    assert parse_path("/media/ab-1/endoscope/seg-7.m4s") == ("ab-1", Media("endoscope", "seg", 7))
    assert parse_path("/media/ab-1/endoscope/init-7.mp4") == ("ab-1", Media("endoscope", "init", 7))


def test_paths_that_are_nothing() -> None:
    assert parse_path("/media/ab-1/endoscope/init-7.m4s") == ("ab-1", None)
    assert parse_path("/media/ab-1/endoscope/part--7.m4s") == ("ab-1", None)
    assert parse_path("/media/ab-1/../master.m3u8") == ("ab-1", None)
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


def test_grants_come_as_bearer_or_cookie() -> None:
    assert grant_in({b"authorization": b"Bearer abc", b"cookie": b"konsilium_grant=other"}) == "abc"
    assert grant_in({b"cookie": b"a=b; konsilium_grant=xyz; c=d"}) == "xyz"
    assert grant_in({b"authorization": b"Basic abc"}) is None
    assert grant_in({b"cookie": b"xkonsilium_grant=xyz"}) is None
    assert grant_in({}) is None


@given(authorization=st.binary(max_size=80), cookie=st.binary(max_size=200))
def test_any_headers_are_read(authorization: bytes, cookie: bytes) -> None:
    grant_in({b"authorization": authorization, b"cookie": cookie})
