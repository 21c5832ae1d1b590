"""What is over: playlists with times, films in ranges. The vault's own answers are tested with the vault."""

import gzip
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest

from konsilium.mediaplane.cmaf import Kind
from konsilium.mediaplane.grants import DOWNLOAD
from konsilium.mediaplane.origin.answers import Later, Refusal, Stream
from konsilium.mediaplane.origin.requests import Asker
from tests.mediaplane.origin.http import CHANNEL, Origin, Response

FILM = f"/media/{CHANNEL}/film.mp4"
DATA = bytes(range(256)) * 4
BEGAN, ENDED = datetime(2026, 11, 22, 12, tzinfo=UTC), datetime(2026, 11, 22, 13, tzinfo=UTC)


@dataclass
class Bytes:
    data: bytes

    @property
    def size(self) -> int:
        return len(self.data)

    async def chunks(self, offset: int, end: int) -> AsyncIterator[bytes]:
        for at in range(offset, end, 100):
            yield self.data[at : min(end, at + 100)]


@dataclass
class Recording:
    """Says back what it was asked for."""

    prepared: bool = False
    whole: bool = True
    is_away: bool = False
    began: datetime = BEGAN
    ended: datetime = ENDED
    kinds: Mapping[str, Kind] = field(
        default_factory=lambda: {"endoscope": Kind.VIDEO, "sound": Kind.AUDIO, "sound-low": Kind.AUDIO}
    )

    async def prepare(self) -> None:
        self.prepared = True

    def master(
        self, only: str | None, frm: datetime | None, to: datetime | None, *, explicit_iv: bool
    ) -> str:
        assert self.prepared
        return f"#EXTM3U master {only} {frm} {to}{' IV' * explicit_iv}"

    def listen(self, frm: datetime | None, to: datetime | None, *, explicit_iv: bool) -> str:
        return f"#EXTM3U listen {frm} {to}{' IV' * explicit_iv}"

    async def playlist_bytes(
        self,
        rendition: str,
        frm: datetime | None,
        to: datetime | None,
        *,
        packed: bool,
        explicit_iv: bool,
    ) -> bytes:
        text = f"#EXTM3U {rendition} {frm} {to}{' IV' * explicit_iv}".encode()
        return gzip.compress(text) if packed else text

    def key(self, n: int) -> bytes | None:
        return b"k" * 16 if n == 7 else None

    def init(self, rendition: str, n: int) -> bytes | None:
        return b"init" if n == 1 else None

    async def segment(self, rendition: str, start: int) -> bytes | None:
        return b"segment" if start == 90_000 else None

    def film(self, feed: str, frm: datetime | None, to: datetime | None) -> Bytes | None:
        assert self.prepared
        return Bytes(DATA) if feed == "endoscope" else None


@pytest.fixture
def recording(origin: Origin) -> Recording:
    origin.channels.clear()
    own = Recording()
    origin.recordings[CHANNEL] = own
    return own


@pytest.mark.parametrize(
    ("rest", "query", "status", "body"),
    [
        ("master.m3u8", "", 200, "#EXTM3U master None None None"),
        ("master.m3u8", "feed=endoscope", 200, "#EXTM3U master endoscope None None"),
        ("master.m3u8", "feed=sound", 404, None),
        ("master.m3u8", "feed=other", 404, None),
        ("listen.m3u8", "", 200, "#EXTM3U listen None None"),
        (
            "endoscope/video.m3u8",
            "from=2026-11-22T12:01:00Z",
            200,
            "#EXTM3U endoscope 2026-11-22 12:01:00+00:00 None",
        ),
        ("master.m3u8", "feed=endoscope&iv=explicit", 200, "#EXTM3U master endoscope None None IV"),
        ("listen.m3u8", "iv=explicit", 200, "#EXTM3U listen None None IV"),
        ("sound/audio.m3u8", "iv=explicit", 200, "#EXTM3U sound None None IV"),
        ("sound/audio.m3u8", "iv=implicit", 400, None),
        ("endoscope/audio.m3u8", "", 404, None),
        ("sound/audio.m3u8", "", 200, "#EXTM3U sound None None"),
        ("sound/video.m3u8", "", 404, None),
        ("other/video.m3u8", "", 404, None),
        ("master.m3u8", "from=yesterday", 400, None),
        ("endoscope/init-1.mp4", "", 200, "init"),
        ("endoscope/init-2.mp4", "", 404, None),
        ("endoscope/seg-90000.m4s", "", 200, "segment"),
        ("endoscope/seg-1.m4s", "", 404, None),
        ("other/seg-90000.m4s", "", 404, None),
        ("endoscope/part-90000.m4s", "", 404, None),
        ("key-7.bin", "", 200, "k" * 16),
        ("key-8.bin", "", 404, None),
    ],
)
async def test_a_recording_answers_at_its_channels_paths(
    origin: Origin, recording: Recording, rest: str, query: str, status: int, body: str | None
) -> None:
    for headers in ({}, {"accept-encoding": "gzip"}):
        answer = await origin.get(rest, query, headers=headers)
        assert answer.status == status
        if body is not None:
            assert answer.text == body


