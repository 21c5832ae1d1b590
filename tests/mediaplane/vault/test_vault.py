"""Shelves and recordings on a real disk."""

import asyncio
import stat
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from konsilium.mediaplane.cmaf import Fragment, Init, Kind
from konsilium.mediaplane.hls.withheld import Withheld
from konsilium.mediaplane.vault import Destroyed, SpaceLimits, Vault
from konsilium.mediaplane.vault.sealed import SealBroken, sealed_in, unseal
from konsilium.mediaplane.vault.shelf import TOO_FULL, TOO_SLOW
from tests.mediaplane.hls_factory import frame, init_of, init_section
from tests.mediaplane.vault.kept import CHANNEL, NOON, begin, pieces, record

pytestmark = pytest.mark.integration


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "vault"


@pytest.fixture
def vault(folder: Path) -> Iterator[Vault]:
    own = Vault(folder)
    yield own
    own.shut()


async def test_what_was_kept_is_read_again(vault: Vault) -> None:
    made = record(vault, 130)
    shelf = vault.shelf(CHANNEL, "endoscope", Kind.VIDEO)
    assert [await shelf.read(piece.kept.start) for piece in made] == [piece.data for piece in made]
    assert await shelf.read(made[0].kept.start + 1) is None
    volumes = sorted((vault.folder / CHANNEL / "endoscope").glob("*.vol"))
    assert [volume.stem for volume in volumes] == [str(made[number].kept.start) for number in (0, 60, 120)]


async def test_what_still_waits_for_the_disk_can_be_read(vault: Vault) -> None:
    shelf = vault.shelf(CHANNEL, "endoscope", Kind.VIDEO)
    begin(shelf)
    hold = threading.Event()
    vault._keeping.put(partial(_wait, hold))
    (piece,) = pieces(vault.cipher(CHANNEL), 1)
    shelf.keep(piece.kept, piece.data)
    assert await shelf.read(piece.kept.start) == piece.data
    hold.set()


def test_a_channel_that_begins_anew_finds_what_still_waits_for_the_disk(vault: Vault) -> None:
    made = record(vault, 5)
    hold = threading.Event()
    vault._keeping.put(partial(_wait, hold))
    shelf = vault.shelf(CHANNEL, "endoscope", Kind.VIDEO)
    (last,) = pieces(vault.cipher(CHANNEL), 1, first=5)
    shelf.keep(last.kept, last.data)
    assert list(shelf.past) == [piece.kept for piece in (*made, last)]
    hold.set()
    assert vault.drain()
    assert list(shelf.past) == [piece.kept for piece in (*made, last)]


def test_a_killed_run_is_continued(vault: Vault, folder: Path) -> None:
    """Nothing is closed, as after kill -9; a half line and half a segment lie at the ends."""
    made = record(vault, 70)
    place = folder / CHANNEL / "endoscope"
    with (place / "index").open("ab") as index:
        index.write(b"deadbeef S 1 2 3")
    with (place / f"{made[60].kept.start}.vol").open("ab") as volume:
        volume.write(b"half a segment")
    again = Vault(folder)
    shelf = again.shelf(CHANNEL, "endoscope", Kind.VIDEO)
    assert list(shelf.past) == [piece.kept for piece in made]
    assert shelf.past_init(1000) is not None
    more = record(again, 5, first=70)
    recorded = again.recording(CHANNEL)
    assert recorded is not None
    found = [asyncio.run(recorded.segment("endoscope", piece.kept.start)) for piece in (*made, *more)]
    assert found == [piece.data for piece in (*made, *more)]
    again.shut()


