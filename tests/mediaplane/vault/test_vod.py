"""A recording's playlists, read as strictly as the live ones, each rule with its clause."""

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from konsilium.mediaplane.cmaf import Kind
from konsilium.mediaplane.hls import Limits
from konsilium.mediaplane.hls.clock import ticks_at
from konsilium.mediaplane.vault import Vault
from konsilium.mediaplane.vault.index import Entry
from konsilium.mediaplane.vault.vod import render_vod
from tests.mediaplane.hls.m3u8 import Playlist, parse
from tests.mediaplane.hls.test_rfc8216bis import RULES
from tests.mediaplane.hls_factory import CIPHER, NOON, Studio
from tests.mediaplane.vault.kept import CHANNEL, record

pytestmark = pytest.mark.unit

SECOND = 90_000


def entry(number: int, **changes: int) -> Entry:
    values = {
        "msn": 100 + number,
        "start": number * SECOND,
        "duration": SECOND,
        "init": 100,
        "discontinuities": 0,
        "key": number // 30,
        "size": 1000,
        "volume": 0,
        "offset": number * 1000,
        "crc": 0,
        "plain": 990,
        "independent": 1,
        "lowest": 0,
    }
    return Entry(**{**values, **changes})


def lines(*entries: Entry) -> list[str]:
    return render_vod(entries, SECOND).splitlines()


def test_the_whole_of_it() -> None:
    found = lines(*(entry(number) for number in range(3)))
    assert found == [
        "#EXTM3U",
        "#EXT-X-VERSION:9",
        "#EXT-X-TARGETDURATION:4",
        "#EXT-X-PLAYLIST-TYPE:VOD",
        "#EXT-X-MEDIA-SEQUENCE:100",
        "#EXT-X-DISCONTINUITY-SEQUENCE:0",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        '#EXT-X-MAP:URI="init-100.mp4"',
        '#EXT-X-KEY:METHOD=AES-128,URI="../key-0.bin"',
        "#EXT-X-PROGRAM-DATE-TIME:2020-01-01T00:00:00.000Z",
        *("#EXTINF:1.00000,", "seg-0.m4s", "#EXTINF:1.00000,", f"seg-{SECOND}.m4s"),
        *("#EXTINF:1.00000,", f"seg-{2 * SECOND}.m4s"),
        "#EXT-X-ENDLIST",
    ]


def test_a_new_key_is_said_once() -> None:
    found = lines(*(entry(number) for number in range(29, 32)))
    assert [line for line in found if "KEY" in line] == [
        '#EXT-X-KEY:METHOD=AES-128,URI="../key-0.bin"',
        '#EXT-X-KEY:METHOD=AES-128,URI="../key-1.bin"',
    ]


def test_a_section_is_clear() -> None:
    """4.4.4.4: a key applies to every Media Initialization Section declared after it."""
    found = lines(entry(0), entry(1, init=101), entry(2, init=101))
    at = found.index('#EXT-X-MAP:URI="init-101.mp4"')
    assert found[at - 1] == "#EXT-X-KEY:METHOD=NONE"
    assert found[at + 1] == '#EXT-X-KEY:METHOD=AES-128,URI="../key-0.bin"'


def test_segments_that_are_missing_are_gaps() -> None:
    """4.4.4.7; their numbers are counted, so the implicit IV of what follows stays right (4.4.4.4)."""
    found = lines(entry(0), entry(4), entry(5))
    assert found.count("#EXT-X-GAP") == 3
    assert sum(line == "#EXTINF:1.00000," for line in found) == 6
    assert not any("IV=" in line for line in found)


def test_no_gap_is_longer_than_the_target_duration() -> None:
    found = lines(entry(0), entry(30, msn=101), entry(31, msn=102))
    lengths = [float(line[8:-1]) for line in found if line.startswith("#EXTINF")]
    assert max(lengths) <= 4
    assert sum(lengths) == pytest.approx(32, abs=0.001)
    # The playlist counts otherwise than the encryption did, and says so.
    keys = [line for line in found if "METHOD=AES-128" in line]
    assert keys[1:] == [f'#EXT-X-KEY:METHOD=AES-128,URI="../key-1.bin",IV=0x{msn:032x}' for msn in (101, 102)]


def test_a_jump_of_the_time_line_is_a_discontinuity() -> None:
    found = lines(entry(0, discontinuities=7), entry(1, discontinuities=8, start=10_000 * SECOND))
    assert "#EXT-X-DISCONTINUITY-SEQUENCE:7" in found
    assert found.count("#EXT-X-DISCONTINUITY") == 1
    assert found.count("#EXT-X-GAP") == 0
    assert sum(line.startswith("#EXT-X-PROGRAM-DATE-TIME") for line in found) == 2


