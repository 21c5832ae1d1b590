"""The simulated theatre of the demo and the tests: drawn, moving scenes with sound, plainly no real patient."""

from konsilium.mediaplane.simulation.clips import SceneError, prepare_scenes
from konsilium.mediaplane.simulation.sender import Sender, Simulator, senders_of

__all__ = ["SceneError", "Sender", "Simulator", "prepare_scenes", "senders_of"]
