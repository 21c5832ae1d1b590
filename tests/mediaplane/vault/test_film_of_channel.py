"""A film of what a real channel recorded: slate before and after, a stop, a lost signal, a restart in between."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from konsilium.mediaplane.cmaf import Fragment, Init
from konsilium.mediaplane.encoder.slate import Slates, prepare_slates
from konsilium.mediaplane.hls import Angle, Channel, Limits
from konsilium.mediaplane.hls.offer import Offer
from konsilium.mediaplane.vault import Vault
from tests.mediaplane.vault.kept import NOON
from tests.mediaplane.vault.shot import Seen, look, picture, sound

pytestmark = [pytest.mark.media, pytest.mark.integration]

CHANNEL = "operation-1"
OFFER = Offer((Angle("endoscope", "Endoscope"),))


class Theatre:
    """An encoder in real time on a clock that is moved by hand."""

    def __init__(self, vault: Vault, slates: Slates, folder: Path) -> None:
        self.now = NOON
        self._vault = vault
        self._slates = slates
        self._sources = {
            "endoscope": picture(folder, 30, "-g", "25", "-bf", "2"),
            "sound": sound(folder, 30),
        }
        self._sending: dict[str, tuple[Init, Iterator[Fragment], Fragment, timedelta]] = {}
        self.start()

    def start(self) -> None:
        self.channel = Channel(
            angles=OFFER.angles,
            slate=self._slates.lost,
            stopped=self._slates.stopped,
            silence=self._slates.silence,
            limits=Limits(),
            now=self.now,
            cipher=self._vault.cipher(CHANNEL),
            shelves={key: self._vault.shelf(CHANNEL, key, kind) for key, kind in OFFER.kinds.items()},
        )

    def connect(self) -> None:
        for key, (init, fragments) in self._sources.items():
            self.channel.lines[key].open_period(replace(init, frame_rate=25.0), at=self.now)
            coming = iter(fragments)
            first = next(coming)
            base = self.now - NOON - timedelta(seconds=first.decode_time / first.timescale)
            self._sending[key] = (init, coming, first, base)

    def disconnect(self) -> None:
        self._sending.clear()
        for key in self._sources:
            self.channel.lines[key].close_period(at=self.now)

    def run(self, seconds: float) -> None:
        until = self.now + timedelta(seconds=seconds)
        while self.now < until:
            self.now += timedelta(milliseconds=100)
            for key in list(self._sending):
                self._send(key)
            self.channel.tick(self.now)

    def _send(self, key: str) -> None:
        init, coming, fragment, base = self._sending[key]
        while True:
            over = (fragment.decode_time + fragment.duration) / fragment.timescale
            if NOON + base + timedelta(seconds=over) > self.now:
                break
            self.channel.lines[key].add_fragment(fragment)
            fragment = next(coming)
        self._sending[key] = (init, coming, fragment, base)


@pytest.fixture(scope="module")
def slates(tmp_path_factory: pytest.TempPathFactory) -> Slates:
    return prepare_slates(tmp_path_factory.mktemp("slates"))


def film_of(vault: Vault, path: Path) -> tuple[Seen, float]:
    recorded = vault.recording(CHANNEL)
    assert recorded is not None
    film = recorded.film("endoscope", None, None)
    assert film is not None

    async def read() -> bytes:
        return b"".join([data async for data in film.chunks(0, film.size)])

    data = asyncio.run(read())
    assert len(data) == film.size
    path.write_bytes(data)
    return look(path), film.duration_s


def in_step(seen: Seen) -> None:
    """Where the picture flashes it beeps within a frame, or not at all: cut off at the very moment."""
    assert seen.complaints == []
    apart = [min(abs(flash - beep) for beep in seen.beeps) for flash in seen.flashes]
    heard = [one for one in apart if one < 0.5]
    assert len(heard) >= len(apart) - 2
    assert max(heard) <= 0.045, list(zip(seen.flashes, apart, strict=True))


def test_lost_stopped_and_resumed(tmp_path: Path, slates: Slates) -> None:
    vault = Vault(tmp_path / "vault")
    theatre = Theatre(vault, slates, tmp_path)
    theatre.run(3)
    theatre.connect()
    theatre.run(7)
    theatre.disconnect()
    theatre.run(5)
    theatre.connect()
    theatre.run(5)
    withheld = theatre.channel.stop(theatre.now)
    for one in withheld:
        vault.seal(CHANNEL, one)
    theatre.run(4)
    theatre.channel.resume(theatre.now)
    theatre.run(5)
    theatre.channel.end()
    theatre.run(1)
    vault.finish(CHANNEL)
    assert vault.drain()
    seen, duration = film_of(vault, tmp_path / "film.mp4")
    in_step(seen)
    # The slate that every channel begins with is in it, too.
    assert duration == pytest.approx(3 + 7 + 5 + 5 + 4 + 5 + 14, abs=1.5)
    assert len(seen.flashes) >= 12
    vault.shut()


def test_a_restart_and_a_night_in_between(tmp_path: Path, slates: Slates) -> None:
    vault = Vault(tmp_path / "vault")
    theatre = Theatre(vault, slates, tmp_path)
    theatre.connect()
    theatre.run(8)
    assert vault.drain()
    # Killed, and back after eight hours: nobody wants to download a night of slate.
    vault = Vault(tmp_path / "vault")
    theatre._vault = vault
    theatre._sending.clear()
    theatre.now += timedelta(hours=8)
    theatre.start()
    theatre.run(1)
    theatre.connect()
    theatre.run(8)
    theatre.channel.end()
    theatre.run(1)
    vault.finish(CHANNEL)
    assert vault.drain()
    seen, duration = film_of(vault, tmp_path / "film.mp4")
    in_step(seen)
    assert duration < 60
    assert len(seen.flashes) >= 12
    recorded = vault.recording(CHANNEL)
    assert recorded is not None
    assert recorded.playlist("endoscope", None, None).count("#EXT-X-DISCONTINUITY\n") == 1
    assert recorded.playlist("sound", None, None).count("#EXT-X-DISCONTINUITY\n") == 1
    vault.shut()
