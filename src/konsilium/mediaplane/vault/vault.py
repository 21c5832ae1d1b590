"""The vault: shelves for channels that run, recordings for viewers, and what the administrator must know of both.

Its methods are called in one event loop and return at once, unless their docstring says otherwise.
"""

import asyncio
import contextlib
import logging
import secrets
import shutil
from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from konsilium.mediaplane.cmaf import Kind
from konsilium.mediaplane.hls.cipher import SECRET_SIZE, Cipher
from konsilium.mediaplane.hls.signal import timescale_of
from konsilium.mediaplane.hls.withheld import Withheld
from konsilium.mediaplane.status import DiskStatus, RecordingStatus
from konsilium.mediaplane.vault.about import About, AngleAbout, InterpreterAbout
from konsilium.mediaplane.vault.holding import STORED, Holding
from konsilium.mediaplane.vault.index import Header
from konsilium.mediaplane.vault.keeping import Keeping
from konsilium.mediaplane.vault.keys import NAME, KeyStore
from konsilium.mediaplane.vault.reading import Reading
from konsilium.mediaplane.vault.recorded import Recorded
from konsilium.mediaplane.vault.room import Room, Usage, disk_usage
from konsilium.mediaplane.vault.sealed import key_of_sealed, seal
from konsilium.mediaplane.vault.shelf import NoShelf, RenditionShelf
from konsilium.mediaplane.vault.space import SpaceLimits
from konsilium.mediaplane.vault.store import Store
from konsilium.mediaplane.vault.uploads import Uploads
from konsilium.mediaplane.vault.writer import Writer

log = logging.getLogger(__name__)

#: Recordings whose indexes stay in memory although nobody records them.
MOST_OPEN: Final = 16


