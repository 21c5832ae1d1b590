"""The origin's answers: who gets what, and who waits."""

import asyncio
import re
import string
import time
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from konsilium.mediaplane.hls import SOUND, Limits
from tests.mediaplane.hls.m3u8 import parse
from tests.mediaplane.hls_factory import CIPHER
from tests.mediaplane.origin.http import CHANNEL, Origin

MASTER = f"/media/{CHANNEL}/master.m3u8"


# --- Who may -----------------------------------------------------------------------------------------


async def test_a_stranger_learns_nothing(origin: Origin) -> None:
    for channel in (CHANNEL, "no-such-channel"):
        for rest in ("master.m3u8", "endoscope/video.m3u8", "nothing"):
            bare = await origin.ask(f"/media/{channel}/{rest}")
            assert (bare.status, bare.text) == (401, "A viewing grant is needed.\n")
            wrong = await origin.ask(f"/media/{channel}/{rest}", grant=origin.grant(channel="elsewhere"))
            assert wrong.status == 403
            assert "m3u8" not in wrong.text


async def test_a_grant_opens_as_bearer_and_as_cookie(origin: Origin) -> None:
    assert (await origin.ask(MASTER, grant=origin.grant())).status == 200
    cookie = {"cookie": f"sessionid=x; konsilium_grant={origin.grant()}"}
    assert (await origin.ask(MASTER, headers=cookie)).status == 200


async def test_a_grant_that_ran_out_closes_even_after_it_was_accepted(origin: Origin) -> None:
    grant = origin.grant()
    assert (await origin.ask(MASTER, grant=grant)).status == 200
    origin.now += timedelta(seconds=131)
    assert (await origin.ask(MASTER, grant=grant)).status == 403


async def test_every_kind_of_resource_asks_for_the_grant(origin: Origin) -> None:
    playlist = parse((await origin.get("endoscope/video.m3u8")).text)
    part = playlist.parts[0].uri
    for rest in (part, playlist.segments[0].uri, playlist.segments[0].map_uri):
        assert (await origin.get(f"endoscope/{rest}")).status == 200
        assert (await origin.ask(f"/media/{CHANNEL}/endoscope/{rest}")).status == 401


# --- What is answered --------------------------------------------------------------------------------


async def test_master_and_playlists(origin: Origin) -> None:
    origin.connect()
    master = await origin.get("master.m3u8")
    assert master.headers["content-type"] == "application/vnd.apple.mpegurl"
    assert master.text.count("/video.m3u8") == 2
    one = await origin.get("master.m3u8", "feed=overview")
    assert one.text.count("/video.m3u8") == 1
    assert (await origin.get("master.m3u8", "feed=other")).status == 404
    assert (await origin.get("master.m3u8", "feed=sound")).status == 404
    for rest in ("endoscope/video.m3u8", "overview/video.m3u8", "sound/audio.m3u8"):
        assert parse((await origin.get(rest)).text).segments
    for rest in ("endoscope/audio.m3u8", "sound/video.m3u8", "other/video.m3u8", "endoscope/part-1.m4s"):
        assert (await origin.get(rest)).status == 404


async def test_whoever_wants_each_iv_in_writing_gets_it_everywhere(origin: Origin) -> None:
    origin.connect()
    uris = []
    for name, query in (("master", "feed=endoscope&iv=explicit"), ("listen", "iv=explicit")):
        text = (await origin.get(f"{name}.m3u8", query)).text
        uris += re.findall(r"^([a-z].*)$|URI=\"([^\"]*)\"", text, re.MULTILINE)
    found = {first or second for first, second in uris}
    assert found == {
        f"{one}.m3u8?iv=explicit" for one in ("endoscope/video", "sound/audio", "sound-low/audio")
    }
    for uri in found:
        path, _, query = uri.partition("?")
        for headers in ({}, {"accept-encoding": "gzip"}):
            told = await origin.get(path, query, headers=headers)
            keys = told.text.count("METHOD=AES-128")
            assert keys == len(parse(told.text).segments) == told.text.count(",IV=0x")
            assert "IV=" not in (await origin.get(path, headers=headers)).text
    assert "iv=" not in (await origin.get("master.m3u8", "feed=endoscope")).text


