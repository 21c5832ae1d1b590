"""Live and a recording take turns while viewers watch: the playlists go on, in step, without a reload."""

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from konsilium.mediaplane.cmaf import Kind
from konsilium.mediaplane.conversion.converter import Converter, Ready
from konsilium.mediaplane.conversion.writing import PICTURE
from konsilium.mediaplane.encoder.slate import prepare_slates
from konsilium.mediaplane.hls import SOUND, Limits, Timeline
from konsilium.mediaplane.origin import ChannelTimelines, angles_of
from konsilium.mediaplane.playback import Attachment, Playback
from konsilium.mediaplane.vault import Vault
from tests.media.conftest import Clip
from tests.media.decoding import decode_picture, loud_moments
from tests.media.evidence import content, nothing_half_is_served, stretches
from tests.media.films import changed, film
from tests.media.theatre import CHANNEL, FEED, KEPT_SLATES, Theatre, shows_signal

RECORDING = "film-1"
CONVERSION = {"recording": RECORDING, "file": "upload-1", "title": "Nephrectomy"}


@asynccontextmanager
async def theatre_with_a_film(folder: Path, *, seconds: int = 4) -> AsyncIterator[Theatre]:
    """A studio that was given an upload and has made a recording of it."""
    theatre = Theatre(folder)
    uploads = folder / "uploads"
    uploads.mkdir(parents=True)
    made = film(folder, "plain.mp4")
    if seconds > 4:
        made = changed(made, folder / "longer.mp4", "-stream_loop", str(seconds // 4 - 1))
    made.rename(uploads / "upload-1")
    async with theatre:
        theatre.write_plan(conversions=(CONVERSION,))
        await theatre.until(
            lambda: (
                theatre.studio.status.conversions.get(RECORDING) is not None
                and theatre.studio.status.conversions[RECORDING].state == "ready"
            ),
            within=20,
            what="the recording",
        )
        yield theatre


def newest_init(timeline: Timeline) -> bytes | None:
    return timeline.init(timeline.segments[-1].init)


async def swapped(theatre: Theatre, before: bytes | None, **plan: object) -> float:
    """Seconds from the plan to the first part of something else."""
    theatre.write_plan(conversions=(CONVERSION,), **plan)
    return await theatre.until(lambda: newest_init(theatre.picture) != before, within=6, what="the swap")


async def test_a_swap_and_back_is_one_map_each_way(tmp_path: Path, clip_of: Clip) -> None:
    async with theatre_with_a_film(tmp_path, seconds=12) as theatre:
        await theatre.send(clip_of("other-size"))
        await theatre.until_live()
        await asyncio.sleep(2)
        live = newest_init(theatre.picture)
        msn = theatre.picture.next_msn
        showing = {"recording": RECORDING, "since": datetime.now(UTC).isoformat()}
        there = await swapped(theatre, live, showing=showing)
        shown = newest_init(theatre.picture)
        await asyncio.sleep(4)
        status = theatre.studio.status.channels[CHANNEL]
        assert status.showing == RECORDING
        assert status.left_s is not None
        assert 5 < status.left_s < 9
        back = await swapped(theatre, shown)
        await asyncio.sleep(2)
        print(f"swap to the recording {there:.2f} s, back {back:.2f} s")
        found = stretches(theatre.picture)
        inits = [stretch.init for stretch in found]
        assert inits[-3:] == [live, shown, live], "no slate between, one new MAP each way"
        assert sum(segment.discontinuities for segment in theatre.picture.segments) == 0
        assert msn <= theatre.picture.next_msn, "the playlist goes on"
        nothing_half_is_served(theatre.picture, tmp_path)
        nothing_half_is_served(theatre.sound, tmp_path)
        _in_step(theatre.picture, theatre.sound, found.index(found[-2]), tmp_path)
        assert there < 2.5
        assert back < 3


def _in_step(picture: Timeline, sound: Timeline, number: int, folder: Path) -> None:
    """Flashes and beeps of the film lie at the same times of the channel clock."""
    stretch = stretches(picture)[number]
    decoded = decode_picture(content(picture, stretch), folder)
    lit, bright = [], False
    for frame in decoded.frames:
        if frame.brightness > 150 and not bright:
            lit.append(frame.time)
        bright = frame.brightness > 150
    heard = [
        at
        for one in stretches(sound)
        for at in loud_moments(content(sound, one), folder)
        if stretch.start / 90_000 - 0.1 < at < stretch.end / 90_000
    ]
    # The first flash lies where the swap was, amid the theatre's own sound.
    offsets = [min((abs(beep - flash), beep - flash) for beep in heard)[1] for flash in lit[1:]]
    print("beeps against flashes, ms:", [round(offset * 1000) for offset in offsets])
    assert len(offsets) >= 3
    assert max(map(abs, offsets)) <= 0.05


async def test_at_its_end_comes_the_slate(tmp_path: Path) -> None:
    async with theatre_with_a_film(tmp_path) as theatre:
        showing = {"recording": RECORDING, "since": datetime.now(UTC).isoformat()}
        theatre.write_plan(conversions=(CONVERSION,), showing=showing)
        await theatre.until(lambda: shows_signal(theatre.picture), what="the recording")
        lasted = await theatre.until(lambda: not shows_signal(theatre.picture), within=8, what="the slate")
        assert 3 < lasted < 6.5
        assert theatre.studio.status.channels[CHANNEL].left_s == 0
        nothing_half_is_served(theatre.picture, tmp_path)


async def test_what_was_live_is_shown_again(tmp_path: Path, clip_of: Clip) -> None:
    """The recording of one operation in the channel of another, slate at its beginning and all."""
    async with Theatre(tmp_path) as theatre:
        await theatre.send(clip_of("flash"))
        await theatre.until_live()
        await asyncio.sleep(5)
        theatre.write_plan(state="ended")
        await theatre.until(
            lambda: theatre.studio.status.recordings[CHANNEL].state == "kept", within=10, what="the recording"
        )
        recorded = theatre.studio.recording(CHANNEL)
        assert recorded is not None
        slate = 12.0
        since = datetime.now(UTC) - timedelta(seconds=slate)
        theatre.write_plan(id="operation-2", showing={"recording": CHANNEL, "since": since.isoformat()})
        await theatre.until(lambda: "operation-2" in theatre.studio.channels, what="the other channel")
        channel = theatre.studio.channels["operation-2"]
        picture, sound = channel.timeline(FEED), channel.timeline(SOUND)
        assert picture is not None
        assert sound is not None
        await theatre.until(
            lambda: theatre.studio.status.channels["operation-2"].left_s == 0, within=15, what="its end"
        )
        number = _longest_signal(picture)
        nothing_half_is_served(picture, tmp_path)
        _in_step(picture, sound, number, tmp_path)


def _longest_signal(picture: Timeline) -> int:
    found = stretches(picture)
    lengths = [0 if one.init == found[0].init else one.end - one.start for one in found]
    return lengths.index(max(lengths))


async def test_angles_are_in_step(tmp_path: Path) -> None:
    """One film as two angles; the second one's frames are the first one's."""
    made = film(tmp_path, "plain.mp4")
    vault = Vault(tmp_path / "vault")
    slates = prepare_slates(KEPT_SLATES[0])
    _write_twice(vault, made, tmp_path)
    now = datetime.now(UTC)
    timelines = ChannelTimelines(
        angles=angles_of([("endoscope", "Endoscope"), ("overview", "Overview"), ("third", "Third")]),
        slate=slates.lost,
        silence=slates.silence,
        limits=Limits(),
        now=now,
        cipher=vault.cipher("shown"),
    )
    recorded = vault.recording(RECORDING)
    assert recorded is not None
    playback = Playback(RECORDING, recorded, since=now)
    keys = ("endoscope", "overview", "third", SOUND)
    attachments = {key: Attachment(timelines.picture_sink(key)) for key in keys}
    for key, attachment in attachments.items():
        kind = Kind.AUDIO if key == SOUND else Kind.VIDEO
        attachment.show(playback.feed("endoscope" if key == SOUND else key).outlets[kind], now)
    used = time.process_time()
    playback.start()
    for _ in range(45):
        await asyncio.sleep(0.1)
        timelines.tick(datetime.now(UTC))
    print(f"CPU of four renditions: {(time.process_time() - used) / 4.5:.1%}")
    await playback.stop()
    flashes = {}
    for key in keys[:3]:
        timeline = timelines.timeline(key)
        assert timeline is not None
        shown = next(one for one in stretches(timeline) if one.init != stretches(timeline)[0].init)
        frames = decode_picture(content(timeline, shown), tmp_path).frames
        flashes[key] = [
            frame.time
            for before, frame in zip((None, *frames), frames, strict=False)
            if frame.brightness > 150 and (before is None or before.brightness <= 150)
        ]
    vault.shut()
    print(flashes)
    assert len(flashes["endoscope"]) == 4
    for key in keys[1:3]:
        assert flashes[key] == pytest.approx(flashes["endoscope"], abs=0.04)


def _write_twice(vault: Vault, made: Path, folder: Path) -> None:
    class Doubling:
        """A vault in which the film's picture is two angles."""

        def writer(self, recording: str, *, began: datetime):
            writer = vault.writer(recording, began=began)
            begin, add = writer.begin, writer.add

            def keys(rendition: str) -> tuple[str, ...]:
                return ("endoscope", "overview") if rendition == PICTURE else (rendition,)

            writer.begin = lambda rendition, init, **more: [
                begin(key, init, **more) for key in keys(rendition)
            ]
            writer.add = lambda rendition, fragment: [add(key, fragment) for key in keys(rendition)]
            return writer

        def remove(self, recording: str) -> None:
            vault.remove(recording)

    silence = prepare_slates(KEPT_SLATES[0]).silence
    converter = Converter(
        recordings=Doubling(), silence=silence, tell=lambda *_: None, cancelled=threading.Event()
    )
    assert isinstance(converter.convert(made, RECORDING), Ready)
