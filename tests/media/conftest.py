import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest
import uvloop

from konsilium.mediaplane.encoder.slate import prepare_slates
from tests.media.clips import clip
from tests.media.theatre import KEPT_SLATES

Clip = Callable[[str], Path]


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The servers' own event loop: its pipes and children are not asyncio's."""
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture(scope="session", autouse=True)
def _slates(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("slates")
    prepare_slates(folder)
    KEPT_SLATES.append(folder)


@pytest.fixture(scope="session")
def clip_of(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    """Clips are shared by all workers of a run."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if base.name.startswith("popen-") else base) / "clips"
    folder.mkdir(exist_ok=True)
    return lambda name: clip(folder, name)
