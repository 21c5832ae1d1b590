"""Keys on a disk that does not do what it is told: nothing is opened by them all the same, and no film is lost."""

import errno
import os
from pathlib import Path

import pytest

from konsilium.mediaplane.vault import Destroyed, Vault
from konsilium.mediaplane.vault import keys as keys_module
from konsilium.mediaplane.vault.keys import KeyStore
from tests.mediaplane.vault.kept import CHANNEL, NOON


def no_space(*_values: object, **_options: object) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.fixture
def store(tmp_path: Path) -> KeyStore:
    store = KeyStore(tmp_path / "keys")
    store.secret(CHANNEL)
    return store


@pytest.mark.parametrize("fails", ["write_whole", "sync_folder", "KeyStore._overwrite"])
def test_a_key_is_gone_whatever_of_its_end_fails(
    store: KeyStore, monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(f"{keys_module.__name__}.{fails}", no_space)
        with pytest.raises(OSError, match="No space left"):
            store.destroy(CHANNEL)
        assert store.known(CHANNEL) is None
        with pytest.raises(Destroyed):
            store.secret(CHANNEL)
        assert not (store.folder / CHANNEL).exists()
    store.destroy(CHANNEL)
    assert KeyStore(store.folder).is_destroyed(CHANNEL)


def test_what_must_be_destroyed_again_opens_nothing_meanwhile(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault = Vault(tmp_path / "vault")
    vault.cipher(CHANNEL)
    monkeypatch.setattr(keys_module, "write_whole", no_space)
    with pytest.raises(OSError, match="No space left"):
        vault.destroy(CHANNEL)
    assert vault.recording(CHANNEL) is None
    with pytest.raises(Destroyed):
        vault.cipher(CHANNEL)
    vault.shut()


def test_a_film_whose_key_cannot_be_kept_is_not_begun(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault = Vault(tmp_path / "vault")
    monkeypatch.setattr(keys_module, "write_whole", no_space)
    with pytest.raises(OSError, match="No space left"):
        vault.writer(CHANNEL, began=NOON)
    assert vault.recordings() == {}
    vault.shut()
