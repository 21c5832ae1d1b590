"""What stops withheld from audiences: listed, and opened for an inquiry. Only here, by an administrator, on record."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from konsilium.config.recordings import recordings_store
from konsilium.config.startup import require_migrated, set_up
from konsilium.config.terminal import CannotGoOn, plain_system_errors, say
from konsilium.mediaplane.settings import StudioSettings
from konsilium.mediaplane.vault.files import write_whole
from konsilium.mediaplane.vault.keys import KeyStore
from konsilium.mediaplane.vault.sealed import (
    SealBroken,
    Sealed,
    key_of_sealed,
    object_name,
    sealed_in,
    sealed_with,
    unseal,
)
from konsilium.mediaplane.vault.store import Store, StoreAway

if TYPE_CHECKING:
    from konsilium.broadcast.models import Channel

HELP = "what stops withheld from audiences: list it, or open it for an inquiry"
LIST_HELP = "of which broadcasts, since when, how much; nothing is opened"
OPEN_HELP = (
    "write what was withheld of one broadcast as MP4 files, and into the audit trail who did it and why"
)
AWAY = "The store cannot be reached; what only it has is left out. {reason}"
#: Fewer characters say nothing to whoever reads the audit trail.
SHORTEST_REASON = 10


def add_arguments(parser: argparse.ArgumentParser) -> None:
    acts = parser.add_subparsers(dest="act", metavar="ACT", required=True)
    listing, opening = acts.add_parser("list", help=LIST_HELP), acts.add_parser("open", help=OPEN_HELP)
    listing.description, opening.description = LIST_HELP, OPEN_HELP
    opening.add_argument("broadcast", metavar="BROADCAST", help="its id, as `list` shows it")
    opening.add_argument(
        "--to", type=Path, required=True, metavar="FOLDER", help="a new folder for the files"
    )
    opening.add_argument(
        "--as", dest="actor", required=True, metavar="EMAIL", help="which administrator opens it"
    )
    opening.add_argument("--reason", required=True, help="what it is needed for; it stays in the audit trail")
    opening.add_argument("--yes", action="store_true", help="really open it")


def run(chosen: argparse.Namespace) -> int:
    options = set_up()
    settings, store = StudioSettings.of(Path(options.data).resolve()), recordings_store(options)
    require_migrated()
    return _list(settings, store) if chosen.act == "list" else _open(settings, store, chosen)


def _list(settings: StudioSettings, store: Store | None) -> int:
    names = {folder.name for folder in settings.vault.iterdir()} if settings.vault.is_dir() else set()
    if store is not None:
        try:
            names |= set(store.channels())
        except StoreAway as error:
            say(AWAY.format(reason=error))
            store = None
    found = {name: sealed for name in sorted(names) if (sealed := _sealed(settings.vault / name, store))}
    if not found:
        say("Nothing was withheld, or it was destroyed.")
    for broadcast, sealed in found.items():
        say(f"{broadcast}  {_channel(broadcast) or 'no broadcast of this installation'}")
        for one in sealed:
            size = f"{one.path.stat().st_size / 1e6:8.1f} MB" if one.path.exists() else "in the store"
            say(f"  {one.began:%Y-%m-%d %H:%M:%S} UTC  {one.rendition:<16} {size}")
    return 0


def _sealed(folder: Path, store: Store | None) -> list[Sealed]:
    """On this disk, and in the store if it can be reached."""
    try:
        return sealed_in(folder) if store is None else sealed_with(store, folder)
    except StoreAway as error:
        say(AWAY.format(reason=error))
        return sealed_in(folder)


def _open(settings: StudioSettings, store: Store | None, chosen: argparse.Namespace) -> int:
    # Models can be imported only now that Django has its settings.
    from konsilium.broadcast.actions import note_unsealing
    from konsilium.foundation import clock
    from konsilium.people.models import User

    actor = User.objects.filter(email=chosen.actor.lower(), is_superuser=True, is_active=True).first()
    if actor is None:
        raise CannotGoOn(f"{chosen.actor} is no administrator here: only they may open what was withheld.")
    reason = chosen.reason.strip()
    if len(reason) < SHORTEST_REASON:
        raise CannotGoOn("Say in a few words what it is needed for: --reason stays in the audit trail.")
    channel = _channel(chosen.broadcast)
    name = "" if channel is None else str(channel.pk)
    sealed = _sealed(settings.vault / name, store) if name else []
    if channel is None or not sealed:
        raise CannotGoOn(
            f"Nothing is withheld of {chosen.broadcast}. `konsilium withheld list` shows what is."
        )
    secret = KeyStore(settings.keys).known(key_of_sealed(name))
    if secret is None:
        raise CannotGoOn("Its key was destroyed, or is not on this machine: nobody can open it.")
    if not chosen.yes:
        raise CannotGoOn(
            f"{len(sealed)} stretches of {channel} were kept from the audience by a stop."
            f" Opening them will stand in the audit trail under {actor.email}. If that is meant, add --yes."
        )
    with plain_system_errors("The folder cannot be used", chosen.to):
        _make_folder(chosen.to)
        # First the trace, then the pictures: nothing is opened that nobody knows of.
        note_unsealing(channel=channel, actor=actor, reason=reason, stretches=len(sealed), now=clock.now())
        broken = _write(sealed, secret, store, chosen.to)
    say(f"{len(sealed) - broken} files are in {chosen.to}. They are not encrypted: keep them closed.")
    return 1 if broken else 0


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError as error:
        raise CannotGoOn(f"{folder} is there already. Name a new folder.") from error
    except FileNotFoundError as error:
        raise CannotGoOn(f"{folder.parent} does not exist. Make it first.") from error


def _write(sealed: list[Sealed], secret: bytes, store: Store | None, folder: Path) -> int:
    """How many could not be opened."""
    broken = 0
    for one in sealed:
        try:
            film = unseal(one, secret, _fetched(one, store))
            write_whole(folder / f"{one.name}.mp4", film, mode=0o600)
        except SealBroken:
            broken += 1
            say(f"  {one.name} is damaged and does not open.")
        except StoreAway as error:
            broken += 1
            say(f"  {one.name} lies in the store, which cannot be reached. {error}")
    return broken


def _fetched(one: Sealed, store: Store | None) -> bytes | None:
    """None if it lies here."""
    if one.path.exists() or store is None:
        return None
    # Gone from the store since it was listed: nothing is nothing's seal.
    return store.get(object_name(one.path.parent.parent.name, one.path.name)) or b""


def _channel(broadcast: str) -> "Channel | None":
    # Models can be imported only now that Django has its settings.
    from konsilium.broadcast.models import Channel

    try:
        return Channel.objects.select_related("hall").filter(pk=UUID(broadcast)).first()
    except ValueError:
        return None
