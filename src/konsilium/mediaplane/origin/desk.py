"""The director's desk: what the doors of one hall say of themselves, five times a second."""

import asyncio
from collections.abc import AsyncIterator, Callable

from konsilium.mediaplane.origin.answers import NO_SNIFFING, NO_STORE, Header, Headers, Ready, Refusal, Stream
from konsilium.mediaplane.origin.decide import NOTHING
from konsilium.mediaplane.origin.needs import Studio

#: Fast enough for a level meter.
EVERY_S = 0.2
EVENT_STREAM: Header = (b"content-type", b"text/event-stream; charset=utf-8")
#: nginx passes on what comes, as it comes.
UNBUFFERED: Header = (b"x-accel-buffering", b"no")


def desk(
    studio: Studio, hall: str, ending: asyncio.Event, cors: Headers, admit: Callable[[], object]
) -> Stream:
    """`admit` raises Refusal when the grant is no longer good: whoever has another one comes again with it."""
    headers = (EVENT_STREAM, UNBUFFERED, NO_SNIFFING, NO_STORE, *cors)
    return Stream(200, headers, _events(studio, hall, ending, admit), None)


async def _events(
    studio: Studio, hall: str, ending: asyncio.Event, admit: Callable[[], object]
) -> AsyncIterator[bytes]:
    yield b"retry: 1000\n\n"
    while not ending.is_set():
        try:
            admit()
        except Refusal:
            return
        yield b"data: " + report_of(studio, hall) + b"\n\n"
        await asyncio.sleep(EVERY_S)


def report_of(studio: Studio, hall: str) -> bytes:
    """The status with nothing of other halls in it."""
    whole = studio.status
    channels = studio.channels_of(hall)
    doors = {key: door for key, door in whole.doors.items() if key.startswith(hall + ".")}
    own = whole.model_copy(
        update={
            "doors": doors,
            "channels": {key: channel for key, channel in whole.channels.items() if key in channels},
            "recordings": {key: one for key, one in whole.recordings.items() if key in channels},
            "conversions": {},
        }
    )
    return own.model_dump_json().encode()


def thumbnail(studio: Studio, hall: str, feed: str, cors: Headers) -> Ready:
    picture = studio.thumbnail(f"{hall}.{feed}")
    if picture is None:
        raise Refusal(404, NOTHING)
    return Ready(200, ((b"content-type", b"image/jpeg"), NO_SNIFFING, NO_STORE, *cors), picture)
