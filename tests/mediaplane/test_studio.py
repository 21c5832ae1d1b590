"""The studio follows its plan: whatever fails, nothing leaves that must not, and all of it is tried again."""

import asyncio
import errno
import os
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from konsilium.mediaplane import playbacks
from konsilium.mediaplane import studio as studio_module
from konsilium.mediaplane.broadcasting import Broadcasting
from konsilium.mediaplane.cmaf import Kind
from konsilium.mediaplane.hls import ChannelState
from konsilium.mediaplane.plan import FeedPlan, ShowingPlan
from konsilium.mediaplane.studio import Studio
from konsilium.mediaplane.vault import keys
from tests.mediaplane.playback.reels import PICTURE, SOUND, MemoryReel
from tests.mediaplane.studio_factory import channel, feed_of, live_parts, plan, running, write

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)


@pytest.fixture
async def studio(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Studio]:
    async with running(tmp_path, monkeypatch) as studio:
        yield studio


async def go_on(studio: Studio, seconds: float, *doors: str) -> None:
    until = asyncio.get_running_loop().time() + seconds
    while asyncio.get_running_loop().time() < until:
        for door in doors:
            feed_of(studio, door).go_on()
        studio.reload()
        studio._tick_now()
        await asyncio.sleep(0.02)


# --- A recording in place of the theatre --------------------------------------------------------------


class Reel(MemoryReel):
    async def prepare(self) -> None:
        pass


def reel() -> Reel:
    return Reel(NOON, {"film": PICTURE, "sound": SOUND}, seconds=20)


@pytest.fixture
def recordings(studio: Studio, monkeypatch: pytest.MonkeyPatch) -> dict[str, Reel]:
    """What the vault has to show."""
    found: dict[str, Reel] = {}
    monkeypatch.setattr(studio._playbacks, "_recording", found.get)
    monkeypatch.setattr(playbacks, "_AGAIN_S", 0.1)
    return found


def showing(since: datetime | None = None) -> ShowingPlan:
    return ShowingPlan(recording="film-1", since=since or datetime.now(UTC))


async def test_a_channel_that_opens_with_a_recording_never_shows_the_theatre(
    studio: Studio, recordings: Mapping[str, Reel]
) -> None:
    studio.apply(plan())
    feed_of(studio).begin()
    await go_on(studio, 0.3, "h.endo")
    studio.apply(plan(channel(showing=showing()), version=2))
    await go_on(studio, 0.8, "h.endo")
    assert live_parts(studio) == 0
    assert not feed_of(studio).outlets[Kind.VIDEO].watched
    assert studio.status.channels["op-1"].showing is None
    studio.apply(plan(channel(), version=3))
    await go_on(studio, 0.8, "h.endo")
    assert live_parts(studio) > 0, "it could have leaked"


async def test_the_theatre_goes_on_until_the_recording_is_ready(
    studio: Studio, recordings: dict[str, Reel]
) -> None:
    studio.apply(plan(channel()))
    feed_of(studio).begin()
    await go_on(studio, 0.3, "h.endo")
    studio.apply(plan(channel(showing=showing()), version=2))
    await go_on(studio, 0.5, "h.endo")
    before = live_parts(studio)
    await go_on(studio, 0.5, "h.endo")
    assert live_parts(studio) > before
    recordings["film-1"] = reel()
    await go_on(studio, 1.5, "h.endo")
    assert studio.status.channels["op-1"].showing == "film-1"
    assert not feed_of(studio).outlets[Kind.VIDEO].watched


async def test_a_destroyed_recording_is_over_at_once_and_nothing_takes_its_place(
    studio: Studio, recordings: dict[str, Reel]
) -> None:
    recordings["film-1"] = reel()
    shown = channel(showing=showing())
    studio.apply(plan(shown))
    feed_of(studio).begin()
    await go_on(studio, 0.5, "h.endo")
    assert studio.status.channels["op-1"].showing == "film-1"
    playback = studio._broadcasts["op-1"]._playback
    assert playback is not None
    studio.apply(plan(shown, version=2, destroyed=("film-1",)))
    await go_on(studio, 0.3, "h.endo")
    assert playback.feed("endo").outlets[Kind.VIDEO].last is None, "it was closed"
    assert studio.status.channels["op-1"].showing is None
    assert live_parts(studio) == 0


async def test_a_plan_can_put_the_slate_in_place_of_the_picture(studio: Studio) -> None:
    studio.apply(plan(channel(slate=True)))
    feed_of(studio).begin()
    await go_on(studio, 0.6, "h.endo")
    assert live_parts(studio) == 0
    studio.apply(plan(channel(), version=2))
    await go_on(studio, 0.8, "h.endo")
    assert live_parts(studio) > 0


# --- A plan that fails halfway ------------------------------------------------------------------------


