"""Recordings in S3, with a real server of it."""

import asyncio
import shutil
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from konsilium.mediaplane.cmaf import Kind
from konsilium.mediaplane.hls.withheld import Withheld
from konsilium.mediaplane.vault import S3Options, Store, Vault, store_of
from konsilium.mediaplane.vault.sealed import key_of_sealed, object_name, sealed_in, sealed_with, unseal
from tests.mediaplane.hls_factory import frame, init_section
from tests.mediaplane.vault.kept import CHANNEL, NOON, Piece, record
from tests.mediaplane.vault.weed import Weed

pytestmark = [pytest.mark.integration, pytest.mark.media, pytest.mark.slow]


@pytest.fixture(scope="module")
def weed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Weed]:
    server = Weed(tmp_path_factory.mktemp("weed"))
    server.start()
    yield server
    server.stop()


@pytest.fixture
def store(weed: Weed, request: pytest.FixtureRequest) -> Store:
    """A folder of its own in the bucket for each test."""
    options = weed.options
    found = store_of(
        S3Options(
            f"{options.address}/{request.node.name}", options.endpoint, options.access_key, options.secret_key
        )
    )
    assert found is not None
    return found


def eventually(holds: Callable[[], bool], seconds: float = 20) -> None:
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.05)


def all_of(vault: Vault, made: list[Piece], rendition: str = "endoscope") -> list[bytes | None]:
    recorded = vault.recording(CHANNEL)
    assert recorded is not None

    async def read() -> list[bytes | None]:
        return [await recorded.segment(rendition, piece.kept.start) for piece in made]

    return asyncio.run(read())