def test_the_end_is_seen_at_once_and_after_a_restart(vault: Vault, folder: Path) -> None:
    vault.describe(CHANNEL, [("overview", "Overview"), ("endoscope", "Endoscope")], programme="endoscope")
    record(vault, 10)
    record(vault, 10, rendition="overview")
    record(vault, 10, rendition="sound", kind=Kind.AUDIO)
    assert vault.recordings()[CHANNEL].state == "recording"
    vault.finish(CHANNEL)
    assert vault.drain()
    status = vault.recordings()[CHANNEL]
    assert (status.state, status.duration_s, status.feeds, status.sound) == (
        "kept",
        10,
        ("endoscope", "overview"),
        True,
    )
    again = Vault(folder)
    assert again.recordings() == vault.recordings()
    again.finish(CHANNEL)
    again.shut()


def test_finish_without_shelves_after_a_restart(vault: Vault, folder: Path) -> None:
    record(vault, 10)
    again = Vault(folder)
    again.finish(CHANNEL)
    assert again.drain()
    assert again.recordings()[CHANNEL].state == "kept"
    again.shut()


async def test_many_viewers_are_one_read(vault: Vault) -> None:
    made = record(vault, 20)
    shelf = vault.shelf(CHANNEL, "endoscope", Kind.VIDEO)
    await asyncio.gather(*(shelf.read(made[number % 20].kept.start) for number in range(1500)))
    assert vault._reading.reads == 20


async def test_a_flipped_byte_is_not_served(vault: Vault) -> None:
    made = record(vault, 3)
    path = vault.folder / CHANNEL / "endoscope" / f"{made[0].kept.start}.vol"
    data = bytearray(path.read_bytes())
    data[len(made[0].data) + 5] ^= 1
    path.write_bytes(data)
    shelf = vault.shelf(CHANNEL, "endoscope", Kind.VIDEO)
    assert [await shelf.read(piece.kept.start) is not None for piece in made] == [True, False, True]


# --- Keys ---------------------------------------------------------------------------------------------


def test_keys_lie_apart_and_closed(vault: Vault, folder: Path) -> None:
    secret = vault.secret(CHANNEL)
    path = folder.parent / "studio" / "keys" / CHANNEL
    assert path.read_bytes() == secret
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert vault.secret(CHANNEL) == secret
    assert [one.name for one in path.parent.iterdir()] == [CHANNEL]


@pytest.mark.parametrize("name", ["../x", "", "A", "a/b", "x" * 64, "a.low", ".a"])
def test_no_other_file_is_a_key(vault: Vault, name: str) -> None:
    with pytest.raises(ValueError, match="cannot be the name"):
        vault.secret(name)


def test_a_destroyed_key_never_comes_back(vault: Vault, folder: Path) -> None:
    record(vault, 5)
    vault.destroy(CHANNEL)
    assert vault.recording(CHANNEL) is None
    assert vault.recordings()[CHANNEL].state == "destroyed"
    with pytest.raises(Destroyed):
        vault.secret(CHANNEL)
    assert vault.drain()
    again = Vault(folder)
    assert again.recordings()[CHANNEL].state == "destroyed"
    assert again.recording(CHANNEL) is None
    with pytest.raises(Destroyed):
        again.shelf(CHANNEL, "endoscope", Kind.VIDEO)
    again.shut()
    assert not list(folder.rglob("*.vol"))


def test_withheld_is_sealed_and_never_offered(vault: Vault, folder: Path) -> None:
    fragment = frame(0, 3000, sync=True)
    vault.seal(CHANNEL, Withheld("endoscope", NOON, init_section(Kind.VIDEO), (fragment,)))
    assert vault.drain()
    (path,) = (folder / CHANNEL / "sealed").iterdir()
    assert fragment.payload not in path.read_bytes()
    assert vault.recording(CHANNEL) is None
    secret = (folder.parent / "studio" / "keys" / f"{CHANNEL}.sealed").read_bytes()
    (sealed,) = sealed_in(folder / CHANNEL)
    assert (sealed.rendition, sealed.began) == ("endoscope", NOON)
    assert fragment.payload in unseal(sealed, secret)
    with pytest.raises(SealBroken):
        unseal(sealed, bytes(32))
    other = path.rename(path.with_name(path.name.replace("endoscope", "overview")))
    with pytest.raises(SealBroken):
        unseal(replace(sealed, path=other), secret)
    vault.destroy(CHANNEL)
    assert not (folder.parent / "studio" / "keys" / f"{CHANNEL}.sealed").exists()


