"""What is posted to the media plane: a stop, and what viewers' players measured."""

from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from konsilium.mediaplane.origin.answers import NO_SNIFFING, NO_STORE, Header, Headers, Ready, Refusal
from konsilium.mediaplane.origin.decide import NOTHING
from konsilium.mediaplane.origin.needs import Studio
from konsilium.mediaplane.plan import DoorId

#: More than either of them ever has.
MAX_BODY = 2048
JSON: Header = (b"content-type", b"application/json; charset=utf-8")


class Report(BaseModel):
    """Once in a while, from each viewer's page."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    #: Seconds from the theatre to the screen, safety delay included.
    behind_s: Annotated[float, Field(ge=0, le=86_400, allow_inf_nan=False)]
    #: Times the picture stood still since the last report.
    stalls: Annotated[int, Field(ge=0, le=10_000)]
    #: The rendition that is watched; "" for sound alone.
    feed: Annotated[str, Field(max_length=0)] | DoorId = ""


def stop(studio: Studio, channel: str, person: str, *, at: datetime, age: timedelta, cors: Headers) -> Ready:
    """Whoever asks here has shown a grant to stop. Twice is as good as once."""
    if (answer := studio.stop_channel(channel, person, at, age)) == "unknown":
        raise Refusal(404, NOTHING)
    if answer == "ended":
        raise Refusal(409, "The channel is over: there is nothing left to stop.")
    moment = at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    said = '{"overtaken": true}' if answer == "overtaken" else f'{{"stopped": "{moment}"}}'
    return Ready(200, (JSON, NO_SNIFFING, NO_STORE, *cors), said.encode())


def report(studio: Studio, channel: str, person: str, body: bytes, cors: Headers) -> Ready:
    try:
        said = Report.model_validate_json(body)
    except ValidationError as error:
        raise Refusal(400, f"Bad request: {_first_fault(error)}.") from None
    studio.report(channel, person, behind_s=said.behind_s, stalls=said.stalls, feed=said.feed)
    return Ready(204, (NO_SNIFFING, NO_STORE, *cors), b"")


def _first_fault(error: ValidationError) -> str:
    """Without the value: nothing of what somebody sent is sent back."""
    fault = error.errors(include_input=False, include_url=False, include_context=False)[0]
    place = ".".join(str(step) for step in fault["loc"] if step in Report.model_fields)
    return f"{place}: {fault['msg']}" if place else "the report is not what it should be"