class Vault:
    def __init__(
        self,
        folder: Path,
        store: Store | None = None,
        *,
        keys: Path | None = None,
        rotation_s: int = 30,
        limits: SpaceLimits | None = None,
        usage: Usage = disk_usage,
        keep_local: timedelta = timedelta(hours=2),
        look_s: float = 1.0,
        discard: bool = True,
    ) -> None:
        """`folder` holds ciphertext only; `keys` lies apart from it, by default in the studio's folder.

        With a store, volumes that it has stay here for `keep_local` after they ended. Without `discard`, the
        ciphertext of a destroyed recording is left where it is.
        """
        self.folder = folder
        self.rotation_s = rotation_s
        self.keys = KeyStore(keys or folder.parent / "studio" / "keys")
        self._discards = discard
        folder.mkdir(parents=True, exist_ok=True)
        self._holdings: dict[str, Holding] = {}
        self._ciphers: dict[str, Cipher] = {}
        #: Channels whose key no disk would take, and why.
        self._unkept: dict[str, OSError] = {}
        self._opened: OrderedDict[str, Recorded] = OrderedDict()
        self._find_holdings()
        self._room = Room(folder, limits=limits or SpaceLimits(), usage=usage)
        self._reading = Reading(folder, store)
        self._keeping = Keeping(self._look, look_s=look_s)
        self._uploads = (
            Uploads(
                store,
                lambda: list(self._holdings.values()),
                folder=folder,
                keeping=self._keeping,
                found=self._take_found,
                keep_local=keep_local,
                look_s=min(look_s, 2.0),
                discards=discard,
            )
            if store is not None
            else None
        )
        for channel in [key for key, holding in self._holdings.items() if holding.destroyed]:
            try:
                self.destroy(channel)
            except OSError:
                # Its key is marked as destroyed; the plan asks for the rest again and again.
                log.exception("what is left of %s cannot be removed", channel)

    def _find_holdings(self) -> None:
        for found in sorted(self.folder.iterdir()):
            if found.is_dir() and NAME.fullmatch(found.name) and "." not in found.name:
                self._holdings[found.name] = holding = Holding(found)
                holding.destroyed = self.keys.is_destroyed(found.name)

    def _take_found(self, holding: Holding) -> None:
        """The store knows a recording that this machine's disk does not have."""
        holding.destroyed = self.keys.is_destroyed(holding.channel)
        if not holding.destroyed:
            (holding.folder / STORED).touch()
        self._holdings.setdefault(holding.channel, holding)

    # --- For channels --------------------------------------------------------------------------------

    def secret(self, channel: str) -> bytes:
        """Blocks for as long as a disk takes to keep 32 bytes, once. Raises Destroyed."""
        return self.keys.secret(channel)

    def cipher(self, channel: str) -> Cipher:
        """As `secret`; on a disk that cannot keep one, with one that nobody keeps: live comes first."""
        cipher = self._ciphers.get(channel)
        if cipher is None:
            try:
                secret = self.secret(channel)
            except OSError as error:
                log.exception("the key of %s cannot be kept; nothing of it is recorded", channel)
                self._unkept[channel] = error
                secret = secrets.token_bytes(SECRET_SIZE)
            cipher = self._ciphers[channel] = Cipher(secret, self.rotation_s)
        return cipher

    def shelf(self, channel: str, rendition: str, kind: Kind) -> RenditionShelf | NoShelf:
        """Reads what a former run left: some ten milliseconds for each hour of it."""
        holding = self._holding(channel)
        cipher = self.cipher(channel)
        shelf = holding.shelves.get(rendition)
        if shelf is None:
            shelf = holding.shelves[rendition] = self._made_shelf(holding, rendition, kind, cipher)
        return shelf

    def _made_shelf(
        self, holding: Holding, rendition: str, kind: Kind, cipher: Cipher
    ) -> RenditionShelf | NoShelf:
        header = Header(holding.channel, rendition, kind, timescale_of(kind))
        try:
            if holding.channel in self._unkept:
                raise self._unkept[holding.channel]
            files = holding.open(header)
        except OSError as error:
            log.exception("%s of %s cannot be recorded", rendition, holding.channel)
            return NoShelf(kind, error)
        return RenditionShelf(
            files, cipher=cipher, keeping=self._keeping, reading=self._reading, room=self._room
        )

    def describe(
        self,
        channel: str,
        angles: Sequence[tuple[str, str]],
        *,
        interpreters: Sequence[tuple[str, str, str]] = (),
        programme: str | None = None,
    ) -> None:
        """Keys and titles as the audience is offered them; of interpreters, their languages as well."""
        holding = self._holding(channel)
        first = sorted(angles, key=lambda angle: angle[0] != programme)
        changed = holding.about.model_copy(
            update={
                "angles": tuple(AngleAbout(key=key, title=title) for key, title in first),
                "interpreters": tuple(
                    InterpreterAbout(key=key, title=title, language=language)
                    for key, title, language in interpreters
                ),
            }
        )
        if changed != holding.about and holding.about.state == "recording":
            holding.about = changed
            self._keeping.put(holding.save_about)

    def seal(self, channel: str, withheld: Withheld) -> None:
        holding = self._holding(channel)
        try:
            secret = self.keys.secret(key_of_sealed(channel))
        except OSError:
            # The stop itself must not fail of it.
            log.exception("what was withheld of %s cannot be sealed and is lost", channel)
            return
        # Whatever else gives way, this is kept: it may be what somebody has to account for.
        self._keeping.put(lambda: self._seal(holding, secret, withheld))

    def _seal(self, holding: Holding, secret: bytes, withheld: Withheld) -> None:
        seal(holding.folder, secret, withheld)
        if self._uploads is not None:
            self._uploads.sealed(holding.channel)

    def finish(self, channel: str) -> None:
        """The channel has ended. May be repeated."""
        holding = self._holdings.get(channel)
        if holding is None or holding.about.state == "kept" or holding.destroyed:
            return
        for shelf in holding.shelves.values():
            shelf.closed = True
        self._keeping.put(lambda: self._finish(holding))

    def _finish(self, holding: Holding) -> None:
        if holding.about.state == "kept" or holding.destroyed:
            return
        holding.finish()
        if self._uploads is not None:
            self._uploads.wake()
        else:
            holding.close_files()

    # --- For films (in a thread: these block) ----------------------------------------------------------

    def writer(self, recording: str, *, began: datetime) -> Writer:
        """What a killed conversion left of this recording is removed first. Raises OSError.

        Live goes on with a key that no disk would keep; of a film nothing would be left but noise, and its upload
        is removed when it is whole.
        """
        self.remove(recording)
        cipher = self._ciphers[recording] = Cipher(self.secret(recording), self.rotation_s)
        holding = self._holding(recording)
        return Writer(
            holding,
            cipher=cipher,
            began=began,
            room=self._room,
            finished=lambda: self._finish(holding),
            abandoned=lambda: self.remove(recording),
        )

    def remove(self, recording: str) -> None:
        """As if it had never been; a recording of the same name may follow. For good is `destroy`."""
        holding = self._holdings.pop(recording, None)
        self._ciphers.pop(recording, None)
        self._opened.pop(recording, None)
        self.keys.forget(recording)
        self.keys.forget(key_of_sealed(recording))
        if holding is not None:
            holding.close_files()
            shutil.rmtree(holding.folder, ignore_errors=True)
            if self._uploads is not None:
                self._uploads.remove(recording)

    # --- The end of a recording ------------------------------------------------------------------------

    def destroy(self, channel: str) -> None:
        """The key first, on the disk when this returns; then the ciphertext that is of no use any more.

        Raises OSError if it must be repeated; nobody gets anything of it from us in any case.
        """
        try:
            self.keys.destroy(channel)
        finally:
            try:
                self.keys.destroy(key_of_sealed(channel))
            finally:
                self._drop(channel)

    def _drop(self, channel: str) -> None:
        self._ciphers.pop(channel, None)
        self._opened.pop(channel, None)
        self._reading.forget(channel)
        holding = self._holdings.get(channel)
        if holding is None or (holding.destroyed and not holding.files and not self._discards):
            return
        for shelf in holding.shelves.values():
            shelf.closed = True
        holding.shelves.clear()
        if not holding.destroyed:
            holding.destroyed = True
            with contextlib.suppress(OSError):
                (holding.folder / STORED).unlink(missing_ok=True)
        self._keeping.put(lambda: self._discard(holding))

    def _discard(self, holding: Holding) -> None:
        holding.close_files()
        if not self._discards:
            return
        for found in holding.folder.iterdir():
            if found.is_dir():
                shutil.rmtree(found, ignore_errors=True)
        holding.forget_indexes()
        if self._uploads is not None:
            self._uploads.wake()

    # --- For viewers ---------------------------------------------------------------------------------

    def recording(self, channel: str) -> Recorded | None:
        """None if there is none, or no longer a key to it."""
        holding = self._holdings.get(channel)
        if holding is None or holding.destroyed:
            return None
        opened = self._opened.get(channel)
        if opened is None:
            if not self._has_key(channel) or not holding.renditions():
                return None
            opened = Recorded(holding, cipher=self.cipher(channel), reading=self._reading)
            self._opened[channel] = opened
            self._close_oldest()
            # Before somebody asks for what is in them.
            self._reading.ahead(opened.load)
        self._opened.move_to_end(channel)
        return opened

    def _has_key(self, channel: str) -> bool:
        try:
            return self.keys.known(channel) is not None
        except OSError:
            log.exception("the key of %s cannot be read", channel)
            return False

    def _close_oldest(self) -> None:
        while len(self._opened) > MOST_OPEN:
            channel, _ = self._opened.popitem(last=False)
            self._holdings[channel].forget_indexes()

    # --- The report ----------------------------------------------------------------------------------

    def recordings(self) -> dict[str, RecordingStatus]:
        away = "" if self._uploads is None else self._uploads.trouble
        found: dict[str, RecordingStatus] = {}
        for channel, holding in list(self._holdings.items()):
            stored = self._uploads is None or (holding.folder / STORED).exists()
            found[channel] = holding.status(stored=stored, detail="" if stored else away)
        return found

    def disk(self) -> DiskStatus:
        return self._room.status

    # --- Life ----------------------------------------------------------------------------------------

    def _holding(self, channel: str) -> Holding:
        holding = self._holdings.get(channel)
        if holding is None:
            if NAME.fullmatch(channel) is None or "." in channel:
                raise ValueError(f"{channel!r} cannot be the name of a channel")
            holding = Holding(self.folder / channel, About(channel=channel))
            self._holdings[channel] = holding
            try:
                holding.save_about()
            except OSError:
                # It is written again at the end; the renditions tell enough by themselves.
                log.exception("%s cannot be described on the disk", channel)
        return holding

    def _look(self) -> None:
        """Each second, in the writing thread."""
        self._room.look()
        for holding in list(self._holdings.values()):
            for files in list(holding.files.values()):
                with contextlib.suppress(OSError):
                    files.sync()
            holding.let_go()

    def drain(self) -> bool:
        """Blocks until everything handed over so far is written; for tests and tools."""
        return self._keeping.drain(30)

    async def close(self) -> None:
        """Everything handed over is written first. The recordings stay open for the next run."""
        await asyncio.to_thread(self.shut)

    def shut(self) -> None:
        """As `close`, but blocks."""
        if self._uploads is not None:
            self._uploads.close()
        self._keeping.close()
        for holding in self._holdings.values():
            holding.close_files()
        self._reading.close()
