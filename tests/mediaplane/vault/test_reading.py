"""What is read back and made for viewers: in threads, once for all who ask, and never kept up by a store that hangs."""

import asyncio
import gzip
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from konsilium.mediaplane.cmaf import Fragment
from konsilium.mediaplane.vault import Vault, recorded
from konsilium.mediaplane.vault import reading as reading_of
from konsilium.mediaplane.vault.index import Entry
from konsilium.mediaplane.vault.once import Once
from konsilium.mediaplane.vault.reading import READERS, Reading
from konsilium.mediaplane.vault.store import StoreAway, StoreRefuses
from tests.mediaplane.vault.kept import CHANNEL, NOON, record

FAR = "nowhere-on-this-disk"


class HangingStore:
    """Takes a request and does not answer until it is let go."""

    def __init__(self, fault: type[StoreAway] = StoreAway) -> None:
        self.fault = fault
        self.answers = threading.Event()
        self.asked = 0
        self.objects: dict[str, bytes] = {}

    def put(self, name: str, source: Path | bytes) -> None:
        self.objects[name] = source if isinstance(source, bytes) else source.read_bytes()

    def get(self, name: str, begin: int = 0, end: int | None = None) -> bytes | None:
        self.asked += 1
        self.answers.wait(10)
        if name not in self.objects:
            raise self.fault(name)
        return self.objects[name][begin:end]

    def names(self, beginning: str) -> Iterator[str]:
        yield from (name for name in self.objects if name.startswith(beginning))

    def channels(self) -> Iterator[str]:
        yield from {name.split("/")[0] for name in self.objects}

    def remove(self, beginning: str) -> None:
        for name in list(self.names(beginning)):
            del self.objects[name]


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    vault = Vault(tmp_path / "vault", look_s=0.05)
    yield vault
    vault.shut()


def entries_of(vault: Vault) -> list[Entry]:
    index = vault._holdings[CHANNEL].index("endoscope")
    assert index is not None
    return list(index.entries)


async def test_a_store_that_hangs_keeps_nobody_from_what_lies_here(vault: Vault) -> None:
    made = record(vault, 30)
    entries = entries_of(vault)
    store = HangingStore()
    reading = Reading(vault.folder, store)
    far = [asyncio.create_task(reading.read(CHANNEL, FAR, entry)) for entry in entries]
    await asyncio.sleep(0.1)
    assert store.asked == READERS
    async with asyncio.timeout(2):
        assert [await reading.segment(CHANNEL, "endoscope", entry) for entry in entries] == [
            piece.data for piece in made
        ]
    store.answers.set()
    async with asyncio.timeout(2):
        assert await asyncio.gather(*far) == [None] * len(far)
    assert store.asked == READERS, "those behind them did not find it out each"
    reading.close()


