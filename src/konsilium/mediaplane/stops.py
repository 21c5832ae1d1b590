"""Stops pressed at the media plane itself: they hold without a web plane, without a database, and after a crash."""

import logging
import os
from collections.abc import Collection
from datetime import datetime
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
    """Kept in one small file; an unreadable one is put aside and everything stays as the plan says."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stops: dict[str, StopStatus] = self._read()

    def __getitem__(self, channel: str) -> StopStatus:
        return self._stops[channel]

    def get(self, channel: str) -> StopStatus | None:
        return self._stops.get(channel)

    def press(self, channel: str, *, person: str, at: datetime) -> None:
        """Holds from now on, in memory; `save` makes it last."""
        before = self._stops.get(channel)
        if before is None or before.at < at:
            self._stops[channel] = StopStatus(at=at, person=person)

    def follow(self, channel: ChannelPlan) -> ChannelPlan:
        """The plan as it is to be run: stopped, as long as a stop is not lifted."""
        stop = self._stops.get(channel.id)
        if stop is None or channel.state == "ended":
            return channel
        if lifts(channel, stop):
            del self._stops[channel.id]
            self.save()
            return channel
        return channel.model_copy(update={"state": "stopped"})

    def keep_only(self, channels: Collection[str]) -> None:
        """Channels that no plan names any more are over."""
        gone = self._stops.keys() - set(channels)
        if gone:
            self._stops = {key: stop for key, stop in self._stops.items() if key not in gone}
            self.save()

    def save(self) -> None:
        """Durable when it returns. Raises OSError."""
        draft = self._path.with_suffix(".part")
        with draft.open("wb") as file:
            file.write(_FILE.dump_json(self._stops))
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
            log.error("the stops cannot be read: %s", error)  # noqa: TRY400 - the reason says it all
            return {}