async def test_a_segment_is_its_parts(origin: Origin) -> None:
    playlist = parse((await origin.get("endoscope/video.m3u8")).text)
    segment = next(one for one in playlist.complete if one.parts)
    assert segment.uri is not None
    known = origin.timeline("endoscope").segment(int(segment.uri[4:-4]))
    assert known is not None

    async def clear(uri: str) -> bytes:
        answer = await origin.get(f"endoscope/{uri}")
        return CIPHER.decrypt(answer.body, known.key, known.msn)

    parts = [await clear(part.uri) for part in segment.parts]
    assert await clear(segment.uri) == b"".join(parts)
    assert all(b"moof" in part for part in parts)


async def test_how_long_answers_may_be_kept(origin: Origin) -> None:
    """Ciphertext for ever, playlists as RFC 8216bis B.1 has it, keys and refusals never."""
    answer = await origin.get("endoscope/video.m3u8")
    playlist = parse(answer.text)
    msn = playlist.segments[0].msn
    for_ever, moment, never = "public, max-age=86400, immutable", "public, max-age=1", "no-store"
    key = CIPHER.number(origin.timeline("endoscope").end, 90_000)
    rows = [
        ("master.m3u8", "", moment),
        ("endoscope/video.m3u8", "", moment),
        ("endoscope/video.m3u8", f"_HLS_msn={msn}&_HLS_part=0", "public, max-age=24"),
        (f"endoscope/{playlist.parts[0].uri}", "", for_ever),
        (f"endoscope/{playlist.segments[0].uri}", "", for_ever),
        (f"endoscope/{playlist.segments[0].map_uri}", "", for_ever),
        (f"key-{key}.bin", "", never),
        ("endoscope/part-1.m4s", "", never),
        ("endoscope/video.m3u8", "_HLS_msn=x", never),
        ("endoscope/video.m3u8", f"_HLS_msn={msn + 9999}", never),
    ]
    for rest, query, kept in rows:
        answer = await origin.get(rest, query)
        assert (rest, query, answer.headers["cache-control"]) == (rest, query, kept)
        assert answer.headers["x-content-type-options"] == "nosniff"


async def test_playlists_are_packed_for_those_who_unpack(origin: Origin) -> None:
    plain = await origin.get("endoscope/video.m3u8")
    packed = await origin.get("endoscope/video.m3u8", headers={"accept-encoding": "gzip, br"})
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.text == plain.text
    assert len(packed.body) < len(plain.body) / 3


async def test_head_says_the_same_without_a_body(origin: Origin) -> None:
    got = await origin.get("endoscope/video.m3u8")
    head = await origin.get("endoscope/video.m3u8", method="HEAD")
    assert (head.status, head.headers, head.body) == (200, got.headers, b"")


async def test_other_methods_are_refused(origin: Origin) -> None:
    for method in ("POST", "PUT", "DELETE", "PATCH", "PROPFIND"):
        answer = await origin.get("master.m3u8", method=method)
        assert (answer.status, answer.headers["allow"]) == (405, "GET, HEAD, OPTIONS")
    for order in ("stop", "report"):
        answer = await origin.get(order)
        assert (answer.status, answer.headers["allow"]) == (405, "POST, OPTIONS")


async def test_only_known_pages_of_other_hosts_may_play(origin: Origin) -> None:
    known = {"origin": "https://player.example", "access-control-request-headers": "authorization"}
    preflight = await origin.ask(MASTER, method="OPTIONS", headers=known)
    assert preflight.status == 204
    assert preflight.headers["access-control-allow-origin"] == "https://player.example"
    assert preflight.headers["access-control-allow-headers"] == "authorization, content-type, range"
    assert "access-control-allow-origin" in (await origin.get("master.m3u8", headers=known)).headers
    assert "access-control-allow-origin" in (await origin.ask(MASTER, headers=known)).headers
    stranger = {"origin": "https://elsewhere.example"}
    for method in ("OPTIONS", "GET"):
        answer = await origin.get("master.m3u8", method=method, headers=stranger)
        assert "access-control-allow-origin" not in answer.headers


