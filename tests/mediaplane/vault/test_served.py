"""A recording through the real origin: played by ffmpeg, downloaded in ranges, and gone when it is destroyed."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from konsilium.mediaplane.origin.needs import Recorded
from konsilium.mediaplane.vault import Vault
from tests.mediaplane.origin.http import CHANNEL, Origin
from tests.mediaplane.origin.serving import served
from tests.mediaplane.vault.kept import NOON
from tests.mediaplane.vault.shot import from_zero, look, look_into, picture, sound

pytestmark = [pytest.mark.media, pytest.mark.integration]


class OnVault(Origin):
    """Nothing runs; whatever is asked for is in the vault."""

    def __init__(self, vault: Vault) -> None:
        super().__init__(now=NOON)
        self.vault = vault
        self.channels.clear()

    def recording(self, channel: str) -> Recorded | None:
        return self.vault.recording(channel)


@pytest.fixture
def origin(tmp_path: Path) -> Iterator[OnVault]:
    vault = Vault(tmp_path / "vault")
    writer = vault.writer(CHANNEL, began=NOON)
    init, fragments = picture(tmp_path, 8, "-g", "25", "-bf", "2")
    writer.begin("endoscope", replace(init, frame_rate=25.0))
    for fragment in from_zero(fragments):
        writer.add("endoscope", fragment)
    heard, voices = sound(tmp_path, 8)
    writer.begin("sound", heard)
    for fragment in from_zero(voices):
        writer.add("sound", fragment)
    writer.finish()
    yield OnVault(vault)
    vault.shut()


def test_ffmpeg_plays_a_recording(origin: OnVault, tmp_path: Path) -> None:
    headers = ("-headers", f"Authorization: Bearer {origin.grant()}\r\n", "-allowed_extensions", "ALL")
    with served(origin.app) as address:
        base = f"{address}/media/{CHANNEL}/master.m3u8"
        seen = look_into(base, tmp_path, *headers)
        clip = look_into(
            f"{base}?feed=endoscope&from=2026-11-22T12:00:02.000Z&to=2026-11-22T12:00:05.000Z",
            tmp_path,
            *headers,
        )
    assert len(seen.pictures) == 200
    assert len(seen.flashes) == 8
    assert len(seen.beeps) == 8
    assert len(clip.pictures) == 75


async def test_a_film_is_downloaded_in_pieces(origin: OnVault, tmp_path: Path) -> None:
    grant = origin.grant(acts=["download"])
    whole = await origin.ask(f"/media/{CHANNEL}/film.mp4", "feed=endoscope", grant=grant)
    assert whole.status == 200
    assert int(whole.headers["content-length"]) == len(whole.body)
    pieces = b""
    while len(pieces) < len(whole.body):
        span = f"bytes={len(pieces)}-{len(pieces) + 9_999}"
        answer = await origin.ask(
            f"/media/{CHANNEL}/film.mp4", "feed=endoscope", grant=grant, headers={"range": span}
        )
        assert answer.status == 206
        pieces += answer.body
    assert pieces == whole.body
    path = tmp_path / "film.mp4"
    path.write_bytes(pieces)
    seen = look(path)
    assert seen.complaints == []
    assert len(seen.pictures) == 200


async def test_nothing_is_answered_for_a_destroyed_recording(origin: OnVault) -> None:
    recorded = origin.vault.recording(CHANNEL)
    assert recorded is not None
    key = next(
        line.split('"')[1].removeprefix("../")
        for line in recorded.playlist("endoscope", None, None).splitlines()
        if "AES-128" in line
    )
    film = recorded.film("endoscope", None, None)
    assert film is not None
    paths = ["master.m3u8", "endoscope/video.m3u8", "sound/audio.m3u8", key, "film.mp4"]
    assert [await _status(origin, path) for path in paths] == [200] * 5
    origin.vault.destroy(CHANNEL)
    assert [await _status(origin, path) for path in paths] == [404] * 5
    # A download that was on its way breaks off.
    with pytest.raises(Exception, match="destroyed"):
        _ = [data async for data in film.chunks(0, film.size)]


async def _status(origin: OnVault, path: str) -> int:
    if path != "film.mp4":
        return (await origin.ask(f"/media/{CHANNEL}/{path}", grant=origin.grant())).status
    grant = origin.grant(acts=["download"])
    return (await origin.ask(f"/media/{CHANNEL}/{path}", "feed=endoscope", grant=grant)).status
