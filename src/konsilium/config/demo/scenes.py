"""Drawing the simulated theatre beside the other steps: on a new machine they mostly wait for the network."""

import threading
from collections.abc import Callable
from pathlib import Path

from konsilium.mediaplane.simulation import SceneError, prepare_scenes

LOOK_EVERY = 0.5


class Drawing:
    """Begins at once; `finish` waits for the end and shows how far it is meanwhile."""

    def __init__(self, folder: Path, feeds: list[str]) -> None:
        self._share = 0.0
        self._error: SceneError | None = None
        self._thread = threading.Thread(target=self._draw, args=(folder, feeds), daemon=True)
        self._thread.start()

    def _draw(self, folder: Path, feeds: list[str]) -> None:
        try:
            prepare_scenes(folder, feeds, self._show)
        except SceneError as error:
            self._error = error

    def _show(self, share: float) -> None:
        self._share = share

    def finish(self, progress: Callable[[float], None]) -> None:
        """Raises `SceneError` if a scene could not be drawn."""
        while self._thread.is_alive():
            self._thread.join(LOOK_EVERY)
            progress(self._share)
        if self._error is not None:
            raise self._error
