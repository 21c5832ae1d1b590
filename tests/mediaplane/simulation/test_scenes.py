"""The drawn scenes: they move, they close their loop, they say that they are simulated."""

import array
from pathlib import Path

import pytest
from PIL import Image, ImageChops, ImageStat

from konsilium.mediaplane.plan import Plan
from konsilium.mediaplane.simulation import Sender, senders_of, sound
from konsilium.mediaplane.simulation.clips import clip_path, scene_of
from konsilium.mediaplane.simulation.render import SCENES
from konsilium.mediaplane.simulation.scene import LENGTH_S, mark


def difference(first: Image.Image, second: Image.Image) -> float:
    return sum(ImageStat.Stat(ImageChops.difference(first, second)).mean)


@pytest.mark.parametrize("name", sorted(SCENES))
def test_a_scene_moves_and_closes_its_loop(name: str) -> None:
    film = SCENES[name]
    scene, frames = film.scene(), film.fps * LENGTH_S
    first, second, later, last = (scene.frame(at / frames) for at in (0, 1, frames // 3, frames - 1))
    assert first.size == film.size
    assert first.mode == "RGB"
    step = difference(first, second)
    assert step > 0
    assert difference(first, later) > step
    assert difference(last, first) < 2 * step + 0.05, "the seam is no larger than any other step"


@pytest.mark.parametrize("name", sorted(SCENES))
def test_a_scene_is_marked_as_simulated(name: str) -> None:
    sign = mark()
    ground = SCENES[name].scene().frame(0.1).crop((24, 22, 24 + sign.width, 22 + sign.height))
    bright = ground.convert("L").point(lambda value: 255 if value > 200 else 0)
    share = ImageStat.Stat(bright).mean[0] / 255
    assert 0.05 < share < 0.4, "light letters on a dark ground"


def test_the_sound_is_as_long_as_the_picture_and_has_no_seam() -> None:
    samples = array.array("h", sound.loop())
    assert len(samples) == LENGTH_S * sound.RATE
    assert 2000 < max(samples) < 16000, "audible, never startling"
    assert abs(samples[0] - samples[-1]) < 900


@pytest.mark.parametrize(
    ("feed", "scene"),
    [
        ("endoscope", "endoscope"),
        ("overview", "overview"),
        ("room", "overview"),
        ("ultrasound", "ultrasound"),
        ("monitor-2", "monitor"),
        ("microscope", "endoscope"),
    ],
)
def test_each_feed_shows_one_of_the_scenes(feed: str, scene: str) -> None:
    assert scene_of(feed) == scene
    assert scene in SCENES


def test_a_new_edition_is_another_file(tmp_path: Path) -> None:
    assert clip_path(tmp_path, "endoscope").parent == tmp_path / "simulation"
    assert clip_path(tmp_path, "endoscope") != clip_path(tmp_path, "overview")


def test_senders_go_to_the_stand_in_doors_only() -> None:
    plan = Plan.model_validate(
        {
            "version": 1,
            "doors": [
                {"id": "theatre-1.endoscope", "port": 1, "passphrase": "0123456789", "stand_in_port": 2},
                {"id": "theatre-2.overview", "port": 3, "passphrase": "0123456789"},
            ],
        }
    )
    assert senders_of(plan) == (Sender("endoscope", 2, "0123456789", 120),)
    assert "0123456789" not in repr(senders_of(plan))
