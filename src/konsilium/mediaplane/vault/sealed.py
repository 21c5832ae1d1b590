"""What a stop withheld: kept under a key of its own that no playlist and no key request ever leads to."""

import re
import secrets
import struct
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from konsilium.mediaplane.cmaf import Fragment, write_chunk
from konsilium.mediaplane.hls.signal import samples_of
from konsilium.mediaplane.hls.withheld import Withheld
from konsilium.mediaplane.vault.files import sync_folder, write_whole
from konsilium.mediaplane.vault.store import Store

FOLDER: Final = "sealed"
SUFFIX: Final = ".sealed"
NONCE: Final = 12
#: What is sealed begins so, then a nonce, then AES-256-GCM of the MP4.
MAGIC: Final = b"KSEAL1\0\0"
STAMP: Final = "%Y%m%dT%H%M%S%f"
NAME: Final = re.compile(r"([a-z0-9.-]+)-(\d{8}T\d{12})-[0-9a-f]{8}" + re.escape(SUFFIX))


class SealBroken(Exception):
    """The file was changed, given another name, or sealed with another key."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """One stretch of one rendition, as `seal` left it."""

    #: Where it lies; or where it would, if only the store has it.
    path: Path
    rendition: str
    #: When its first frame was taken.
    began: datetime

    @property
    def name(self) -> str:
        return self.path.stem


def key_of_sealed(channel: str) -> str:
    """Name of the key in the key store."""
    return channel + SUFFIX


def seal(folder: Path, secret: bytes, withheld: Withheld) -> Path:
    """On the disk when this returns."""
    place = folder / FOLDER
    place.mkdir(parents=True, exist_ok=True)
    nonce = secrets.token_bytes(NONCE)
    film = withheld.init + b"".join(_chunk(number, one) for number, one in enumerate(withheld.fragments))
    stamp = withheld.began.astimezone(UTC).strftime(STAMP)
    path = place / f"{withheld.rendition}-{stamp}-{secrets.token_hex(4)}{SUFFIX}"
    write_whole(path, MAGIC + nonce + AESGCM(secret).encrypt(nonce, film, _bound(path)))
    sync_folder(place)
    return path


def sealed_in(folder: Path) -> list[Sealed]:
    """All that is sealed on the disk of the channel in that folder, in the order of time."""
    return _sealed(folder, {path.name for path in (folder / FOLDER).glob(f"*{SUFFIX}")})


def sealed_with(store: Store, folder: Path) -> list[Sealed]:
    """As `sealed_in`, and what only the store has. Raises StoreAway."""
    names = set(store.names(object_name(folder.name, "")))
    here = {one.path.name for one in sealed_in(folder)}
    return _sealed(folder, here | {name.rpartition("/")[2] for name in names})


def _sealed(folder: Path, files: set[str]) -> list[Sealed]:
    found = [
        Sealed(folder / FOLDER / file, told[1], datetime.strptime(told[2], STAMP).replace(tzinfo=UTC))
        for file in files
        if (told := NAME.fullmatch(file))
    ]
    return sorted(found, key=lambda one: (one.began, one.rendition))


def object_name(channel: str, file: str) -> str:
    """In the store, as below the vault's folder."""
    return f"{channel}/{FOLDER}/{file}"


def unseal(sealed: Sealed, secret: bytes, data: bytes | None = None) -> bytes:
    """The MP4; for whoever must look into it, never for a viewer. Raises SealBroken.

    `data` is what the store has of it, where the disk has nothing.
    """
    data = sealed.path.read_bytes() if data is None else data
    try:
        (nonce,) = struct.unpack_from(f"{NONCE}s", data, len(MAGIC))
        return AESGCM(secret).decrypt(nonce, data[len(MAGIC) + NONCE :], _bound(sealed.path))
    except (InvalidTag, struct.error) as error:
        raise SealBroken(sealed.name) from error


def _bound(path: Path) -> bytes:
    """A file that was given another's name does not open."""
    return path.name.encode()


def _chunk(number: int, fragment: Fragment) -> bytes:
    return write_chunk(
        sequence=number + 1,
        decode_time=fragment.decode_time,
        samples=fragment.samples,
        payload=[data for _, data in samples_of(fragment)],
    )