def test_a_tick_between_two_runs_is_nothing() -> None:
    found = lines(entry(0), entry(1, start=SECOND + 1))
    assert "#EXT-X-GAP" not in found
    assert not any("IV=" in line for line in found)


def test_a_player_that_does_not_count_is_told_each_iv() -> None:
    entries = [entry(0), entry(4), entry(5, init=105), entry(6, init=105), entry(40, msn=110)]
    told = render_vod(entries, SECOND, explicit_iv=True).splitlines()
    keys = [line for line in told if "METHOD=AES-128" in line]
    assert [int(line.split("IV=")[1], 16) for line in keys] == [one.msn for one in entries]
    counted = [line for line in lines(*entries) if "METHOD=AES-128" not in line]
    assert [line for line in told if "METHOD=AES-128" not in line] == counted


def test_a_longer_segment_raises_the_target_duration() -> None:
    """4.4.3.1: the duration of each segment, rounded, "MUST be less than or equal to the Target Duration"."""
    assert "#EXT-X-TARGETDURATION:7" in lines(entry(0, duration=7 * SECOND - 10))


def test_without_a_key_frame_at_each_beginning_nothing_is_promised() -> None:
    assert "#EXT-X-INDEPENDENT-SEGMENTS" not in lines(entry(0), entry(1, independent=0))


# --- Of a real channel ------------------------------------------------------------------------------


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    own = Vault(tmp_path / "vault")
    own._ciphers["operation-1"] = CIPHER
    own.secret("operation-1")
    yield own
    own.shut()


def studio_on(vault: Vault, **options: object) -> Studio:
    """A channel of two angles that keeps what it releases in the vault."""
    kinds = Studio("endoscope", "overview").offer.kinds
    shelves = {key: vault.shelf("operation-1", key, kind) for key, kind in kinds.items()}
    return Studio("endoscope", "overview", shelves=shelves, **options)  # type: ignore[arg-type]


def segments(playlist: str) -> dict[str, str]:
    """Names of segments with the key in force for each."""
    found, key = {}, ""
    for line in playlist.splitlines():
        if line.startswith("#EXT-X-KEY"):
            key = line
        elif line.startswith("seg-"):
            found[line] = key
    return found


async def test_the_recording_is_what_was_live(vault: Vault) -> None:
    studio = studio_on(vault, limits=Limits(window_s=1800))
    studio.connect("endoscope")
    studio.connect("sound")
    studio.run(50)
    studio.channel.stop(studio.now)
    studio.run(10)
    studio.channel.end()
    studio.run(2)
    vault.finish("operation-1")
    assert vault.drain()
    recorded = vault.recording("operation-1")
    assert recorded is not None
    assert list(recorded.renditions())[:2] == ["endoscope", "overview"]
    for key in recorded.renditions():
        timeline = studio.rendition(key).timeline
        live = segments(studio.channel.playlist(key))
        kept = segments(recorded.playlist(key, None, None))
        assert kept == live
        for segment in timeline.segments:
            data = await recorded.segment(key, segment.start)
            assert data is not None
            assert data == (segment.data or data)
            assert recorded.key(segment.key) == CIPHER.key(segment.key)
            assert recorded.init(key, segment.init) == timeline.init(segment.init)
    master = recorded.master(None, None, None)
    live_master = studio.channel.master()
    assert _uris(master) == _uris(live_master)
    assert recorded.listen(None, None).count("#EXT-X-STREAM-INF") == 1


def _uris(master: str) -> list[str]:
    return re.findall(r'URI="([^"]+)"', master) + [line for line in master.splitlines() if line[:1].isalpha()]


async def test_a_killed_channel_goes_on_in_the_same_playlist(vault: Vault) -> None:
    studio = studio_on(vault, limits=Limits(window_s=1800))
    studio.connect("endoscope")
    studio.connect("sound")
    studio.run(40)
    assert vault.drain()
    # Killed: nothing is closed.
    again = Vault(vault.folder)
    again._ciphers["operation-1"] = CIPHER
    reborn = studio_on(again, limits=Limits(window_s=1800), now=studio.now + timedelta(seconds=8))
    reborn.connect("endoscope")
    reborn.connect("sound")
    reborn.run(30)
    before, after = (
        segments(studio.channel.playlist("endoscope")),
        segments(reborn.channel.playlist("endoscope")),
    )
    assert list(before)[:-2] == list(after)[: len(before) - 2], "viewers can go back beyond the crash"
    reborn.channel.end()
    again.finish("operation-1")
    assert again.drain()
    recorded = again.recording("operation-1")
    assert recorded is not None
    playlist = recorded.playlist("endoscope", None, None)
    assert list(after)[-1] in segments(playlist)
    assert "#EXT-X-GAP" not in playlist
    assert "#EXT-X-DISCONTINUITY\n" not in playlist
    assert "IV=" not in playlist
    again.shut()


