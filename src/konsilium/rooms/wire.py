"""Events as they cross the wire."""

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from konsilium.rooms.decisions import JSON

if TYPE_CHECKING:
    from konsilium.rooms.models import Event


def iso(moment: datetime | None) -> str | None:
    """RFC 3339 in UTC with milliseconds, which is what browsers keep of a date."""
    if moment is None:
        return None
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def full(event: "Event") -> JSON:
    return {
        "v": event.version,
        "type": event.type,
        "at": iso(event.at),
        "media_time": iso(event.media_time),
        "data": event.data,
    }


def bare(event: "Event") -> JSON:
    """All that those outside the audience learn: that there was an event, so that gaps stay detectable."""
    return {"v": event.version}


def encode(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