def test_objects_come_and_go(store: Store, tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(bytes(range(256)) * 40)
    store.put("a/b/1.vol", path)
    store.put("c/recording.json", path)
    assert store.get("a/b/1.vol", 256, 260) == b"\0\1\2\3"
    assert store.get("a/b/1.vol") == path.read_bytes()
    assert store.get("a/b/2.vol") is None
    assert sorted(store.names("a/")) == ["a/b/1.vol"]
    assert sorted(store.channels()) == ["a", "c"]
    store.remove("a/")
    # Some servers list a folder for a while after it was emptied.
    assert list(store.names("a/")) == []
    assert sorted(store.names("")) == ["c/recording.json"]


@pytest.mark.parametrize("address", ["http://bucket", "s3://", "bucket"])
def test_an_address_that_is_none(address: str) -> None:
    with pytest.raises(ValueError, match="s3://"):
        store_of(S3Options(address))


def test_a_recording_is_read_from_the_store_alone(store: Store, tmp_path: Path) -> None:
    vault = Vault(tmp_path / "vault", store, keep_local=timedelta(0), look_s=0.05)
    vault.describe(CHANNEL, [("endoscope", "Endoscope")])
    # So long ago that nobody goes back to it on this machine.
    began = NOON - timedelta(days=1)
    made = record(vault, 130, began=began)
    heard = record(vault, 130, rendition="sound", kind=Kind.AUDIO, began=began)
    eventually(lambda: len(list(store.names(CHANNEL + "/endoscope/"))) >= 3)
    assert not vault.recordings()[CHANNEL].stored, "it is still being recorded"
    assert all_of(vault, made) == [piece.data for piece in made]
    vault.finish(CHANNEL)
    eventually(lambda: vault.recordings()[CHANNEL].stored)
    eventually(lambda: not list((tmp_path / "vault").rglob("*.vol")))
    vault._reading.forget(CHANNEL)
    assert all_of(vault, made) == [piece.data for piece in made]
    playlist = vault.recording(CHANNEL).playlist("endoscope", None, None)  # type: ignore[union-attr]
    vault.shut()
    # The machine burns down; its keys were kept elsewhere.
    shutil.rmtree(tmp_path / "vault")
    again = Vault(tmp_path / "vault", store, look_s=0.05)
    eventually(lambda: CHANNEL in again.recordings())
    status = again.recordings()[CHANNEL]
    assert (status.state, status.duration_s, status.feeds, status.stored) == (
        "kept",
        130,
        ("endoscope",),
        True,
    )
    assert all_of(again, made) == [piece.data for piece in made]
    assert all_of(again, heard, "sound") == [piece.data for piece in heard]
    assert again.recording(CHANNEL).playlist("endoscope", None, None) == playlist  # type: ignore[union-attr]
    again.shut()


def test_the_store_is_away_for_a_while(tmp_path: Path) -> None:
    server = Weed(tmp_path / "weed")
    server.start()
    store = store_of(server.options)
    vault = Vault(tmp_path / "vault", store, look_s=0.1)
    record(vault, 70)
    eventually(lambda: len(list(store.names(CHANNEL + "/endoscope/"))) >= 2)  # type: ignore[union-attr]
    server.stop()
    made = record(vault, 130, first=70)
    vault.finish(CHANNEL)
    assert vault.drain()
    eventually(lambda: "cannot be reached" in vault.recordings()[CHANNEL].detail)
    assert vault.recordings()[CHANNEL].state == "kept", "the recording is there all the same"
    assert not vault.recordings()[CHANNEL].stored
    assert all_of(vault, made) == [piece.data for piece in made]
    vault.shut()
    # Killed meanwhile, and started again before the store is back.
    again = Vault(tmp_path / "vault", store, look_s=0.1)
    assert not again.recordings()[CHANNEL].stored
    server.start()
    eventually(lambda: again.recordings()[CHANNEL].stored, seconds=60)
    assert again.recordings()[CHANNEL].detail == ""
    for path in (tmp_path / "vault").rglob("*.vol"):
        path.unlink()
    assert all_of(again, made) == [piece.data for piece in made]
    again.shut()
    server.stop()


def test_what_is_destroyed_leaves_the_store(store: Store, tmp_path: Path) -> None:
    vault = Vault(tmp_path / "vault", store, look_s=0.05)
    record(vault, 10)
    vault.finish(CHANNEL)
    eventually(lambda: vault.recordings()[CHANNEL].stored)
    vault.destroy(CHANNEL)
    eventually(lambda: not list(store.names(CHANNEL)))
    assert vault.recordings()[CHANNEL].state == "destroyed"
    assert vault.recording(CHANNEL) is None
    vault.shut()


def test_a_removed_film_leaves_the_store(store: Store, tmp_path: Path) -> None:
    vault = Vault(tmp_path / "vault", store, look_s=0.05)
    record(vault, 10)
    vault.finish(CHANNEL)
    eventually(lambda: vault.recordings()[CHANNEL].stored)
    vault.remove(CHANNEL)
    eventually(lambda: not list(store.names(CHANNEL)))
    assert CHANNEL not in vault.recordings()
    vault.shut()


def test_what_was_withheld_is_in_the_store_and_leaves_it_with_its_key(store: Store, tmp_path: Path) -> None:
    vault = Vault(tmp_path / "vault", store, look_s=0.05)
    record(vault, 10)
    fragments = tuple(frame(number * 3000, 3000, sync=number == 0) for number in range(5))
    withheld = Withheld("endoscope", NOON, init_section(Kind.VIDEO), fragments)
    vault.seal(CHANNEL, withheld)
    vault.finish(CHANNEL)
    place = f"{CHANNEL}/sealed/"
    eventually(lambda: vault.recordings()[CHANNEL].stored and len(list(store.names(place))) == 1)
    # A second stop, in the seconds that were still coming out when it ended.
    vault.seal(CHANNEL, withheld)
    eventually(lambda: len(list(store.names(place))) == 2)
    secret = vault.keys.known(key_of_sealed(CHANNEL))
    assert secret is not None
    keys = {name for name in store.names("") if secret in (store.get(name) or b"")}
    assert not keys
    vault.shut()
    # The machine burns down; its keys were kept elsewhere.
    here = sealed_in(tmp_path / "vault" / CHANNEL)
    shutil.rmtree(tmp_path / "vault")
    assert sealed_with(store, tmp_path / "vault" / CHANNEL) == here
    for one in here:
        data = store.get(object_name(CHANNEL, one.path.name))
        assert fragments[0].payload in unseal(one, secret, data)
    again = Vault(tmp_path / "vault", store, look_s=0.05)
    eventually(lambda: CHANNEL in again.recordings())
    again.destroy(CHANNEL)
    eventually(lambda: not list(store.names(CHANNEL)))
    assert again.keys.known(key_of_sealed(CHANNEL)) is None
    again.shut()
