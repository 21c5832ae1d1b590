"""A stop that was pressed at the media plane: the database may have been away."""

from datetime import datetime, timedelta

import pytest
from django.db import OperationalError

from konsilium.broadcast import actions, tasks
from konsilium.broadcast.models import Channel
from konsilium.broadcast.queries import studio_folder
from konsilium.foundation.models import AuditEntry
from konsilium.mediaplane.status import ChannelStatus, Status, StopStatus
from tests.factories.broadcast import planned
from tests.factories.theatre import Scene

pytestmark = pytest.mark.integration


def channel_of(scene: Scene) -> Channel:
    return Channel.objects.get(room=scene.room)


def press(scene: Scene, at: datetime, who: str = "advocate") -> None:
    """The media plane has stopped, and says so."""
    stop = StopStatus(at=at, person=str(scene.people[who].pk))
    channel = ChannelStatus(state="live", started=scene.now, stop=stop)
    status = Status(at=at, version=1, channels={str(channel_of(scene).pk): channel})
    studio_folder().mkdir(parents=True, exist_ok=True)
    (studio_folder() / "status.json").write_text(status.model_dump_json(), encoding="utf-8")


def test_it_becomes_the_stop_of_whoever_pressed(scene: Scene) -> None:
    scene.do("director", "operation.open")
    at = scene.now + timedelta(seconds=5)
    press(scene, at)
    assert tasks.follow_studio()
    assert scene.operation_now().state == "stopped"
    [plan] = planned().channels
    assert (plan.state, plan.stop_known) == ("stopped", at)
    assert AuditEntry.objects.get(action="operation.stopped").actor == scene.people["advocate"]


def test_it_is_followed_once(scene: Scene) -> None:
    scene.do("director", "operation.open")
    press(scene, scene.now + timedelta(seconds=5))
    tasks.follow_studio()
    scene.now += timedelta(seconds=10)
    scene.do("director", "operation.resume")
    tasks.follow_studio()
    assert scene.operation_now().state == "on_air"
    assert AuditEntry.objects.filter(action="channel.stop_pressed").count() == 1


def test_a_stop_of_nobody_holds_until_somebody_goes_on(scene: Scene) -> None:
    """The media plane could not read which stops it knew of, so it stopped everything."""
    scene.do("director", "operation.open")
    at = scene.now + timedelta(seconds=5)
    channel = ChannelStatus(state="stopped", started=scene.now, stop=StopStatus(at=at, person=""))
    status = Status(at=at, version=1, channels={str(channel_of(scene).pk): channel})
    (studio_folder() / "status.json").write_text(status.model_dump_json(), encoding="utf-8")
    assert tasks.follow_studio()
    assert scene.operation_now().state == "stopped"
    assert AuditEntry.objects.get(action="operation.stopped").actor is None
    scene.now += timedelta(seconds=30)
    scene.do("director", "operation.resume")
    [plan] = planned().channels
    assert (plan.state, plan.stop_known) == ("live", at)


def test_two_who_press_together_stop_once(scene: Scene) -> None:
    scene.do("director", "operation.open")
    at = scene.now + timedelta(seconds=5)
    scene.do("surgeon", "operation.stop")
    press(scene, at)
    tasks.follow_studio()
    assert scene.operation_now().state == "stopped"
    assert AuditEntry.objects.filter(action="operation.stopped").count() == 1
    # The media plane goes on only when this side has said that it knows of its stop.
    assert planned().channels[0].stop_known == at


def test_whoever_resumed_after_it_was_pressed_has_decided(scene: Scene) -> None:
    scene.do("director", "operation.open")
    at = scene.now + timedelta(seconds=5)
    scene.do("surgeon", "operation.stop")
    scene.now += timedelta(seconds=30)
    scene.do("director", "operation.resume")
    press(scene, at)
    tasks.follow_studio()
    assert scene.operation_now().state == "on_air"
    assert planned().channels[0].stop_known == at


def test_one_pressed_during_the_start_holds(scene: Scene) -> None:
    """The page held its stop grant before the channel was there: its id is the room's."""
    scene.do("director", "operation.open")
    assert channel_of(scene).pk == scene.room.pk
    press(scene, scene.now + timedelta(milliseconds=1))
    tasks.follow_studio()
    assert planned().channels[0].state == "stopped"


def test_a_clock_that_is_two_seconds_slow_stops_all_the_same(scene: Scene) -> None:
    """The media plane may have a clock of its own: in doubt the picture is gone."""
    scene.do("director", "operation.open")
    press(scene, scene.now - timedelta(seconds=2))
    tasks.follow_studio()
    assert scene.operation_now().state == "stopped"


def test_the_media_plane_is_told_since_when_the_channel_is_live(scene: Scene) -> None:
    """By this it knows a stop that comes too late."""
    scene.do("director", "operation.open")
    assert planned().channels[0].live_since == scene.now
    scene.now += timedelta(minutes=1)
    scene.do("anaesthetist", "operation.stop")
    assert planned().channels[0].state == "stopped"
    scene.now += timedelta(minutes=1)
    scene.do("director", "operation.resume")
    [plan] = planned().channels
    assert (plan.state, plan.live_since) == ("live", scene.now)


def test_while_the_database_is_away_it_waits_and_is_tried_again(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene.do("director", "operation.open")
    press(scene, scene.now + timedelta(seconds=5))
    away = pytest.MonkeyPatch()

    def gone(**_arguments: object) -> None:
        raise OperationalError("no way to the database")

    away.setattr(actions, "note_stop", gone)
    assert tasks.follow_studio() is False
    assert scene.operation_now().state == "on_air"
    away.undo()
    assert tasks.follow_studio()
    assert scene.operation_now().state == "stopped"


def test_a_status_of_another_installation_stops_nothing(scene: Scene) -> None:
    scene.do("director", "operation.open")
    stop = StopStatus(at=scene.now + timedelta(seconds=5), person="nobody we know")
    names = ("main", "0" * 32)
    status = Status(
        at=scene.now,
        version=1,
        channels={name: ChannelStatus(state="live", started=scene.now, stop=stop) for name in names},
    )
    (studio_folder() / "status.json").write_text(status.model_dump_json(), encoding="utf-8")
    assert tasks.follow_studio()
    assert scene.operation_now().state == "on_air"
