"""`snapshot + events == fresh snapshot`, for every command and every kind of viewer.

The lists of commands and of events come from the registry: a new one without a proof fails here.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import cast

import pytest

from konsilium.broadcast.actions import prepare_feed, report_signal
from konsilium.broadcast.models import Recording
from konsilium.floor.models import Question
from konsilium.foundation.errors import Forbidden, KonsiliumError
from konsilium.mediaplane.status import DoorStatus
from konsilium.rooms import registry
from konsilium.rooms.decisions import JSON, reduce
from konsilium.rooms.models import Event
from konsilium.rooms.queries import events_after
from tests.factories.broadcast import make_recording
from tests.factories.theatre import READERS, REFUSED, Scene

pytestmark = pytest.mark.integration


@dataclass(frozen=True)
class Following:
    """A reader with the state they have, who follows the log from there."""

    scene: Scene
    who: str
    version: int
    state: Mapping[str, object]

    @classmethod
    def begin(cls, scene: Scene, who: str) -> "Following":
        start = scene.snapshot(who)
        return cls(scene, who, cast("int", start["version"]), cast("JSON", start["state"]))

    def events(self) -> list[Event]:
        return events_after(self.scene.room.pk, self.version)

    def after_events(self) -> Mapping[str, object]:
        viewer = self.scene.viewer(self.who)
        state = self.state
        for event in self.events():
            if viewer.sees(event.audience):
                state = reduce(state, registry.events[event.type].effect, event.data)
        return state


def follow(scene: Scene, act: Callable[[], object]) -> set[str]:
    """Do something while everybody follows; compare for each of them, and name the events there were."""
    followers = [Following.begin(scene, who) for who in READERS]
    act()
    events = followers[0].events()
    assert [event.version for event in events] == list(
        range(followers[0].version + 1, followers[0].version + 1 + len(events))
    )
    for follower in followers:
        assert follower.after_events() == scene.state(follower.who), follower.who
    return {event.type for event in events}


Proof = Callable[[Scene], set[str]]


def _plain(name: str, *, by: str, before: Callable[[Scene], object] = lambda _: None) -> Proof:
    def proof(scene: Scene) -> set[str]:
        before(scene)
        return follow(scene, lambda: scene.do(by, name))

    return proof


def _on_question(
    name: str, *, by: str, before: Callable[[Scene], str] = lambda scene: scene.ask(), **data: object
) -> Proof:
    def proof(scene: Scene) -> set[str]:
        question = before(scene)
        return follow(scene, lambda: scene.do(by, name, id=question, **data))

    return proof


def _answering(scene: Scene) -> str:
    question = scene.chosen()
    scene.do("spokesperson", "question.answer", id=question)
    return question


def _dismissed(scene: Scene) -> str:
    question = scene.ask()
    scene.do("moderator", "question.dismiss", id=question)
    return question


def _open(scene: Scene) -> None:
    scene.do("director", "operation.open")


def _stopped(scene: Scene) -> None:
    _open(scene)
    scene.do("advocate", "operation.stop")


def _with_feeds(scene: Scene) -> None:
    for position, key in enumerate(("endoscope", "overview")):
        prepare_feed(hall=scene.operation.slot.hall, key=key, title={"en": key}, position=position)


def _on_air_with_feeds(scene: Scene) -> None:
    _with_feeds(scene)
    _open(scene)


def _of_director(
    name: str, *, before: Callable[[Scene], object] = _on_air_with_feeds, **data: object
) -> Proof:
    def proof(scene: Scene) -> set[str]:
        before(scene)
        return follow(scene, lambda: scene.do("director", name, **data))

    return proof


def _prove_showing(scene: Scene) -> set[str]:
    _on_air_with_feeds(scene)
    film = make_recording(scene.operation.slot.congress, scene.now)
    return follow(scene, lambda: scene.do("organiser", "channel.show_recording", recording=str(film.pk)))


def _showing(scene: Scene) -> None:
    _prove_showing(scene)


def _closed(scene: Scene) -> None:
    _on_air_with_feeds(scene)
    scene.do("director", "feed.close", feed="overview")


def _prove_move(scene: Scene) -> set[str]:
    first, _second, third = (scene.chosen(text=f"Question {number}?") for number in range(3))
    return follow(scene, lambda: scene.do("moderator", "question.move", id=third, before=first))


def _prove_answer_of_next(scene: Scene) -> set[str]:
    _answering(scene)
    following = scene.chosen("colleague", "And the lymph nodes?")
    return follow(scene, lambda: scene.do("surgeon", "question.answer", id=following))


@dataclass(frozen=True)
class Case:
    """A command in one situation, and the events it must bring about."""

    command: str
    proof: Proof
    events: frozenset[str]


def _case(command: str, proof: Proof, *events: str) -> Case:
    return Case(command, proof, frozenset(events))


def _edit(**arguments: object) -> Proof:
    return _on_question("question.edit", text="Is it clipped?", revision=1, **arguments)  # type: ignore[arg-type]


CASES = [
    _case("question.ask", lambda scene: follow(scene, scene.ask), "question.asked"),
    _case(
        "question.ask",
        lambda scene: follow(scene, lambda: scene.ask("surgeon", "Can you see the hilum?")),
        "question.asked",
    ),
    _case("question.edit", _edit(by="moderator"), "question.edited", "question.original"),
    _case(
        "question.edit", _edit(by="organiser", before=Scene.chosen), "question.edited", "question.original"
    ),
    _case("question.approve", _on_question("question.approve", by="moderator"), "question.approved"),
    _case(
        "question.unapprove",
        _on_question("question.unapprove", by="moderator", before=Scene.chosen),
        "question.hidden",
        "question.unapproved",
    ),
    _case("question.dismiss", _on_question("question.dismiss", by="moderator"), "question.dismissed"),
    _case(
        "question.dismiss",
        _on_question("question.dismiss", by="moderator", before=Scene.chosen),
        "question.hidden",
        "question.dismissed",
    ),
    _case(
        "question.restore",
        _on_question("question.restore", by="moderator", before=_dismissed),
        "question.restored",
    ),
    _case("question.move", _prove_move, "question.moved"),
    _case(
        "question.answer",
        _on_question("question.answer", by="spokesperson", before=Scene.chosen),
        "question.answering",
    ),
    _case("question.answer", _prove_answer_of_next, "question.answered", "question.answering"),
    _case(
        "question.defer", _on_question("question.defer", by="surgeon", before=_answering), "question.deferred"
    ),
    _case(
        "question.defer",
        _on_question("question.defer", by="spokesperson", before=Scene.chosen),
        "question.deferred",
    ),
    _case(
        "question.finish",
        _on_question("question.finish", by="moderator", before=_answering),
        "question.answered",
    ),
    _case("operation.open", _plain("operation.open", by="director"), "operation.opened", "channel.changed"),
    _case(
        "operation.stop",
        _plain("operation.stop", by="anaesthetist", before=_open),
        "operation.stopped",
        "channel.changed",
    ),
    _case("operation.stop", _plain("operation.stop", by="advocate")),
    _case(
        "operation.resume",
        _plain("operation.resume", by="organiser", before=_stopped),
        "operation.resumed",
        "channel.changed",
    ),
    _case(
        "operation.end",
        _plain("operation.end", by="moderator", before=_stopped),
        "operation.ended",
        "channel.changed",
    ),
    _case("quiet.set", _plain("quiet.set", by="surgeon"), "quiet.set"),
    _case(
        "quiet.clear",
        _plain("quiet.clear", by="spokesperson", before=lambda scene: scene.do("surgeon", "quiet.set")),
        "quiet.cleared",
    ),
    _case(
        "board.show",
        _on_question("board.show", by="spokesperson", before=Scene.chosen),
        "board.shown",
    ),
    _case("board.show", _on_question("board.show", by="moderator", before=_answering), "board.shown"),
    _case("channel.delay", _of_director("channel.delay", seconds=20), "channel.changed"),
    _case("channel.slate", _of_director("channel.slate", on=True), "channel.changed"),
    _case(
        "channel.delay",
        _of_director("channel.delay", before=_with_feeds, seconds=5),
        "channel.changed",
        "signal.changed",
    ),
    _case("channel.programme", _of_director("channel.programme", feed="overview"), "channel.changed"),
    _case("channel.show_recording", _prove_showing, "channel.changed"),
    _case("channel.show_live", _of_director("channel.show_live", before=_showing), "channel.changed"),
    _case("feed.close", _of_director("feed.close", feed="overview"), "signal.changed"),
    _case("feed.open", _of_director("feed.open", before=_closed, feed="overview"), "signal.changed"),
]


def _prove_signal(scene: Scene) -> set[str]:
    feed = prepare_feed(
        hall=scene.operation.slot.hall, key="endoscope", title={"en": "Endoscope"}, position=0
    )
    _open(scene)
    scene.operation.refresh_from_db()
    channel = scene.operation.channel
    assert channel is not None
    status = DoorStatus(signal="live", source="encoder", since=scene.now)
    return follow(scene, lambda: report_signal(channel=channel, feed=feed, status=status, now=scene.now))


#: Events that no command brings about.
OTHERS = {"signal.changed"}


def test_every_command_and_every_event_has_a_proof() -> None:
    assert {case.command for case in CASES} == set(registry.commands)
    assert frozenset().union(*(case.events for case in CASES)) | OTHERS == set(registry.events)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.command)
def test_snapshot_and_events_make_a_fresh_snapshot(scene: Scene, case: Case) -> None:
    assert case.proof(scene) == case.events


def test_a_signal_reaches_everybody(scene: Scene) -> None:
    assert _prove_signal(scene) == OTHERS


@pytest.mark.parametrize("who", REFUSED)
def test_the_unverified_and_strangers_get_no_snapshot(scene: Scene, who: str) -> None:
    with pytest.raises(Forbidden):
        scene.viewer(who)


TEXTS = ["Is it clipped?", "What of the nerve?", "Which stapler?", "Why not open?", "Frozen section?"]


def _anything(scene: Scene, able: Mapping[str, list[str]], chance: random.Random) -> None:
    """Somebody does something, allowed or not."""
    known = [str(key) for key in Question.objects.values_list("pk", flat=True)]
    question = chance.choice([*known, str(scene.room.pk)])
    other = chance.choice([*known, None])
    films = [str(key) for key in Recording.objects.filter(kind="upload").values_list("pk", flat=True)]
    payloads: dict[str, JSON] = {
        "question.ask": {"text": chance.choice(TEXTS) + "!" * chance.randint(0, 3)},
        "question.edit": {"id": question, "text": chance.choice(TEXTS), "revision": chance.randint(1, 2)},
        "question.move": {"id": question, "before": other},
        "board.show": {"id": other},
        "channel.delay": {"seconds": chance.randint(0, 60)},
        "channel.slate": {"on": chance.random() < 0.5},
        "channel.programme": {"feed": chance.choice(["endoscope", "overview", "none", None])},
        "channel.show_recording": {"recording": chance.choice([*films, str(scene.room.pk)])},
        "feed.open": {"feed": chance.choice(["endoscope", "overview", "none"])},
        "feed.close": {"feed": chance.choice(["endoscope", "overview", "none"])},
    }
    questions = [name for name in registry.commands if name.startswith("question.")] * 3
    others = [name for name in registry.commands if name not in {"operation.end", *questions}]
    name = chance.choice([*questions, *others])
    default: JSON = {"id": question} if name.startswith("question.") else {}
    who = chance.choice(able[name] if chance.random() < 0.8 else READERS)
    scene.now += timedelta(seconds=chance.randint(0, 200))
    try:
        scene.command(who, name, **payloads.get(name, default))
    except KonsiliumError:
        return


@pytest.mark.parametrize("seed", range(2))
def test_whatever_is_done_events_and_snapshot_agree(scene: Scene, seed: int) -> None:
    chance = random.Random(seed)
    viewers = {who: scene.viewer(who) for who in READERS}
    able = {
        name: [who for who, viewer in viewers.items() if command.allowed(viewer)]
        for name, command in registry.commands.items()
    }
    _with_feeds(scene)
    make_recording(scene.operation.slot.congress, scene.now)
    for _ in range(3):
        follow(scene, lambda: [_anything(scene, able, chance) for _ in range(50)])
    kinds = set(Event.objects.filter(room=scene.room).values_list("type", flat=True))
    assert len(kinds) > 12, "the walk should meet most of what can happen"
