"""What only some may ask for, and what is posted: keys, stops, reports, the desk."""

import asyncio
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from konsilium.mediaplane.grants import DIRECT, DOWNLOAD, STOP
from konsilium.mediaplane.hls import ChannelState
from konsilium.mediaplane.origin.answers import Stream
from konsilium.mediaplane.origin.requests import Asker
from konsilium.mediaplane.status import ChannelStatus, DoorStatus, Status
from tests.mediaplane.hls_factory import CIPHER
from tests.mediaplane.origin.http import CHANNEL, HALL, Origin, Response

STOPPING = f"/media/{CHANNEL}/stop"
REPORTING = f"/media/{CHANNEL}/report"
GOOD_REPORT = b'{"behind_s": 1.1, "stalls": 0, "feed": "endoscope"}'


def newest_key(origin: Origin) -> int:
    return max(origin.timeline("endoscope").keys)


# --- Keys --------------------------------------------------------------------------------------------


async def test_keys_are_handed_out_as_far_as_the_picture_has_come(origin: Origin) -> None:
    number = newest_key(origin)
    key = await origin.get(f"key-{number}.bin")
    assert (key.status, key.body) == (200, CIPHER.key(number))
    assert key.headers["cache-control"] == "no-store"
    for other in (number + 1, number + 2, 0, number - 1000, 10**18 - 1):
        assert (await origin.get(f"key-{other}.bin")).status == 404
    assert (await origin.ask(f"/media/{CHANNEL}/key-{number}.bin")).status == 401
    elsewhere = origin.grant(channel="elsewhere")
    assert (await origin.ask(f"/media/{CHANNEL}/key-{number}.bin", grant=elsewhere)).status == 403


async def test_the_next_key_waits_for_a_segment_that_begins_with_it() -> None:
    # The segment under way began 0.9 s before the keys changed, and is encrypted with the old one.
    origin = Origin(now=datetime(2026, 9, 14, 9, 0, 1, 115_000, tzinfo=UTC))
    timeline = origin.timeline("endoscope")
    next_one = CIPHER.number(timeline.end, timeline.timescale)
    assert newest_key(origin) == next_one - 1
    assert (await origin.get(f"key-{next_one - 1}.bin")).status == 200
    assert (await origin.get(f"key-{next_one}.bin")).status == 404


async def test_whoever_is_barred_gets_nothing_more(origin: Origin) -> None:
    rita, dana = origin.grant(holder="rita"), origin.grant(holder="dana")
    number = newest_key(origin)
    asked = [f"/media/{CHANNEL}/{rest}" for rest in ("master.m3u8", f"key-{number}.bin")]
    assert [(await origin.ask(path, grant=rita)).status for path in asked] == [200, 200]
    origin.barred_since["rita"] = origin.now
    assert [(await origin.ask(path, grant=rita)).status for path in asked] == [403, 403]
    assert [(await origin.ask(path, grant=dana)).status for path in asked] == [200, 200]
    origin.now += timedelta(milliseconds=20)
    again = origin.grant(holder="rita")
    assert [(await origin.ask(path, grant=again)).status for path in asked] == [200, 200]


# --- A stop ------------------------------------------------------------------------------------------


async def test_a_stop_is_pressed(origin: Origin) -> None:
    grant = origin.grant(holder="surgeon", acts=[STOP])
    for _ in range(2):
        answer = await origin.ask(STOPPING, method="POST", grant=grant)
        assert answer.status == 200
        assert datetime.fromisoformat(json.loads(answer.body)["stopped"]).year == origin.now.year
    assert origin.channel.state is ChannelState.STOPPED
    assert origin.stops == [(CHANNEL, "surgeon")] * 2
    # Without a cycle: nothing stands between the press and the cut.
    assert origin.cycles == []
    # With a body that says nothing it is one as well.
    assert (await origin.ask(STOPPING, method="POST", grant=grant, body=b"{}")).status == 200


@pytest.mark.parametrize(
    ("query", "answer"),
    [
        # It was pressed a minute ago; the picture went on ten seconds ago.
        ("age_ms=60000", "overtaken"),
        ("", "stopped"),
        ("age_ms=0", "stopped"),
        ("age_ms=11900", "stopped"),
        # In doubt the picture is gone.
        ("age_ms=-60000", "stopped"),
        ("age_ms=60000&age_ms=60000", "stopped"),
        ("age_ms=99999999999999999999", "stopped"),
        ("age=60000", "stopped"),
    ],
)
async def test_one_that_was_long_on_its_way_stops_nothing_that_went_on_since(
    origin: Origin, query: str, answer: str
) -> None:
    origin.live_since = origin.now - timedelta(seconds=10)
    told = await origin.ask(STOPPING, query, method="POST", grant=origin.grant(acts=[STOP]))
    assert (told.status, list(json.loads(told.body))) == (200, [answer])
    assert len(origin.stops) == (answer == "stopped")
    assert origin.cycles == [], "its age costs no cycle"


