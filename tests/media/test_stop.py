"""A stop with real encoders: whichever way it comes, nothing that was withheld ever leaves, and it lasts."""

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

from konsilium.mediaplane.stops import Stops
from tests.media.conftest import Clip
from tests.media.theatre import CHANNEL, FEED, Theatre, inits, shows_signal

DELAY_S = 2.0


async def test_a_stop_at_the_media_plane_holds_through_a_crash_and_a_plan_that_knows_nothing(
    tmp_path: Path, clip_of: Clip
) -> None:
    async with Theatre(tmp_path) as theatre:
        await theatre.send(clip_of("plain"))
        await theatre.until_live()
        at = datetime.now(UTC)
        assert theatre.studio.stop_channel(CHANNEL, "dana", at) == "stopped"
        assert theatre.channel.state == "stopped", "cut before it answers"
        assert theatre.studio.status.channels[CHANNEL].stop is not None
        theatre.write_plan()
        await asyncio.sleep(0.3)
        assert theatre.channel.state == "stopped", "a plan that does not know of it changes nothing"
        assert Stops(theatre.studio.settings.stops)[CHANNEL].person == "dana"
    async with Theatre(tmp_path) as theatre:
        assert theatre.channel.state == "stopped", "another life of the studio"
        theatre.write_plan(stop_known=at.isoformat())
        await theatre.until(lambda: theatre.channel.state == "live", what="the way on")
        assert theatre.studio.status.channels[CHANNEL].stop is None


async def test_two_who_press_together_are_both_told_that_it_is_stopped(tmp_path: Path, clip_of: Clip) -> None:
    async with Theatre(tmp_path) as theatre:
        await theatre.send(clip_of("plain"))
        await theatre.until_live()
        at = datetime.now(UTC)
        said = [
            theatre.studio.stop_channel(CHANNEL, person, at + timedelta(milliseconds=number))
            for number, person in enumerate(("dana", "erik"))
        ]
        theatre.write_plan(state="stopped")
        await asyncio.sleep(0.2)
        assert (said, theatre.channel.state) == (["stopped", "stopped"], "stopped")


async def test_a_stop_while_the_encoder_is_lost_holds_when_it_comes_back(
    tmp_path: Path, clip_of: Clip
) -> None:
    async with Theatre(tmp_path) as theatre:
        sender = await theatre.send(clip_of("plain"))
        await theatre.until_live()
        await sender.kill()
        await theatre.until(lambda: theatre.door.signal == "lost", what="a lost signal")
        slate, pressed = inits(theatre.picture)[0], theatre.picture.end
        theatre.studio.stop_channel(CHANNEL, "dana", datetime.now(UTC))
        await theatre.send(clip_of("plain"))
        await theatre.until(lambda: theatre.door.signal == "live", what="the encoder")
        await asyncio.sleep(2)
        assert theatre.channel.state == "stopped"
        assert not shows_signal(theatre.picture)
        later = [segment for segment in theatre.picture.segments if segment.start >= pressed]
        assert later, "the slate goes on"
        assert {theatre.picture.init(segment.init) for segment in later} == {slate}, "and nothing else"


async def test_a_stop_that_was_long_on_its_way_leaves_on_air_what_went_on_since(
    tmp_path: Path, clip_of: Clip
) -> None:
    async with Theatre(tmp_path) as theatre:
        await theatre.send(clip_of("plain"))
        await theatre.until_live()
        now = datetime.now(UTC)
        theatre.write_plan(live_since=(now - timedelta(seconds=10)).isoformat())
        await theatre.until(lambda: theatre.studio.plan.version == 2, what="the plan")
        assert theatre.studio.stop_channel(CHANNEL, "dana", now, timedelta(seconds=60)) == "overtaken"
        await asyncio.sleep(0.2)
        assert theatre.channel.state == "live"
        assert theatre.studio.status.channels[CHANNEL].stop is None
        assert shows_signal(theatre.picture)
        assert theatre.studio.stop_channel(CHANNEL, "dana", now) == "stopped"


