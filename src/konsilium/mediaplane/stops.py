"""Stops pressed at the media plane itself: they hold without a web plane, without a database, and after a crash."""

import logging
import os
import threading
from collections.abc import Collection
from datetime import UTC, datetime
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from konsilium.mediaplane.plan import ChannelPlan
from konsilium.mediaplane.status import StopStatus

log = logging.getLogger(__name__)

_FILE = TypeAdapter(dict[str, StopStatus])


def lifts(channel: ChannelPlan, stop: StopStatus) -> bool:
    """Whether the plan goes on although it knows of this stop; one that does not know of it has nothing to say."""
    known = channel.stop_known is not None and channel.stop_known >= stop.at
    return channel.state == "live" and known


class Stops:
    """Kept in one small file. One that cannot be read may have held a stop of any channel, so all are stopped.

    Everything but `save` is called in one event loop, and returns at once.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._saving = threading.Lock()
        #: When the file could not be read, until there are channels that this can be said of.
        self._unread: datetime | None = None
        self._stops: dict[str, StopStatus] = self._read()
        #: There is something to be saved.
        self.changed = False

    def __getitem__(self, channel: str) -> StopStatus:
        return self._stops[channel]

    def get(self, channel: str) -> StopStatus | None:
        return self._stops.get(channel)

    def press(self, channel: str, *, person: str, at: datetime) -> None:
        """Holds from now on, in memory; `save` makes it last."""
        before = self._stops.get(channel)
        if before is None or before.at < at:
            self._stops[channel] = StopStatus(at=at, person=person)
            self.changed = True

    def follow(self, channel: ChannelPlan) -> ChannelPlan:
        """The plan as it is to be run: stopped, as long as a stop is not lifted."""
        stop = self._stops.get(channel.id)
        if stop is None or channel.state == "ended":
            return channel
        if lifts(channel, stop):
            del self._stops[channel.id]
            self.changed = True
            return channel
        return channel.model_copy(update={"state": "stopped"})

    def keep_only(self, channels: Collection[str]) -> None:
        """Channels that no plan names any more are over."""
        if self._unread is not None:
            for channel in channels:
                self.press(channel, person="", at=self._unread)
            self._unread = None
        gone = self._stops.keys() - set(channels)
        if gone:
            self._stops = {key: stop for key, stop in self._stops.items() if key not in gone}
            self.changed = True

    def save(self) -> None:
        """Durable when it returns, from any thread: whoever saves last saves what is true by then. Raises OSError."""
        with self._saving:
            self.changed = False
            try:
                self._write(_FILE.dump_json(dict(self._stops)))
            except OSError:
                self.changed = True
                raise

    def _write(self, data: bytes) -> None:
        draft = self._path.with_suffix(".part")
        with draft.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(self._path)
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def _read(self) -> dict[str, StopStatus]:
        try:
            return _FILE.validate_json(self._path.read_bytes())
        except FileNotFoundError:
            return {}
        except (OSError, ValidationError) as error:
            log.error("the stops cannot be read, so all is stopped: %s", error)  # noqa: TRY400 - it says it all
            self._unread = datetime.now(UTC)
            return {}
