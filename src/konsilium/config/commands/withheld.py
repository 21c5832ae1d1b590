"""What stops withheld from audiences: listed, and opened for an inquiry. Only here, by an administrator, on record."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import UUID

from konsilium.config.startup import require_migrated, set_up
from konsilium.config.terminal import CannotGoOn, plain_system_errors, say
from konsilium.mediaplane.settings import StudioSettings
from konsilium.mediaplane.vault.files import write_whole
from konsilium.mediaplane.vault.keys import KeyStore
from konsilium.mediaplane.vault.sealed import SealBroken, Sealed, key_of_sealed, sealed_in, unseal

if TYPE_CHECKING:
    from konsilium.broadcast.models import Channel

HELP = "what stops withheld from audiences: list it, or open it for an inquiry"
LIST_HELP = "of which broadcasts, since when, how much; nothing is opened"
OPEN_HELP = (
    "write what was withheld of one broadcast as MP4 files, and into the audit trail who did it and why"
)
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
    settings = StudioSettings.of(Path(set_up().data).resolve())
    require_migrated()
    return _list(settings) if chosen.act == "list" else _open(settings, chosen)


def _list(settings: StudioSettings) -> int:
    folders = sorted(settings.vault.iterdir()) if settings.vault.is_dir() else []
    found = {folder.name: sealed for folder in folders if (sealed := sealed_in(folder))}
    if not found:
        say("Nothing was withheld, or it was destroyed.")
    for broadcast, sealed in found.items():
        say(f"{broadcast}  {_channel(broadcast) or 'no broadcast of this installation'}")
        for one in sealed:
            size = one.path.stat().st_size / 1e6
            say(f"  {one.began:%Y-%m-%d %H:%M:%S} UTC  {one.rendition:<16} {size:8.1f} MB")
    return 0


def _open(settings: StudioSettings, chosen: argparse.Namespace) -> int:
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
    sealed = sealed_in(settings.vault / name) if name else []
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
        broken = _write(sealed, secret, chosen.to)
    say(f"{len(sealed) - broken} files are in {chosen.to}. They are not encrypted: keep them closed.")
    return 1 if broken else 0


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError as error:
        raise CannotGoOn(f"{folder} is there already. Name a new folder.") from error
    except FileNotFoundError as error:
        raise CannotGoOn(f"{folder.parent} does not exist. Make it first.") from error


def _write(sealed: list[Sealed], secret: bytes, folder: Path) -> int:
    """How many could not be opened."""
    broken = 0
    for one in sealed:
        try:
            write_whole(folder / f"{one.name}.mp4", unseal(one, secret), mode=0o600)
        except SealBroken:
            broken += 1
            say(f"  {one.name} is damaged and does not open.")
    return broken


def _channel(broadcast: str) -> "Channel | None":
    # Models can be imported only now that Django has its settings.
    from konsilium.broadcast.models import Channel

    try:
        return Channel.objects.select_related("hall").filter(pk=UUID(broadcast)).first()
    except ValueError:
        return None
