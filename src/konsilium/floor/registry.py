"""What the floor asks of the layers above: what is going on in this kind of room."""

from collections.abc import Callable
from uuid import UUID

from konsilium.floor.decisions import Stage

#: May be granted by a subject's resolver.
ASK = "ask"
MODERATE = "moderate"
RELAY = "relay"

#: The audience of those who choose questions.
MODERATORS = "moderators"

StageOf = Callable[[UUID], Stage]

_stages: dict[str, StageOf] = {}


def register_stage(kind: str, stage_of: StageOf) -> None:
    """Say what is going on in rooms of this kind; called with the subject's id under the room's lock."""
    if kind in _stages:
        raise ValueError(f"the stage of {kind} is registered already")
    _stages[kind] = stage_of


def stage_of(subject: str) -> Stage:
    kind, _, subject_id = subject.partition(":")
    return _stages[kind](UUID(subject_id)) if kind in _stages else Stage()
