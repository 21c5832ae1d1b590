from collections.abc import Iterator
from datetime import datetime

import pytest

from konsilium.foundation import clock
from tests.factories.rooms import Server, running_server
from tests.factories.theatre import Scene, make_scene


@pytest.fixture
def scene(db: None, now: datetime) -> Scene:
    return make_scene(now)


@pytest.fixture
def live_scene(transactional_db: None) -> Scene:
    """A scene that other processes see, at the present moment."""
    return make_scene(clock.now())


@pytest.fixture(scope="session")
def _shared_server(django_db_setup: None) -> Iterator[Server]:
    with running_server() as server:
        yield server


@pytest.fixture(scope="session")
def _second_shared_server(django_db_setup: None) -> Iterator[Server]:
    with running_server() as server:
        yield server


@pytest.fixture
def server(live_scene: Scene, _shared_server: Server) -> Server:
    """A server that other tests use too: it takes seconds to start."""
    return _shared_server


@pytest.fixture
def second_server(live_scene: Scene, _second_shared_server: Server) -> Server:
    return _second_shared_server


@pytest.fixture
def own_server(live_scene: Scene) -> Iterator[Server]:
    """A server for a test that stops or kills it."""
    with running_server() as server:
        yield server