@pytest.fixture
def playlists(vault: Vault) -> dict[str, Playlist]:
    """Of a recording with all that happens: a signal that comes and goes, a machine that slept, a full disk."""
    studio = studio_on(vault, limits=Limits(window_s=1800))
    for key in ("endoscope", "sound"):
        studio.connect(key, ago=0.3)
    studio.run(40)
    studio.disconnect("endoscope")
    studio.run(10)
    studio.sleep(3600)
    studio.run(15)
    studio.channel.end()
    studio.run(2)
    vault.finish("operation-1")
    assert vault.drain()
    recorded = vault.recording("operation-1")
    assert recorded is not None
    begin, end = NOON + timedelta(seconds=20.5), NOON + timedelta(seconds=33)
    clips = {f"{key}, clip": recorded.playlist(key, begin, end) for key in recorded.renditions()}
    whole = {key: recorded.playlist(key, None, None) for key in recorded.renditions()}
    told = {
        f"{key}, IV": recorded.playlist(key, None, None, explicit_iv=True) for key in recorded.renditions()
    }
    return {name: parse(text) for name, text in (whole | clips | told).items()}


def test_a_recordings_playlists_keep_the_rules_of_all(playlists: dict[str, Playlist]) -> None:
    broken = [
        f"{clause} ({words}): {name}"
        for clause, words, rule in RULES
        for name, playlist in playlists.items()
        if not rule(playlist) and not ("IV" in name and "IV attribute" in words)
    ]
    assert not broken


def test_dates_and_durations_tell_the_same_time(playlists: dict[str, Playlist]) -> None:
    """6.2.4: "consistent mappings of date and time to media timestamps"; by them the sound finds its picture."""
    for name, playlist in playlists.items():
        date = None
        assert playlist.segments[0].date is not None, name
        for segment in playlist.segments:
            if segment.date is not None:
                if date is not None and not segment.discontinuities:
                    assert abs(segment.date - date) < timedelta(milliseconds=2), name
                date = segment.date
            assert date is not None
            date += timedelta(seconds=segment.duration or 0)


def test_where_recordings_deviate(vault: Vault, playlists: dict[str, Playlist]) -> None:
    """6.2.4, of VOD: "the first segment of every Media Playlist in every Variant Stream MUST start at the same media
    timestamp."

    The whole of a recording does. In a clip they are whole segments, the very ones that are cached and encrypted
    already, so the sound may begin up to a segment earlier than the picture; players go by the dates.
    """
    del vault
    for suffix, apart in (("", 0.05), (", clip", 4.0)):
        starts = [
            playlist.segments[0].date.timestamp()
            for name, playlist in playlists.items()
            if name.endswith(suffix) and ("," in name) == bool(suffix) and playlist.segments[0].date
        ]
        assert len(starts) == 4
        assert max(starts) - min(starts) <= apart


def test_a_clip_is_named_in_its_playlists(tmp_path: Path) -> None:
    vault = Vault(tmp_path / "other")
    record(vault, 60)
    record(vault, 60, rendition="sound", kind=Kind.AUDIO)
    recorded = vault.recording(CHANNEL)
    assert recorded is not None
    begin, end = NOON + timedelta(seconds=10.5), NOON + timedelta(seconds=20)
    master = recorded.master("endoscope", begin, end)
    query = "?from=2026-11-22T12:00:10.500Z&to=2026-11-22T12:00:20.000Z"
    assert f"endoscope/video.m3u8{query}" in master
    assert f'URI="sound/audio.m3u8{query}"' in master
    told = recorded.master("endoscope", begin, end, explicit_iv=True)
    assert told.replace("&iv=explicit", "") == master
    assert told.count(f"m3u8{query}&iv=explicit") == 2
    names = list(segments(recorded.playlist("endoscope", begin, end)))
    assert len(names) == 10
    assert names[0] == f"seg-{ticks_at(NOON + timedelta(seconds=10), SECOND)}.m4s"
    vault.shut()
