from datetime import datetime

import pytest

from konsilium.broadcast.actions import prepare_feed
from tests.factories.theatre import Scene, make_scene


@pytest.fixture
def scene(transactional_db: None, now: datetime) -> Scene:
    """An operation in a theatre with two feeds, and everybody who may be near it; commits are real."""
    scene = make_scene(now)
    for position, key in enumerate(("endoscope", "overview")):
        prepare_feed(
            hall=scene.operation.slot.hall,
            key=key,
            title={"en": key.title()},
            position=position,
            carries_sound=not position,
        )
    return scene