async def test_whether_the_store_is_back_one_finds_out(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    made = record(vault, 5)
    entries = entries_of(vault)
    store = HangingStore()
    store.answers.set()
    reading = Reading(vault.folder, store)
    assert await reading.read(CHANNEL, FAR, entries[0]) is None
    volume = (vault.folder / CHANNEL / "endoscope" / f"{entries[0].volume}.vol").read_bytes()
    store.objects[f"{CHANNEL}/{FAR}/{entries[0].volume}.vol"] = volume
    assert await reading.read(CHANNEL, FAR, entries[0]) is None
    assert store.asked == 1
    monkeypatch.setattr(reading_of, "AWAY_S", 0.0)
    reading._again_at = 0.0
    assert await reading.read(CHANNEL, FAR, entries[0]) == made[0].data
    assert [await reading.read(CHANNEL, FAR, entry) for entry in entries] == [piece.data for piece in made]
    reading.close()


async def test_a_store_that_refuses_one_object_is_not_away(vault: Vault) -> None:
    record(vault, 5)
    entries = entries_of(vault)
    store = HangingStore(StoreRefuses)
    store.answers.set()
    reading = Reading(vault.folder, store)
    assert [await reading.read(CHANNEL, FAR, entry) for entry in entries] == [None] * 5
    assert store.asked == 5
    reading.close()


async def test_a_showing_waits_for_the_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not over because nothing of it can be read for a while."""
    monkeypatch.setattr(reading_of, "AWAY_S", 0.05)
    monkeypatch.setattr(recorded, "RETRY_S", 0.02)
    store = HangingStore()
    store.answers.set()
    vault = Vault(tmp_path / "vault", store, keep_local=timedelta(0), look_s=0.05)
    record(vault, 20, began=NOON - timedelta(days=1))
    vault.finish(CHANNEL)
    async with asyncio.timeout(10):
        while list(vault.folder.rglob("*.vol")):  # noqa: ASYNC110 -- the vault has no event for it
            await asyncio.sleep(0.05)
    recording = vault.recording(CHANNEL)
    assert recording is not None
    objects, store.objects = store.objects, {}
    found: list[int] = []

    async def show() -> None:
        found.extend(
            [one.decode_time async for one in recording.samples("endoscope", 0) if isinstance(one, Fragment)]
        )

    showing = asyncio.create_task(show())
    await asyncio.sleep(0.3)
    assert recording.is_away
    assert not showing.done()
    store.objects = objects
    await asyncio.wait_for(showing, 5)
    assert len(found) == 20 * 5
    vault.shut()


# --- Playlists ---------------------------------------------------------------------------------------------


@pytest.fixture
def rendered_by(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Names of the threads in which playlists were rendered."""
    threads: list[str] = []
    render = recorded.render_vod

    def noted(*arguments: object, **options: object) -> str:
        threads.append(threading.current_thread().name)
        return render(*arguments, **options)  # type: ignore[arg-type]

    monkeypatch.setattr(recorded, "render_vod", noted)
    return threads


async def test_playlists_are_made_once_and_not_in_the_event_loop(
    vault: Vault, rendered_by: list[str]
) -> None:
    record(vault, 60)
    recording = vault.recording(CHANNEL)
    assert recording is not None
    stretch = NOON + timedelta(seconds=10), NOON + timedelta(seconds=30)
    answers = await asyncio.gather(
        *(recording.playlist_bytes("endoscope", *stretch, packed=True) for _ in range(20))
    )
    assert len(set(answers)) == 1
    assert len(rendered_by) == 1
    assert rendered_by[0].startswith("vault-playlist")
    assert gzip.decompress(answers[0]).decode() == recording.playlist("endoscope", *stretch)
    # It goes on being recorded.
    rendered_by.clear()
    record(vault, 60, first=60)
    assert await recording.playlist_bytes("endoscope", *stretch, packed=True) == answers[0]
    assert not rendered_by
    longer = await recording.playlist_bytes("endoscope", stretch[0], None, packed=False)
    assert longer.decode().count("#EXTINF") == 110


async def test_a_destroyed_recording_leaves_no_playlist(vault: Vault) -> None:
    record(vault, 10)
    recording = vault.recording(CHANNEL)
    assert recording is not None
    await recording.playlist_bytes("endoscope", None, None, packed=False)
    assert vault._reading._playlists._kept
    vault.destroy(CHANNEL)
    assert not vault._reading._playlists._kept


async def test_what_is_kept_is_bounded() -> None:
    once = Once(most_bytes=100)
    made = 0

    async def make() -> bytes:
        nonlocal made
        made += 1
        return bytes(30)

    for number in range(10):
        assert await once.get(("channel", number), make) == bytes(30)
    assert (made, once._kept_bytes) == (10, 90)
    await once.get(("channel", 9), make)
    assert made == 10
    await once.get(("channel", 0), make)
    assert made == 11
    once.forget("channel")
    assert (once._kept_bytes, len(once._kept)) == (0, 0)
