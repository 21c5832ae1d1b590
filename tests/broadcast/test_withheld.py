"""What a stop withheld is opened by an administrator, with a reason, on record; and by nobody once it is destroyed."""

import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from konsilium.broadcast.models import Channel
from konsilium.config.cli import main
from konsilium.config.commands import withheld
from konsilium.foundation.models import AuditEntry
from konsilium.mediaplane.cmaf import Fragment, Init, Kind, Reader
from konsilium.mediaplane.hls.withheld import Withheld
from konsilium.mediaplane.vault import Vault
from konsilium.mediaplane.vault.store import StoreAway
from konsilium.people.models import User
from tests.factories.theatre import Scene
from tests.mediaplane.hls_factory import frame, init_section
from tests.mediaplane.vault.test_reading import HangingStore

REASON = "Inquiry 12/2026 of the ethics committee"


@pytest.fixture
def chief(db: None) -> User:
    return User.objects.create_superuser("chief@hospital.example", "secret-secret")


@pytest.fixture
def vault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Vault]:
    monkeypatch.setenv("KONSILIUM_DATA", str(tmp_path))
    vault = Vault(tmp_path / "vault", look_s=0.05)
    yield vault
    vault.shut()


@pytest.fixture
def channel(scene: Scene, vault: Vault) -> Channel:
    """Stopped with a delay: two stretches were withheld."""
    scene.do("director", "operation.open")
    channel = Channel.objects.get(room=scene.room)
    for rendition in ("endoscope", "overview"):
        fragments = tuple(frame(number * 3000, 3000, sync=number == 0) for number in range(5))
        vault.seal(str(channel.pk), Withheld(rendition, scene.now, init_section(Kind.VIDEO), fragments))
    assert vault.drain()
    return channel


def opened(channel: Channel, folder: Path, *more: str, who: str = "chief@hospital.example") -> int:
    return main(["withheld", "open", str(channel.pk), "--to", str(folder), "--as", who, *more])


def traces(channel: Channel) -> list[AuditEntry]:
    return list(AuditEntry.objects.filter(subject=f"channel:{channel.pk}", action="withheld.opened"))


def test_it_is_listed_without_being_opened(channel: Channel, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["withheld", "list"]) == 0
    said = capsys.readouterr().out
    assert str(channel.pk) in said
    assert said.count("UTC") == 2
    assert not traces(channel)


def test_an_administrator_opens_it_with_a_reason(channel: Channel, chief: User, tmp_path: Path) -> None:
    folder = tmp_path / "inquiry"
    assert opened(channel, folder, "--reason", REASON, "--yes") == 0
    (line,) = traces(channel)
    assert (line.actor, line.detail) == (chief, {"reason": REASON, "stretches": 2})
    films = sorted(folder.iterdir())
    assert [film.name.split("-")[0] for film in films] == ["endoscope", "overview"]
    for film in films:
        init, *fragments = Reader().feed(film.read_bytes())
        assert isinstance(init, Init)
        assert len([one for one in fragments if isinstance(one, Fragment)]) == 5
        assert stat.S_IMODE(film.stat().st_mode) == 0o600
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


@pytest.mark.parametrize(
    ("more", "who", "said"),
    [
        (("--reason", REASON), "chief@hospital.example", "add --yes"),
        (("--reason", "because", "--yes"), "chief@hospital.example", "a few words"),
        (("--reason", REASON, "--yes"), "nobody@hospital.example", "no administrator"),
    ],
)
def test_it_stays_closed(
    channel: Channel,
    chief: User,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    more: tuple[str, ...],
    who: str,
    said: str,
) -> None:
    folder = tmp_path / "inquiry"
    assert opened(channel, folder, *more, who=who) == 1
    assert said in capsys.readouterr().err
    assert not folder.exists()
    assert not traces(channel)


def test_the_director_is_no_administrator(channel: Channel, scene: Scene, tmp_path: Path) -> None:
    email = scene.people["director"].email
    assert opened(channel, tmp_path / "inquiry", "--reason", REASON, "--yes", who=email) == 1
    assert not traces(channel)


def test_nothing_is_written_over_and_a_changed_file_does_not_open(
    channel: Channel, chief: User, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert opened(channel, tmp_path, "--reason", REASON, "--yes") == 1
    assert "Name a new folder" in capsys.readouterr().err
    assert not traces(channel)
    first = min((tmp_path / "vault" / str(channel.pk) / "sealed").iterdir())
    first.write_bytes(first.read_bytes()[:-1] + b"?")
    assert opened(channel, tmp_path / "inquiry", "--reason", REASON, "--yes") == 1
    assert "damaged" in capsys.readouterr().out
    assert len(list((tmp_path / "inquiry").iterdir())) == 1


def test_it_is_destroyed_with_the_operation(
    channel: Channel, chief: User, vault: Vault, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    vault.destroy(str(channel.pk))
    assert vault.drain()
    assert opened(channel, tmp_path / "inquiry", "--reason", REASON, "--yes") == 1
    assert "Nothing is withheld" in capsys.readouterr().err
    assert main(["withheld", "list"]) == 0
    assert str(channel.pk) not in capsys.readouterr().out


# --- In the store ------------------------------------------------------------------------------------------


@pytest.fixture
def moved(channel: Channel, vault: Vault, monkeypatch: pytest.MonkeyPatch) -> HangingStore:
    """This machine's disk has nothing of it any more, the store has."""
    store = HangingStore()
    store.answers.set()
    for path in (vault.folder / str(channel.pk) / "sealed").iterdir():
        store.put(f"{channel.pk}/sealed/{path.name}", path)
        path.unlink()
    monkeypatch.setattr(withheld, "recordings_store", lambda _options: store)
    return store


def test_what_only_the_store_has_is_found(
    channel: Channel, chief: User, moved: HangingStore, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["withheld", "list"]) == 0
    said = capsys.readouterr().out
    assert (said.count("UTC"), said.count("in the store")) == (2, 2)
    assert opened(channel, tmp_path / "inquiry", "--reason", REASON, "--yes") == 0
    assert len(list((tmp_path / "inquiry").iterdir())) == 2
    first = min(moved.objects)
    moved.objects[first] = moved.objects[first][:-1] + b"?"
    assert opened(channel, tmp_path / "again", "--reason", REASON, "--yes") == 1
    assert "damaged" in capsys.readouterr().out
    assert not list((tmp_path / "vault" / str(channel.pk) / "sealed").iterdir())


def test_a_store_that_is_away_is_said(
    channel: Channel,
    chief: User,
    moved: HangingStore,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def away(_beginning: str) -> None:
        raise StoreAway("no route to host")

    monkeypatch.setattr(moved, "names", away)
    assert opened(channel, tmp_path / "inquiry", "--reason", REASON, "--yes") == 1
    assert "cannot be reached" in capsys.readouterr().out
    assert not (tmp_path / "inquiry").exists()
