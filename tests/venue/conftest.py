from datetime import datetime

import pytest

from tests.factories.theatre import Scene, make_scene


@pytest.fixture
def scene(transactional_db: None, now: datetime) -> Scene:
    return make_scene(now)
