from collections.abc import Callable
from pathlib import Path

import pytest

from tests.media.clips import clip

Clip = Callable[[str], Path]


@pytest.fixture(scope="session")
def clip_of(tmp_path_factory: pytest.TempPathFactory) -> Clip:
    """Clips are shared by all workers of a run."""
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if base.name.startswith("popen-") else base) / "clips"
    folder.mkdir(exist_ok=True)
    return lambda name: clip(folder, name)
