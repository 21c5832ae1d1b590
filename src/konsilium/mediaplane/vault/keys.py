"""Where the channels' secrets lie: apart from the media, so that whoever copies those has only ciphertext.

A secret is made once and on the disk before anything is encrypted with it. Destroying it is the one act of the
vault that cannot be taken back, and it is done first, whatever else of a recording there is.
"""

import os
import re
import secrets
from pathlib import Path
from typing import Final

from konsilium.mediaplane.hls.cipher import SECRET_SIZE
from konsilium.mediaplane.vault.files import sync_folder, write_whole

NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,62}(\.sealed)?")
DESTROYED: Final = ".destroyed"


class Destroyed(Exception):
    """The key is gone for good; so is what it opened."""


class KeyDamaged(OSError):
    """The file is there and is no key of ours: nothing may be written over it."""


class KeyStore:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        #: What this process was told to destroy, whatever the disk made of it.
        self._gone: set[str] = set()

    def secret(self, name: str) -> bytes:
        """The key of that name; made, and safe on the disk, when it is asked for first."""
        if self.is_destroyed(name):
            raise Destroyed(name)
        known = self.known(name)
        if known is not None:
            return known
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        # Somebody may have made the folder with other rights.
        self.folder.chmod(0o700)
        made = secrets.token_bytes(SECRET_SIZE)
        unfinished = self.folder / f".{name}.{secrets.token_hex(4)}"
        try:
            write_whole(unfinished, made, mode=0o600)
            # Fails if another process was quicker; then its key is the one.
            os.link(unfinished, self._path(name))
        except FileExistsError:
            return self.secret(name)
        finally:
            unfinished.unlink(missing_ok=True)
        sync_folder(self.folder)
        sync_folder(self.folder.parent)
        return made

    def known(self, name: str) -> bytes | None:
        if self.is_destroyed(name):
            return None
        try:
            found = self._path(name).read_bytes()
        except FileNotFoundError:
            return None
        if len(found) != SECRET_SIZE:
            raise KeyDamaged(f"the key file of {name} does not have {SECRET_SIZE} bytes")
        return found

    def is_destroyed(self, name: str) -> bool:
        return self._checked(name) in self._gone or (self.folder / (name + DESTROYED)).exists()

    def destroy(self, name: str) -> None:
        """May be repeated, and must be if the machine failed meanwhile, or if this raises OSError.

        Nobody gets the key from then on, even if the disk is full and does not take the mark that says so for good.

        Overwritten before it is unlinked. A disk that writes elsewhere (flash, copy on write) keeps the old
        block until it is used again; decision 0016 says what to do about that.
        """
        self._gone.add(self._checked(name))
        try:
            self._mark(self.folder / (name + DESTROYED))
        finally:
            self.forget(name)

    def _mark(self, mark: Path) -> None:
        """From here on nobody gets the key, nor a new one of the same name."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not mark.exists():
            write_whole(mark, b"", mode=0o600)
            sync_folder(self.folder)

    def forget(self, name: str) -> None:
        """Overwritten and gone; unlike after `destroy`, another key of this name may follow."""
        path = self._path(name)
        if not path.exists():
            return
        try:
            self._overwrite(path)
        finally:
            path.unlink(missing_ok=True)
        sync_folder(self.folder)

    @staticmethod
    def _overwrite(path: Path) -> None:
        with path.open("r+b") as file:
            file.write(secrets.token_bytes(SECRET_SIZE))
            file.flush()
            os.fsync(file.fileno())

    def _path(self, name: str) -> Path:
        return self.folder / self._checked(name)

    @staticmethod
    def _checked(name: str) -> str:
        if NAME.fullmatch(name) is None:
            raise ValueError(f"{name!r} cannot be the name of a key")
        return name