# --- The disk -----------------------------------------------------------------------------------------


def test_a_full_disk_stops_recording_and_nothing_else(folder: Path) -> None:
    free = [50_000]
    limits = SpaceLimits(low_bytes=20_000, low_hours=0, least_bytes=10_000)
    vault = Vault(folder, limits=limits, usage=lambda _: (free[0], 100_000))
    record(vault, 5)
    assert vault.disk().state == "good"
    free[0] = 15_000
    vault._room.look()
    assert vault.disk().state == "low"
    record(vault, 5, first=5)
    free[0] = 9_999
    vault._room.look()
    assert vault.disk().state == "full"
    record(vault, 5, first=10)
    assert vault.recordings()[CHANNEL].detail == TOO_FULL
    assert vault.recordings()[CHANNEL].duration_s == 10
    free[0] = 12_000
    vault._room.look()
    assert vault.disk().state == "full", "it does not flutter"
    free[0] = 16_000
    vault._room.look()
    record(vault, 5, first=15)
    assert vault.recordings()[CHANNEL].duration_s == 15
    recorded = vault.recording(CHANNEL)
    assert recorded is not None
    playlist = recorded.playlist("endoscope", None, None)
    assert playlist.count("#EXT-X-GAP") == 5
    assert "IV=" not in playlist
    vault.shut()


def test_a_film_leaves_the_last_room_to_what_is_live(folder: Path) -> None:
    vault = Vault(folder, limits=SpaceLimits(least_bytes=10_000), usage=lambda _: (9_000, 100_000))
    writer = vault.writer("film-1", began=NOON)
    writer.begin("film", replace(init_of(Kind.VIDEO), frame_rate=25.0))
    with pytest.raises(OSError, match="No space left"):
        writer.add("film", frame(0, 3600, sync=True))
    writer.abandon()
    vault.shut()


def test_live_goes_on_where_no_file_can_be_made(vault: Vault, folder: Path) -> None:
    """A disk without a single byte left when the channel begins: a file stands where the folders would."""
    folder.joinpath(CHANNEL).touch()
    folder.parent.joinpath("studio").touch()
    shelf = vault.shelf(CHANNEL, "endoscope", Kind.VIDEO)
    begin(shelf)
    for piece in pieces(vault.cipher(CHANNEL), 3):
        shelf.keep(piece.kept, piece.data)
    assert list(shelf.past) == []
    assert asyncio.run(shelf.read(0)) is None
    assert shelf.lost == 3
    assert "does not take" in vault.recordings()[CHANNEL].detail
    assert vault.recording(CHANNEL) is None


def test_hours_left_at_the_rate_of_now(folder: Path) -> None:
    vault = Vault(folder, limits=SpaceLimits(least_bytes=0), usage=lambda _: (36_000_000_000, 10**12))
    assert vault.disk().hours_left is None
    vault._room.note(5_000_000 * 5)
    vault._room.look()
    # 25 MB in what counts as five seconds: 36 GB are two hours.
    assert vault.disk().hours_left == pytest.approx(2.0, abs=0.01)
    vault.shut()


async def test_a_slow_disk_makes_recording_give_way(vault: Vault) -> None:
    vault._keeping._most = 3000
    shelf = vault.shelf(CHANNEL, "endoscope", Kind.VIDEO)
    begin(shelf)
    hold = threading.Event()
    vault._keeping.put(partial(_wait, hold))
    made = list(pieces(vault.cipher(CHANNEL), 6))
    for piece in made:
        shelf.keep(piece.kept, piece.data)
    assert shelf.trouble == TOO_SLOW
    hold.set()
    assert vault.drain()
    read = [await shelf.read(piece.kept.start) for piece in made]
    kept = [data for data in read if data is not None]
    assert 0 < len(kept) < 6
    assert kept == [piece.data for piece in made[: len(kept)]]


