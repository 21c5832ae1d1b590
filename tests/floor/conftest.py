from datetime import datetime

import pytest

from tests.factories.theatre import Scene, make_scene


@pytest.fixture
def scene(db: None, now: datetime) -> Scene:
    """An operation with everybody who may be near it: the floor of its room."""
    return make_scene(now)