async def test_in_doubt_the_picture_is_gone_and_stays_so(tmp_path: Path, clip_of: Clip) -> None:
    """It was pressed a moment before it went on, as far as anybody knows, and before a stop that is known."""
    async with Theatre(tmp_path) as theatre:
        now = datetime.now(UTC)
        moments = {"stop_known": now - timedelta(seconds=1), "live_since": now - timedelta(seconds=0.5)}
        theatre.write_plan(**{name: moment.isoformat() for name, moment in moments.items()})
        await theatre.until(lambda: theatre.studio.plan.version == 2, what="the plan")
        assert theatre.studio.stop_channel(CHANNEL, "dana", now, timedelta(seconds=1.2)) == "stopped"
        await asyncio.sleep(0.3)
        assert theatre.channel.state == "stopped"


async def test_a_stop_while_the_channel_starts_holds(tmp_path: Path, clip_of: Clip) -> None:
    async with Theatre(tmp_path) as theatre:
        sending = asyncio.ensure_future(theatre.send(clip_of("plain")))
        theatre.studio.stop_channel(CHANNEL, "dana", datetime.now(UTC))
        await sending
        await theatre.until(lambda: theatre.door.signal == "live", what="the encoder")
        await asyncio.sleep(1.5)
        assert len(inits(theatre.picture)) == 1, "nothing but slates, which are coded alike"


async def test_what_was_withheld_is_sealed_and_never_leaves(tmp_path: Path, clip_of: Clip) -> None:
    async with Theatre(tmp_path) as theatre:
        theatre.write_plan(delay_s=DELAY_S)
        await theatre.send(clip_of("plain"))
        await theatre.until_live(within=12)
        await asyncio.sleep(DELAY_S)
        # Before the stop: with it the slate begins, and its first part may be there at once.
        released = theatre.picture.end
        slate, signal = inits(theatre.picture)
        theatre.studio.stop_channel(CHANNEL, "dana", datetime.now(UTC))
        await asyncio.sleep(DELAY_S + 1)
        later = [segment for segment in theatre.picture.segments if segment.start >= released]
        assert later, "the slate goes on"
        assert {theatre.picture.init(segment.init) for segment in later} == {slate}, "and nothing else"
        assert slate != signal
        sealed = list((theatre.studio.settings.vault / CHANNEL / "sealed").iterdir())
        assert {path.name.split("-")[0] for path in sealed} >= {FEED, "sound"}


async def test_the_end_lets_out_what_the_delay_held_and_the_recording_is_whole_at_once(
    tmp_path: Path, clip_of: Clip
) -> None:
    async with Theatre(tmp_path) as theatre:
        theatre.write_plan(delay_s=DELAY_S)
        await theatre.send(clip_of("plain"))
        await theatre.until_live(within=12)
        pressed = datetime.now(UTC)
        theatre.write_plan(state="ended", delay_s=DELAY_S)
        await theatre.until(lambda: theatre.picture.ended, within=DELAY_S + 3, what="the end")
        took = await theatre.until(
            lambda: theatre.studio.status.recordings[CHANNEL].state == "kept", within=10, what="the recording"
        )
        recorded = theatre.studio.recording(CHANNEL)
        assert recorded is not None
        assert recorded.ended - pressed > timedelta(seconds=DELAY_S - 1), "the last seconds came out"
        assert took < 10
        await theatre.until(lambda: CHANNEL not in theatre.studio.channels, within=8, what="the handing over")
        assert "EXT-X-ENDLIST" in recorded.playlist(FEED, None, None)


async def test_a_stop_after_the_end_cuts_what_still_comes_out(tmp_path: Path, clip_of: Clip) -> None:
    async with Theatre(tmp_path) as theatre:
        theatre.write_plan(delay_s=20)
        await theatre.send(clip_of("plain"))
        await theatre.until(lambda: theatre.door.signal == "live", what="the encoder")
        await asyncio.sleep(2)
        theatre.write_plan(state="ended", delay_s=20)
        await asyncio.sleep(0.5)
        assert not theatre.picture.ended
        assert theatre.studio.stop_channel(CHANNEL, "dana", datetime.now(UTC)) == "stopped"
        assert theatre.picture.ended
        assert len(inits(theatre.picture)) == 1, "nothing but the slate"
        await theatre.until(
            (theatre.studio.settings.vault / CHANNEL / "sealed").exists, what="what was withheld"
        )