def test_an_error_while_writing_leaves_nothing_half(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    made = record(vault, 3)
    files = vault._holdings[CHANNEL].files["endoscope"]
    write = type(files)._write_volume
    left = [1]

    def failing(self: object, volume: int, data: bytes) -> None:
        if left[0]:
            left[0] -= 1
            write(self, volume, data[: len(data) // 2])  # type: ignore[arg-type]
            raise OSError(28, "No space left on device")
        write(self, volume, data)  # type: ignore[arg-type]

    monkeypatch.setattr(type(files), "_write_volume", failing)
    lost = record(vault, 1, first=3)
    more = record(vault, 3, first=4)
    shelf = vault.shelf(CHANNEL, "endoscope", Kind.VIDEO)
    read = [asyncio.run(vault.recording(CHANNEL).segment("endoscope", piece.kept.start)) for piece in made]  # type: ignore[union-attr]
    assert read == [piece.data for piece in made]
    assert asyncio.run(shelf.read(lost[0].kept.start)) is None
    assert asyncio.run(shelf.read(more[2].kept.start)) == more[2].data
    assert shelf.lost == 1
    assert shelf.trouble == ""
    assert vault.recordings()[CHANNEL].lost == 1
    vault.finish(CHANNEL)
    vault.drain()
    assert vault.recordings()[CHANNEL].lost == 1, "also when it is whole"


# --- Reading it as a recording -------------------------------------------------------------------------


async def test_samples_come_decrypted_from_a_key_frame_on(vault: Vault) -> None:
    made = record(vault, 6)
    vault.finish(CHANNEL)
    recorded = vault.recording(CHANNEL)
    assert recorded is not None
    middle = made[2].kept.start + 45_000
    values = [value async for value in recorded.samples("endoscope", middle)]
    assert isinstance(values[0], Init)
    fragments = [value for value in values[1:] if isinstance(value, Fragment)]
    assert fragments[0].decode_time == made[2].kept.start
    assert fragments[0].independent
    assert sum(one.duration for one in fragments) == 4 * 90_000


def test_only_keys_of_what_was_recorded(vault: Vault) -> None:
    made = record(vault, 70)
    recorded = vault.recording(CHANNEL)
    assert recorded is not None
    numbers = [piece.kept.key for piece in made]
    assert recorded.key(numbers[0]) == vault.cipher(CHANNEL).key(numbers[0])
    assert recorded.key(numbers[0] - 1) is None
    assert recorded.key(numbers[-1] + 1) is None
    assert recorded.began == NOON
    assert recorded.ended == NOON + timedelta(seconds=70)


def test_a_writer_writes_the_same_form(vault: Vault) -> None:
    writer = vault.writer("film-1", began=NOON)
    writer.begin("film", replace(init_of(Kind.VIDEO), frame_rate=25.0))
    for second in range(5):
        for number in range(25):
            writer.add("film", frame(second * 90_000 + number * 3600, 3600, sync=number == 0))
    checksum = writer.finish()
    assert len(checksum) == 64
    status = vault.recordings()["film-1"]
    assert (status.state, status.duration_s, status.feeds) == ("kept", 5, ("film",))
    recorded = vault.recording("film-1")
    assert recorded is not None
    assert recorded.playlist("film", None, None).count("#EXTINF") == 5
    again = vault.writer("film-1", began=NOON)
    assert "film-1" in vault.recordings()
    again.abandon()
    assert "film-1" not in vault.recordings()
    assert not (vault.folder / "film-1").exists()


def _wait(event: threading.Event) -> None:
    event.wait(10)
