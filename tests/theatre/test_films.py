"""Operations that were recorded before: as-live runs at its slot as if live, in the same room."""

import pytest

from konsilium.broadcast.decisions import RecordingState
from konsilium.broadcast.models import Channel, Feed, Recording
from konsilium.programme.models import Slot, SlotKind
from konsilium.theatre.actions import attach_film, withdraw_consent
from tests.factories.broadcast import make_recording
from tests.factories.theatre import Scene

pytestmark = pytest.mark.integration


def recorded(scene: Scene, kind: SlotKind, state: RecordingState = RecordingState.KEPT) -> Recording:
    Slot.objects.filter(pk=scene.operation.slot_id).update(kind=kind)
    film = make_recording(scene.operation.slot.congress, scene.now, state=state)
    attach_film(operation=scene.operation, film=film, actor=scene.people["organiser"], now=scene.now)
    return film


@pytest.mark.parametrize("kind", [SlotKind.AS_LIVE, SlotKind.SEMI_LIVE])
def test_it_opens_with_its_recording_from_the_beginning(scene: Scene, kind: SlotKind) -> None:
    film = recorded(scene, kind)
    scene.do("director", "operation.open")
    channel = Channel.objects.get()
    assert (channel.showing, channel.showing_since) == (film, scene.now)
    # The hall has no camera: a closed feed is there to show the recording on.
    assert [(feed.key, feed.closed) for feed in Feed.objects.all()] == [("picture", True)]
    assert scene.ask("delegate")


def test_as_live_without_its_recording_does_not_show_the_theatre(scene: Scene) -> None:
    recorded(scene, SlotKind.AS_LIVE, RecordingState.CONVERTING)
    answer = scene.command("director", "operation.open")
    assert (answer.status, answer.body["code"]) == (409, "operation_without_film")
    assert not Channel.objects.exists()


def test_semi_live_without_a_recording_shows_the_surgeon(scene: Scene) -> None:
    Slot.objects.filter(pk=scene.operation.slot_id).update(kind=SlotKind.SEMI_LIVE)
    scene.do("director", "operation.open")
    assert Channel.objects.get().showing is None


def test_a_live_operation_has_its_recording_in_reserve(scene: Scene) -> None:
    film = recorded(scene, SlotKind.LIVE)
    scene.do("director", "operation.open")
    assert Channel.objects.get().showing is None
    scene.do("director", "channel.show_recording", recording=str(film.pk))
    assert Channel.objects.get().showing == film
    scene.do("director", "channel.show_live")
    assert Channel.objects.get().showing is None


def test_a_withdrawn_consent_takes_the_film_of_the_same_patient(scene: Scene) -> None:
    film = recorded(scene, SlotKind.AS_LIVE)
    scene.do("director", "operation.open")
    withdraw_consent(operation=scene.operation, actor=scene.people["organiser"], now=scene.now)
    assert set(Recording.objects.values_list("state", flat=True)) == {"destroyed"}
    assert film.pk in set(Recording.objects.values_list("pk", flat=True))


def test_the_film_beside_a_live_operation_is_another_patients(scene: Scene) -> None:
    film = recorded(scene, SlotKind.LIVE)
    scene.do("director", "operation.open")
    withdraw_consent(operation=scene.operation, actor=scene.people["organiser"], now=scene.now)
    film.refresh_from_db()
    assert film.state == RecordingState.KEPT