@pytest.mark.parametrize(
    ("grant", "headers", "status"),
    [
        (None, {}, 401),
        ("watching", {}, 403),
        ("elsewhere", {}, 403),
        (None, {"cookie": "stopping"}, 401),
        ("stopping", {"content-length": "9999"}, 413),
    ],
)
async def test_a_stop_that_is_refused(
    origin: Origin, grant: str | None, headers: dict[str, str], status: int
) -> None:
    """By cookie neither: a browser sends it along whoever wrote the page."""
    grants = {
        "watching": origin.grant(),
        "elsewhere": origin.grant(channel="elsewhere", acts=[STOP]),
        "stopping": origin.grant(acts=[STOP]),
    }
    body = b""
    own = dict(headers)
    if "cookie" in own:
        own["cookie"] = f"konsilium_grant={grants['stopping']}"
    if own.pop("content-length", None):
        body = b"x" * 9999
    token = None if grant is None else grants[grant]
    answer = await origin.ask(STOPPING, method="POST", grant=token, headers=own, body=body)
    assert answer.status == status
    assert origin.stops == []
    assert origin.channel.state is ChannelState.LIVE


async def test_what_is_over_cannot_be_stopped(origin: Origin) -> None:
    grant = origin.grant(acts=[STOP])
    origin.channel.end()
    assert (await origin.ask(STOPPING, method="POST", grant=grant)).status == 409
    origin.channels.clear()
    assert (await origin.ask(STOPPING, method="POST", grant=grant)).status == 404


# --- Reports -----------------------------------------------------------------------------------------


async def test_a_viewer_reports(origin: Origin) -> None:
    cookie = {"cookie": f"konsilium_grant={origin.grant(holder='dana')}"}
    answer = await origin.ask(REPORTING, method="POST", headers=cookie, body=GOOD_REPORT)
    assert (answer.status, answer.body) == (204, b"")
    low = b'{"behind_s": 2, "stalls": 3, "feed": "endoscope.low", "more": [1]}'
    assert (await origin.ask(REPORTING, method="POST", headers=cookie, body=low)).status == 204
    assert origin.reports == [
        (CHANNEL, "dana", 1.1, 0, "endoscope"),
        (CHANNEL, "dana", 2.0, 3, "endoscope.low"),
    ]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b"{",
        b"\xff",
        b'{"behind_s": -1, "stalls": 0}',
        b'{"behind_s": NaN, "stalls": 0}',
        b'{"behind_s": 1e999, "stalls": 0}',
        b'{"behind_s": 1, "stalls": 1e9}',
        b'{"behind_s": 1, "stalls": 0, "feed": "<b>"}',
        b'{"behind_s": 1, "stalls": 0, "feed": null}',
        b'{"behind_s": "secret-value", "stalls": 0}',
        b"[" * 2000,
    ],
)
async def test_a_report_that_makes_no_sense(origin: Origin, body: bytes) -> None:
    answer = await origin.ask(REPORTING, method="POST", grant=origin.grant(), body=body)
    assert answer.status == 400
    assert answer.text.startswith("Bad request: ")
    assert "secret-value" not in answer.text
    assert origin.reports == []


async def test_who_may_report(origin: Origin) -> None:
    assert (await origin.ask(REPORTING, method="POST", body=GOOD_REPORT)).status == 401
    foreign = origin.grant(channel="elsewhere")
    assert (await origin.ask(REPORTING, method="POST", grant=foreign, body=GOOD_REPORT)).status == 403
    assert (await origin.ask(REPORTING, method="POST", grant=origin.grant(), body=b"x" * 3000)).status == 413


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
@given(
    path=st.sampled_from([STOPPING, REPORTING, f"/media/{CHANNEL}/desk", f"/media/{CHANNEL}/master.m3u8"]),
    body=st.one_of(
        st.binary(max_size=3000), st.text(max_size=200).map(lambda text: json.dumps(text).encode())
    ),
    acts=st.sampled_from([(), (STOP,), (DIRECT,), (STOP, DIRECT, DOWNLOAD)]),
)
def test_whatever_is_posted_is_answered(path: str, body: bytes, acts: tuple[str, ...]) -> None:
    own = Origin()

    async def ask() -> Response:
        return await own.ask(path, method="POST", grant=own.grant(acts=acts), body=body)

    assert asyncio.run(ask()).status in {200, 204, 400, 403, 405, 413}


