"""Films for download, decoded by ffmpeg: whole, without a complaint, picture and sound together."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from konsilium.mediaplane.vault import Film, Recorded, Vault
from tests.mediaplane.vault.kept import NOON
from tests.mediaplane.vault.shot import Seen, from_zero, look, picture, sound

pytestmark = pytest.mark.media

FILM = "film-1"


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    own = Vault(tmp_path / "vault")
    yield own
    own.shut()


async def saved(film: Film | None, path: Path) -> Path:
    assert film is not None
    data = await _all(film)
    assert len(data) == film.size
    await asyncio.to_thread(path.write_bytes, data)
    return path


def recorded(vault: Vault, channel: str = FILM) -> Recorded:
    found = vault.recording(channel)
    assert found is not None
    return found


def together(seen: Seen, count: int, *, frame_s: float = 0.04) -> None:
    """Flash and beep come within a frame of each other."""
    assert len(seen.flashes) == count
    for flash in seen.flashes:
        assert min(abs(flash - beep) for beep in seen.beeps) <= frame_s, (seen.flashes, seen.beeps)


@pytest.mark.parametrize(
    ("coding", "rate"),
    [
        (["-g", "25", "-bf", "0"], "25"),
        (["-g", "50", "-bf", "3"], "25"),
        (["-g", "60", "-bf", "2"], "30000/1001"),
    ],
)
async def test_picture_and_sound_are_together(
    vault: Vault, tmp_path: Path, coding: list[str], rate: str
) -> None:
    writer = vault.writer(FILM, began=NOON)
    init, fragments = picture(tmp_path, 8, *coding, rate=rate)
    writer.begin("film", replace(init, frame_rate=25.0))
    for fragment in from_zero(fragments):
        writer.add("film", fragment)
    heard, voices = sound(tmp_path, 8)
    writer.begin("sound", heard)
    # AAC begins with a frame that only prepares the decoder.
    for fragment in from_zero(voices):
        writer.add("sound", fragment)
    writer.finish()
    path = await saved(recorded(vault).film("film", None, None), tmp_path / "film.mp4")
    seen = look(path)
    assert seen.complaints == []
    assert len(seen.pictures) == sum(len(one.samples) for one in fragments)
    assert seen.pictures[0][0] <= 0.04
    together(seen, 8)


async def test_a_slate_in_the_middle(vault: Vault, tmp_path: Path) -> None:
    """Another size, another coding, parameter sets only in the initialisation section."""
    writer = vault.writer(FILM, began=NOON)
    first, shown = picture(tmp_path, 4, "-g", "50", "-bf", "2")
    slate, stands = picture(
        tmp_path, 3, "-g", "50", "-tune", "stillimage", "-bf", "0", size="640x360", rate="5"
    )
    end = 0
    for init, fragments in ((first, shown), (slate, stands), (first, shown)):
        writer.begin("film", replace(init, frame_rate=25.0))
        ticks = sum(one.duration for one in fragments)
        for fragment in from_zero(fragments, at=end * init.timescale // 90_000):
            writer.add("film", fragment)
        end += ticks * 90_000 // init.timescale
    heard, voices = sound(tmp_path, 11)
    writer.begin("sound", heard)
    for fragment in from_zero(voices):
        writer.add("sound", fragment)
    writer.finish()
    path = await saved(recorded(vault).film("film", None, None), tmp_path / "film.mp4")
    seen = look(path)
    assert seen.complaints == []
    assert len(seen.pictures) == 100 + 15 + 100
    together(seen, 11, frame_s=0.2)


async def test_a_clip_begins_at_a_key_frame(vault: Vault, tmp_path: Path) -> None:
    writer = vault.writer(FILM, began=NOON)
    init, fragments = picture(tmp_path, 10, "-g", "50", "-bf", "2")
    writer.begin("film", replace(init, frame_rate=25.0))
    for fragment in from_zero(fragments):
        writer.add("film", fragment)
    heard, voices = sound(tmp_path, 10)
    writer.begin("sound", heard)
    for fragment in from_zero(voices):
        writer.add("sound", fragment)
    writer.finish()
    film = recorded(vault).film("film", NOON + timedelta(seconds=3), NOON + timedelta(seconds=7))
    path = await saved(film, tmp_path / "clip.mp4")
    assert film is not None
    assert film.duration_s == 6
    seen = look(path)
    assert seen.complaints == []
    assert len(seen.pictures) == 150
    # The sound begins with the first whole chunk of it, up to a fifth of a second late.
    together(seen, 6, frame_s=0.2)
    assert seen.beeps[1:6] == pytest.approx(seen.flashes[1:], abs=0.04)
    # Jumping into it.
    later = look(path, "-ss", "4")
    assert 45 <= len(later.pictures) <= 55
    together(later, 2, frame_s=0.2)


async def test_any_range_is_the_same_bytes(vault: Vault, tmp_path: Path) -> None:
    writer = vault.writer(FILM, began=NOON)
    init, fragments = picture(tmp_path, 4, "-g", "25")
    writer.begin("film", replace(init, frame_rate=25.0))
    for fragment in from_zero(fragments):
        writer.add("film", fragment)
    writer.finish()
    film = recorded(vault).film("film", None, None)
    assert film is not None
    whole = (await saved(film, tmp_path / "film.mp4")).read_bytes()
    size = film.size
    for begin, end in (
        (0, 1),
        (10, 3000),
        (size - 1, size),
        (1234, size),
        (size // 2, size // 2 + 7),
        (5, 5),
    ):
        found = b"".join([data async for data in film.chunks(begin, end)])
        assert found == whole[begin:end]
    several = await asyncio.gather(*(_all(film) for _ in range(3)))
    assert set(several) == {whole}


async def _all(film: Film) -> bytes:
    return b"".join([data async for data in film.chunks(0, film.size)])


async def test_nothing_to_show(vault: Vault) -> None:
    writer = vault.writer(FILM, began=NOON)
    assert vault.recording(FILM) is None
    writer.abandon()
