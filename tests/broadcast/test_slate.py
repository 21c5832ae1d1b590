"""A short break: the slate in place of the picture, by the director's hand."""

import pytest

from konsilium.broadcast import actions
from konsilium.broadcast.models import Channel
from konsilium.foundation.errors import Forbidden
from konsilium.foundation.models import AuditEntry
from tests.factories.broadcast import planned
from tests.factories.theatre import READERS, Scene

pytestmark = pytest.mark.integration


def told(scene: Scene, who: str = "delegate") -> object:
    channel = scene.state(who)["channel"]
    assert isinstance(channel, dict)
    return channel["slate"]


def test_everybody_is_told_and_the_media_plane_shows_it(scene: Scene) -> None:
    scene.do("director", "operation.open")
    assert (told(scene), planned().channels[0].slate) == (False, False)
    scene.do("director", "channel.slate", on=True)
    assert (told(scene), planned().channels[0].slate, planned().channels[0].state) == (True, True, "live")
    scene.do("organiser", "channel.slate", on=False)
    assert (told(scene), planned().channels[0].slate) == (False, False)
    lines = AuditEntry.objects.filter(action="channel.slate").order_by("number")
    assert [(line.actor, line.detail["on"]) for line in lines] == [
        (scene.people["director"], True),
        (scene.people["organiser"], False),
    ]


@pytest.mark.parametrize("who", [who for who in READERS if who not in {"director", "organiser"}])
def test_nobody_else_puts_it_up(scene: Scene, who: str) -> None:
    scene.do("director", "operation.open")
    with pytest.raises(Forbidden):
        scene.command(who, "channel.slate", on=True)
    assert told(scene) is False


def test_pressing_twice_is_once(scene: Scene) -> None:
    scene.do("director", "operation.open")
    for _ in range(2):
        scene.do("director", "channel.slate", on=True)
    assert AuditEntry.objects.filter(action="channel.slate").count() == 1


@pytest.mark.parametrize(
    ("before", "code"), [((), "channel_not_on_air"), (("open", "stop"), "channel_stopped")]
)
def test_it_stands_in_place_of_a_picture_that_is_on_air(
    scene: Scene, before: tuple[str, ...], code: str
) -> None:
    for act in before:
        scene.do("director", f"operation.{act}")
    answer = scene.command("director", "channel.slate", on=True)
    assert (answer.status, answer.body["code"]) == (409, code)


def test_a_stop_takes_its_place_and_going_on_means_the_picture(scene: Scene) -> None:
    scene.do("director", "operation.open")
    scene.do("director", "channel.slate", on=True)
    scene.do("advocate", "operation.stop")
    assert (told(scene), planned().channels[0].state) == (False, "stopped")
    scene.do("director", "operation.resume")
    assert (told(scene), planned().channels[0].slate) == (False, False)


def test_a_stop_pressed_at_the_media_plane_takes_its_place_too(scene: Scene) -> None:
    scene.do("director", "operation.open")
    scene.do("director", "channel.slate", on=True)
    actions.note_stop(channel=Channel.objects.get(), at=scene.now, person=None, now=scene.now)
    assert (told(scene), planned().channels[0].state) == (False, "stopped")


def test_what_is_over_has_no_slate(scene: Scene) -> None:
    scene.do("director", "operation.open")
    scene.do("director", "channel.slate", on=True)
    scene.do("director", "operation.end")
    assert told(scene) is False