async def test_a_new_sound_feed_of_a_stopped_channel_keeps_no_other_from_stopping(studio: Studio) -> None:
    first, second = channel("op-1", "stopped", "a.endo"), channel("op-2", "live", "b.endo")
    studio.apply(plan(first, second))
    mic = FeedPlan(key="mic", door="a.mic", title="Microphone")
    changed = first.model_copy(update={"feeds": (*first.feeds, mic), "sound": "mic"})
    write(studio, plan(changed, second.model_copy(update={"state": "stopped"}), version=2))
    studio.reload()
    assert studio.channels["op-2"].state is ChannelState.STOPPED
    assert "a.mic" in studio.feeds
    assert (studio.status.version, studio.plan_error) == (2, "")


async def test_one_channel_that_fails_keeps_nothing_else_back_and_is_tried_again(
    studio: Studio, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = channel("op-1", door="a.endo"), channel("op-2", door="b.endo")
    studio.apply(plan(first, second))
    follow = Broadcasting.follow

    def broken(self: Broadcasting, plan: object, **more: object) -> None:
        if self.plan.id == "op-1":
            raise KeyError("a.mic")
        follow(self, plan, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(Broadcasting, "follow", broken)
    monkeypatch.setattr(studio_module, "_AGAIN_S", 0.05)
    stopped = [one.model_copy(update={"state": "stopped"}) for one in (first, second)]
    write(studio, plan(*stopped, version=2, destroyed=("old-rec",)))
    await go_on(studio, 0.3)
    assert [one.state.value for one in studio.channels.values()] == ["stopped", "stopped"]
    assert studio._vault is not None
    assert studio._vault.keys.is_destroyed("old-rec")
    assert (studio.status.version, studio.plan_error) == (
        1,
        "The plan is followed in part; the rest is tried again: channel op-1 (KeyError).",
    )
    assert caplog.text.count("the plan is not followed: channel op-1") == 1
    monkeypatch.setattr(Broadcasting, "follow", follow)
    await go_on(studio, 0.2)
    assert (studio.status.version, studio.plan_error) == (2, "")


def no_space(*_values: object, **_options: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


async def test_on_a_full_disk_a_recording_is_destroyed_all_the_same(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    studio.apply(plan(channel()))
    await go_on(studio, 0.3)
    timeline = studio.channels["op-1"].timeline("endo")
    assert timeline is not None
    number = list(timeline.keys)[-1]
    assert studio.channels["op-1"].key(number) is not None
    studio.apply(plan(channel(state="ended"), version=2))
    key = studio.settings.keys / "op-1"
    assert key.exists()
    write_whole = keys.write_whole
    monkeypatch.setattr(keys, "write_whole", no_space)
    monkeypatch.setattr(studio_module, "_AGAIN_S", 0.05)
    write(studio, plan(version=3, destroyed=("op-1",)))
    studio.reload()
    assert "op-1" not in studio.channels
    assert studio.recording("op-1") is None
    assert not key.exists()
    assert (studio.status.version, "No space left" in studio.plan_error) == (2, True)
    monkeypatch.setattr(keys, "write_whole", write_whole)
    await go_on(studio, 0.2)
    assert (studio.settings.keys / "op-1.destroyed").exists()
    assert (studio.status.version, studio.plan_error) == (3, "")


async def test_whoever_was_barred_stays_so_while_an_ended_channel_drains(studio: Studio) -> None:
    """The studio was restarted meanwhile, so nothing of the channel runs."""
    studio.apply(plan(channel(state="ended", barred={"dana": NOON}), barred={"hall": {"erik": NOON}}))
    assert studio.barred("op-1") == {"dana": NOON}
    assert studio.barred("hall") == {"erik": NOON}
    assert studio.barred("other") == {}


# --- What was pressed ---------------------------------------------------------------------------------


async def test_when_the_stops_cannot_be_read_everything_is_stopped_until_somebody_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "studio").mkdir()
    (tmp_path / "studio" / "stops.json").write_text("{half")
    async with running(tmp_path, monkeypatch) as studio:
        studio.apply(plan(channel()))
        assert studio.channels["op-1"].state is ChannelState.STOPPED
        stop = studio.status.channels["op-1"].stop
        assert stop is not None
        studio.apply(plan(channel(stop_known=stop.at), channel("op-2"), version=2))
        assert [one.state.value for one in studio.channels.values()] == ["live", "live"]
        await asyncio.gather(*studio._saving)


# --- The clock ----------------------------------------------------------------------------------------


async def test_when_the_clock_is_set_nothing_that_waits_comes_out(
    studio: Studio, monkeypatch: pytest.MonkeyPatch
) -> None:
    studio.apply(plan(channel(delay_s=30)))
    feed = feed_of(studio)
    feed.begin()
    await go_on(studio, 0.5, "h.endo")

    class Set(datetime):
        @classmethod
        def now(cls, tz: object = None) -> datetime:  # type: ignore[override]
            return datetime.now(UTC) + timedelta(seconds=29.8)

    monkeypatch.setattr(studio_module, "datetime", Set)
    await go_on(studio, 0.5)
    assert live_parts(studio) == 0
    assert feed.closed, "encoders come back, and are dated by the clock as it is now"
    assert feed_of(studio) is not feed
    assert feed_of(studio).outlets[Kind.VIDEO].watched