async def test_what_lies_in_a_store_that_is_away_is_asked_for_again(
    origin: Origin, recording: Recording
) -> None:
    recording.is_away = True
    answer = await origin.get("endoscope/seg-1.m4s")
    assert (answer.status, answer.headers["retry-after"], answer.headers["cache-control"]) == (
        503,
        "1",
        "no-store",
    )
    assert (await origin.get("endoscope/seg-90000.m4s")).status == 200
    assert (await origin.get("other/seg-1.m4s")).status == 404


async def test_a_clip_of_what_still_runs_comes_from_its_recording(origin: Origin) -> None:
    origin.recordings[CHANNEL] = Recording()
    live = await origin.get("endoscope/video.m3u8")
    assert "EXT-X-PART" in live.text
    clip = await origin.get("endoscope/video.m3u8", "from=2026-11-22T12:01:00Z&to=2026-11-22T12:02:00Z")
    assert clip.text.startswith("#EXTM3U endoscope")


async def test_when_it_is_over_the_whole_of_it_is_there(origin: Origin) -> None:
    """Whoever comes gets the recording, with its times in all addresses; those who watch see the end."""
    recording = Recording(whole=False)
    origin.recordings[CHANNEL] = recording
    origin.channel.end()
    assert "#EXT-X-STREAM-INF" in (await origin.get("master.m3u8")).text
    recording.whole = True
    assert (await origin.get("master.m3u8")).text == f"#EXTM3U master None {BEGAN} {ENDED}"
    told = await origin.get("master.m3u8", "iv=explicit")
    assert told.text == f"#EXTM3U master None {BEGAN} {ENDED} IV"
    assert (await origin.get("endoscope/video.m3u8")).text.endswith("#EXT-X-ENDLIST\n")


async def film(
    origin: Origin, *, method: str = "GET", query: str = "feed=endoscope", **headers: str
) -> Response:
    own = {name.replace("_", "-"): value for name, value in headers.items()}
    return await origin.ask(FILM, query, method=method, grant=origin.grant(acts=[DOWNLOAD]), headers=own)


async def test_a_film_is_one_file_of_known_size(origin: Origin, recording: Recording) -> None:
    answer = await film(origin)
    assert (answer.status, answer.body) == (200, DATA)
    assert answer.headers["content-length"] == str(len(DATA))
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["accept-ranges"] == "bytes"
    assert answer.headers["content-disposition"] == f'attachment; filename="{CHANNEL}-endoscope.mp4"'
    head = await film(origin, method="HEAD")
    assert (head.status, head.body, head.headers["content-length"]) == (200, b"", str(len(DATA)))


@pytest.mark.parametrize(
    ("span", "status", "first", "last"),
    [
        ("bytes=0-0", 206, 0, 0),
        ("bytes=100-299", 206, 100, 299),
        ("bytes=1000-9999", 206, 1000, 1023),
        ("bytes=-24", 206, 1000, 1023),
        ("bytes=1024-", 416, None, None),
        ("bytes=-0", 416, None, None),
        ("bytes=0-1,4-5", 200, 0, 1023),
        ("seconds=1-2", 200, 0, 1023),
    ],
)
async def test_ranges_of_a_film(
    origin: Origin, recording: Recording, span: str, status: int, first: int | None, last: int | None
) -> None:
    answer = await film(origin, range=span)
    assert answer.status == status
    if first is None or last is None:
        assert answer.headers["content-range"] == f"bytes */{len(DATA)}"
        return
    assert answer.body == DATA[first : last + 1]
    if status == 206:
        assert answer.headers["content-range"] == f"bytes {first}-{last}/{len(DATA)}"


async def test_a_film_breaks_off_when_its_grant_is_taken_back() -> None:
    origin = Origin()
    origin.recordings[CHANNEL] = Recording()
    asker = Asker(token=origin.grant(acts=[DOWNLOAD]), is_bearer=True)
    later = origin.app.answer("GET", FILM, b"feed=endoscope", asker)
    assert isinstance(later, Later)
    answer = await later.find()
    assert isinstance(answer, Stream)
    pieces = aiter(answer.chunks)
    assert await anext(pieces) == DATA[:100]
    origin.barred_since["dana"] = origin.now
    with pytest.raises(Refusal):
        await anext(pieces)


async def test_a_download_goes_on_only_in_the_same_file(origin: Origin, recording: Recording) -> None:
    """RFC 9110 13.1.5."""
    tag = (await film(origin)).headers["etag"]
    assert (await film(origin, range="bytes=5-", if_range=tag)).status == 206
    assert (await film(origin, range="bytes=5-", if_range='"another"')).status == 200
    other = await film(origin, query="feed=endoscope&from=2026-11-22T12:01:00Z")
    assert other.headers["etag"] != tag


async def test_films_that_there_are_not(origin: Origin, recording: Recording) -> None:
    assert (await film(origin, query="")).status == 400
    assert (await film(origin, query="feed=overview")).status == 404
    assert (await film(origin, query="feed=endoscope&from=x")).status == 400
    origin.recordings.clear()
    assert (await film(origin)).status == 404
