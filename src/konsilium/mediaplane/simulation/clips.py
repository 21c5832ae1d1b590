"""The drawn scenes as clips in the data directory, made once."""

import os
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import IO

from konsilium.mediaplane.encoder.tools import guard
from konsilium.mediaplane.simulation.scene import LENGTH_S

#: Goes up when the scenes change, so that kept clips are made again.
_EDITION = 2
_MODULE = "konsilium.mediaplane.simulation.render"


class SceneError(Exception):
    """A scene could not be drawn; the text says why."""


#: By what a feed's key says.
_WORDS = {"overview": "overview", "room": "overview", "ultrasound": "ultrasound", "monitor": "monitor"}


def scene_of(feed: str) -> str:
    """Which scene a feed shows; of what is not drawn otherwise, the inside view."""
    return next((scene for word, scene in _WORDS.items() if word in feed), "endoscope")


def clip_path(data_dir: Path, scene: str) -> Path:
    return data_dir / "simulation" / f"{scene}-{_EDITION}.mp4"


def prepare_scenes(
    data_dir: Path, feeds: Sequence[str], progress: Callable[[float], None] = lambda _: None
) -> dict[str, Path]:
    """Clips by feed key. Draws what is missing, all scenes at once; `progress` gets a share from 0 to 1."""
    scenes = {feed: scene_of(feed) for feed in feeds}
    clips = {scene: clip_path(data_dir, scene) for scene in sorted(set(scenes.values()))}
    missing = {scene: path for scene, path in clips.items() if not path.exists()}
    if missing:
        _draw(missing, progress)
    progress(1.0)
    return {feed: clips[scene] for feed, scene in scenes.items()}


def _draw(missing: dict[str, Path], progress: Callable[[float], None]) -> None:
    done = dict.fromkeys(missing, 0)
    lock = threading.Lock()

    def follow(scene: str, output: IO[str]) -> None:
        for line in output:
            with lock:
                done[scene] = int(line)
                # Coding the sound and joining takes the last bit.
                progress(sum(done.values()) / (len(done) * LENGTH_S) * 0.97)

    running: list[tuple[str, subprocess.Popen[str], threading.Thread, IO[str]]] = []
    try:
        for scene, path in missing.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            complaints: IO[str] = tempfile.TemporaryFile("w+", encoding="utf-8")  # noqa: SIM115 - outlives this block
            child = subprocess.Popen(
                [*guard(), sys.executable, "-m", _MODULE, scene, str(path)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=complaints,
                text=True,
                env=os.environ | {"PYTHONPATH": os.pathsep.join(entry for entry in sys.path if entry)},
            )
            if child.stdout is None:
                raise SceneError("the drawing process has no output")
            follower = threading.Thread(target=follow, args=(scene, child.stdout), daemon=True)
            follower.start()
            running.append((scene, child, follower, complaints))
        for scene, child, follower, complaints in running:
            follower.join()
            if child.wait() != 0:
                raise SceneError(f"The scene {scene!r} could not be drawn: {_last_line(complaints)}")
    finally:
        for _, child, _, complaints in running:
            child.kill()
            child.wait()
            if child.stdout is not None:
                child.stdout.close()
            complaints.close()


def _last_line(complaints: IO[str]) -> str:
    complaints.seek(0)
    lines = [line.strip() for line in complaints if line.strip()]
    return lines[-1] if lines else "no reason was given"