# --- Who waits ---------------------------------------------------------------------------------------


async def test_a_reload_is_held_until_its_part_is_there(origin: Origin) -> None:
    timeline = origin.timeline("endoscope")
    assert timeline.last is not None
    msn, part = timeline.last
    waiting = asyncio.create_task(
        origin.get("endoscope/video.m3u8", f"_HLS_msn={msn}&_HLS_part={part + 1}&_HLS_skip=YES")
    )
    await asyncio.sleep(0.01)
    assert not waiting.done()
    origin.pass_time(0.4)
    answer = await asyncio.wait_for(waiting, 1)
    assert answer.status == 200
    assert timeline.last > (msn, part)


async def test_a_hinted_part_is_held_until_it_is_there(origin: Origin) -> None:
    hint = parse((await origin.get("endoscope/video.m3u8")).text).hint
    assert hint is not None
    waiting = asyncio.create_task(origin.get(f"endoscope/{hint['URI']}"))
    await asyncio.sleep(0.01)
    assert not waiting.done()
    origin.pass_time(0.4)
    answer = await asyncio.wait_for(waiting, 1)
    assert (answer.status, answer.headers["content-type"]) == (200, "video/mp4")
    assert answer.body == origin.timeline("endoscope").part(int(hint["URI"][5:-4])).data


async def test_unreasonable_reloads_are_refused_with_the_clause(origin: Origin) -> None:
    for query in ("_HLS_part=1", "_HLS_msn=999999999999", "_HLS_msn=x"):
        answer = await origin.get("endoscope/video.m3u8", query)
        assert answer.status == 400
        assert answer.text.startswith("Bad request")


async def test_whoever_waited_in_vain_is_told_so() -> None:
    """6.2.5.2: 503 after three target durations."""
    origin = Origin(limits=Limits(target_duration_s=0))
    timeline = origin.timeline("endoscope")
    answer = await origin.get("endoscope/video.m3u8", f"_HLS_msn={timeline.next_msn}")
    assert (answer.status, answer.headers["retry-after"]) == (503, "1")
    answer = await origin.get(f"endoscope/part-{timeline.end}.m4s")
    assert answer.status == 503


async def test_an_end_releases_everybody(origin: Origin) -> None:
    hint = parse((await origin.get("endoscope/video.m3u8")).text).hint
    timeline = origin.channel.timeline("endoscope")
    assert hint is not None
    assert timeline is not None
    waiting = [
        asyncio.create_task(origin.get("endoscope/video.m3u8", f"_HLS_msn={timeline.next_msn}")),
        asyncio.create_task(origin.get(f"endoscope/{hint['URI']}")),
    ]
    await asyncio.sleep(0.01)
    origin.channel.end()
    reload, part = await asyncio.wait_for(asyncio.gather(*waiting), 1)
    assert reload.text.endswith("#EXT-X-ENDLIST\n")
    assert part.status == 404


async def test_a_closing_studio_lets_everybody_go(origin: Origin) -> None:
    timeline = origin.timeline("endoscope")
    waiting = asyncio.create_task(origin.get("endoscope/video.m3u8", f"_HLS_msn={timeline.next_msn}"))
    await asyncio.sleep(0.01)
    origin.channel.close()
    assert (await asyncio.wait_for(waiting, 1)).status == 503


async def test_a_stop_reaches_those_who_wait(origin: Origin) -> None:
    origin.connect()
    timeline = origin.timeline("endoscope")
    waiting = asyncio.create_task(origin.get(f"endoscope/part-{timeline.end}.m4s"))
    await asyncio.sleep(0.05)
    origin.pass_time(2.0)
    origin.channel.stop(origin.now)
    origin.pass_time(0.3)
    answer = await asyncio.wait_for(waiting, 1)
    assert answer.status == 200
    segment = timeline.segments[-1]
    clear = CIPHER.decrypt(answer.body, segment.key, segment.msn)
    assert clear.endswith((b"S", b"s"))


