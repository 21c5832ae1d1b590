from datetime import datetime

import pytest

from tests.factories.theatre import Scene, make_scene


@pytest.fixture
def scene(db: None, now: datetime) -> Scene:
    """An operation, planned and not yet on air, with everybody who may be near it."""
    return make_scene(now)