# --- The desk ----------------------------------------------------------------------------------------


def status_of(origin: Origin) -> Status:
    door = DoorStatus(signal="live", since=origin.now, bitrate=1_000_000)
    channel = ChannelStatus(state="live", started=origin.now)
    return Status(
        at=origin.now,
        version=3,
        doors={f"{HALL}.endoscope": door, f"{HALL}2.endoscope": door, "other.endoscope": door},
        channels={CHANNEL: channel, "other": channel},
    )


async def test_the_desk_is_told_of_its_own_hall(origin: Origin) -> None:
    origin.status = status_of(origin)
    grant = origin.grant(channel=HALL, acts=[DIRECT])
    async with origin.following(f"/media/{HALL}/desk", grant) as events:
        first, second = await anext(events), await anext(events)
    for event in (first, second):
        said = json.loads(event)
        assert set(said["doors"]) == {f"{HALL}.endoscope"}
        assert set(said["channels"]) == {CHANNEL}
        assert said["doors"][f"{HALL}.endoscope"]["bitrate"] == 1_000_000


async def test_a_desk_ends_with_the_grant_that_opened_it() -> None:
    origin = Origin()
    origin.status = status_of(origin)
    asker = Asker(token=origin.grant(channel=HALL, acts=[DIRECT]), is_bearer=True)
    answer = origin.app.answer("GET", f"/media/{HALL}/desk", b"", asker)
    assert isinstance(answer, Stream)
    events = aiter(answer.chunks)
    assert [(await anext(events))[:5] for _ in range(3)] == [b"retry", b"data:", b"data:"]
    origin.barred_since["dana"] = origin.now
    with pytest.raises(StopAsyncIteration):
        await anext(events)


async def test_thumbnails(origin: Origin) -> None:
    origin.pictures[f"{HALL}.endoscope"] = b"\xff\xd8 jpeg"
    grant = origin.grant(channel=HALL, acts=[DIRECT])
    answer = await origin.ask(f"/media/{HALL}/endoscope.jpg", grant=grant)
    assert (answer.status, answer.body) == (200, b"\xff\xd8 jpeg")
    assert (answer.headers["content-type"], answer.headers["cache-control"]) == ("image/jpeg", "no-store")
    assert (await origin.ask(f"/media/{HALL}/overview.jpg", grant=grant)).status == 404


async def test_who_may_direct(origin: Origin) -> None:
    origin.pictures[f"{HALL}.endoscope"] = b"x"
    for rest in ("desk", "endoscope.jpg"):
        path = f"/media/{HALL}/{rest}"
        assert (await origin.ask(path)).status == 401
        assert (await origin.ask(path, grant=origin.grant(channel=HALL))).status == 403
        assert (await origin.ask(path, grant=origin.grant(acts=[DIRECT]))).status == 403


async def test_films_ask_for_their_own_right(origin: Origin) -> None:
    path = f"/media/{CHANNEL}/film.mp4"
    assert (await origin.ask(path, "feed=endoscope")).status == 401
    assert (await origin.ask(path, "feed=endoscope", grant=origin.grant())).status == 403
    grant = origin.grant(acts=[DOWNLOAD])
    assert (await origin.ask(path, "feed=endoscope", grant=grant)).status == 404


@pytest.mark.parametrize("path", ["master.m3u8", "endoscope/video.m3u8", "key-1.bin"])
async def test_a_grant_for_a_film_shows_no_picture(origin: Origin, path: str) -> None:
    answer = await origin.ask(f"/media/{CHANNEL}/{path}", grant=origin.grant(acts=[DOWNLOAD]))
    assert (answer.status, b"does not show" in answer.body) == (403, True)


@pytest.mark.parametrize("path", ["master.m3u8", "endoscope/video.m3u8", "key-1.bin", "film.mp4"])
async def test_a_grant_to_stop_shows_nothing(origin: Origin, path: str) -> None:
    answer = await origin.ask(f"/media/{CHANNEL}/{path}", grant=origin.grant(acts=[STOP, DOWNLOAD]))
    assert (answer.status, b"does not show" in answer.body) == (403, True)
