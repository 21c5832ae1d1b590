"""What a recording was shown on has it as well: nothing of it stays readable when a consent is withdrawn."""

import pytest

from konsilium.broadcast import actions
from konsilium.broadcast.decisions import RecordingState
from konsilium.broadcast.models import Channel, Recording, Shown
from konsilium.broadcast.queries import copies_of
from konsilium.foundation.models import AuditEntry
from tests.factories.broadcast import keep_recording, make_recording, make_room, make_theatre, planned
from tests.factories.theatre import Scene

pytestmark = pytest.mark.integration


def show(scene: Scene, film: Recording) -> None:
    scene.do("director", "operation.open")
    scene.do("director", "channel.show_recording", recording=str(film.pk))


def destroy(scene: Scene, recording: Recording, reason: actions.DestroyReason) -> None:
    actions.destroy_recording(
        recording=recording, reason=reason, actor=scene.people["organiser"], now=scene.now
    )


def states(*recordings: Recording) -> list[str]:
    return [Recording.objects.get(pk=one.pk).state for one in recordings]


def test_a_destroyed_recording_is_shown_no_longer_and_the_theatre_not_in_its_place(scene: Scene) -> None:
    film = make_recording(scene.operation.slot.congress, scene.now)
    show(scene, film)
    [plan] = planned().channels
    assert plan.showing is not None
    assert (plan.showing.recording, plan.showing.since) == (str(film.pk), scene.now)
    destroy(scene, film, actions.DestroyReason.REMOVED)
    assert scene.operation_now().state == "stopped"
    [plan] = planned().channels
    assert (plan.state, plan.showing and plan.showing.recording) == ("stopped", str(film.pk))
    assert AuditEntry.objects.get(action="operation.stopped").actor == scene.people["organiser"]
    # What was shown of it is in no patient's way: it was only not needed any more.
    assert Recording.objects.get(channel__room=scene.room).state == RecordingState.RECORDING


def test_the_plan_names_a_recording_that_cannot_be_shown(scene: Scene) -> None:
    film = make_recording(scene.operation.slot.congress, scene.now)
    show(scene, film)
    Recording.objects.filter(pk=film.pk).update(state=RecordingState.FAILED)
    actions.write_plan()
    [plan] = planned().channels
    assert plan.showing is not None
    assert plan.showing.recording == str(film.pk)


def test_a_withdrawn_consent_reaches_every_copy(scene: Scene) -> None:
    """A film was shown on one operation, and the recording of that on another one."""
    congress = scene.operation.slot.congress
    film, untouched = make_recording(congress, scene.now), make_recording(congress, scene.now)
    show(scene, film)
    first = keep_recording(scene)
    second_channel = actions.open_channel(
        hall=make_theatre(scene.now, key="theatre-9"),
        room=make_room(),
        actor=None,
        now=scene.now,
        showing=Recording.objects.get(pk=first.pk),
    )
    actions.end_channel(channel=second_channel, actor=None, now=scene.now)
    second = Recording.objects.get(channel=second_channel)
    assert copies_of(film) == [first, second]
    destroy(scene, film, actions.DestroyReason.CONSENT)
    assert states(film, first, second, untouched) == ["destroyed", "destroyed", "destroyed", "kept"]
    assert set(planned().destroyed) == {str(one.pk) for one in (film, first, second)}
    assert copies_of(film) == []
    details = [entry.detail for entry in AuditEntry.objects.filter(action="recording.destroyed")]
    assert [detail.get("of") for detail in details] == [None, str(film.pk), str(film.pk)]


def test_what_is_on_air_with_a_copy_stops_and_cannot_go_on(scene: Scene) -> None:
    film = make_recording(scene.operation.slot.congress, scene.now)
    show(scene, film)
    scene.do("director", "channel.show_live")
    destroy(scene, film, actions.DestroyReason.CONSENT)
    assert scene.operation_now().state == "stopped"
    assert (planned().channels, len(planned().destroyed)) == ((), 2)
    answer = scene.command("director", "operation.resume")
    assert (answer.status, answer.body["code"]) == (409, "recording_destroyed")
    scene.do("director", "operation.end")


def test_showing_it_twice_is_noted_once(scene: Scene) -> None:
    film = make_recording(scene.operation.slot.congress, scene.now)
    show(scene, film)
    scene.do("director", "channel.show_live")
    scene.do("director", "channel.show_recording", recording=str(film.pk))
    assert [(one.recording_id, one.channel_id) for one in Shown.objects.all()] == [
        (film.pk, Channel.objects.get().pk)
    ]