async def test_1500_waiters_are_woken_by_rendering_once() -> None:
    origin = Origin()
    timeline = origin.timeline("endoscope")
    assert timeline.last is not None
    msn, part = timeline.last
    query = f"_HLS_msn={msn}&_HLS_part={part + 1}"
    grants = [origin.grant(holder=f"viewer {number}") for number in range(1500)]
    waiting = [
        asyncio.create_task(origin.ask(f"/media/{CHANNEL}/endoscope/video.m3u8", query, grant=grant))
        for grant in grants
    ]
    await asyncio.sleep(0.05)
    assert origin.channel.viewers() == 1500
    origin.pass_time(0.4)
    answers = await asyncio.gather(*waiting)
    assert {answer.status for answer in answers} == {200}
    # The very same bytes, not merely equal ones.
    assert len({id(answer.body) for answer in answers}) == 1
    assert origin.channel.viewers() == 1500


async def test_viewers_are_people_not_requests(monkeypatch: pytest.MonkeyPatch) -> None:
    origin = Origin()
    for holder in ("dana", "dana", "erlan"):
        await origin.ask(MASTER, grant=origin.grant(holder=holder))
    assert origin.channel.viewers() == 2
    later = time.monotonic() + 11
    monkeypatch.setattr("konsilium.mediaplane.origin.channel.time.monotonic", lambda: later)
    assert origin.channel.viewers() == 0


# --- Whatever comes ----------------------------------------------------------------------------------

WORDS = st.sampled_from(
    [
        CHANNEL,
        "media",
        "endoscope",
        "sound",
        "master.m3u8",
        "video.m3u8",
        "audio.m3u8",
        "init-",
        "seg-",
        "part-",
        ".m4s",
        ".mp4",
        "..",
        "%2e",
        "0",
        "-1",
        "99999999999999999",
    ]
)
PATHS = st.lists(st.one_of(WORDS, st.text(string.printable, max_size=6)), max_size=6).map("/".join)
QUERIES = st.lists(
    st.tuples(
        st.sampled_from(["_HLS_msn", "_HLS_part", "_HLS_skip", "feed", "x"]),
        st.one_of(st.integers(-5, 10**20).map(str), st.text(max_size=8), st.just("YES")),
    ),
    max_size=4,
).map(lambda pairs: "&".join(f"{name}={value}" for name, value in pairs))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150)
@given(
    path=st.one_of(PATHS, PATHS.map(lambda path: f"/media/{CHANNEL}/{path}")),
    query=QUERIES,
    method=st.sampled_from(["GET", "HEAD", "OPTIONS", "POST"]),
)
def test_no_request_is_answered_with_a_crash(path: str, query: str, method: str) -> None:
    origin = Origin(limits=Limits(target_duration_s=0))

    async def ask() -> int:
        answer = await origin.ask(path, query.encode("utf-8", "replace"), method=method, grant=origin.grant())
        return answer.status

    assert asyncio.run(ask()) in {200, 204, 400, 403, 404, 405, 503}


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    rendition=st.sampled_from(["endoscope", SOUND]),
    msn=st.integers(-3, 4),
    part=st.one_of(st.none(), st.integers(0, 40)),
)
def test_reloads_around_the_edge_are_answered_or_held(rendition: str, msn: int, part: int | None) -> None:
    origin = Origin(limits=Limits(target_duration_s=0))
    timeline = origin.channel.timeline(rendition)
    assert timeline is not None
    name = "audio" if rendition == SOUND else "video"
    query = f"_HLS_msn={timeline.next_msn + msn}" + ("" if part is None else f"&_HLS_part={part}")

    async def ask() -> int:
        return (await origin.get(f"{rendition}/{name}.m3u8", query)).status

    assert asyncio.run(ask()) in {200, 400, 503}
