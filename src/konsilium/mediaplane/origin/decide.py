"""What the origin answers. No byte is sent here: a request comes in as values, and so does what becomes of it."""

import gzip
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from konsilium.mediaplane.cmaf import Kind
from konsilium.mediaplane.hls import Reject, Timeline, WaitFor, reload_verdict
from konsilium.mediaplane.hls.clock import AUDIO_TIMESCALE
from konsilium.mediaplane.origin.answers import (
    NO_SNIFFING,
    NO_STORE,
    Answer,
    Header,
    Headers,
    Held,
    Later,
    Ready,
    Refusal,
)
from konsilium.mediaplane.origin.channel import ChannelTimelines
from konsilium.mediaplane.origin.needs import Recorded
from konsilium.mediaplane.origin.requests import (
    Asker,
    ContentKey,
    Directives,
    Master,
    Media,
    Playlist,
    Readable,
)
from konsilium.mediaplane.origin.waiting import ForPart, ForReload

PLAYLIST_TYPE: Final[Header] = (b"content-type", b"application/vnd.apple.mpegurl")
VIDEO_TYPE: Final[Header] = (b"content-type", b"video/mp4")
AUDIO_TYPE: Final[Header] = (b"content-type", b"audio/mp4")
BYTES_TYPE: Final[Header] = (b"content-type", b"application/octet-stream")
GZIP: Final[Header] = (b"content-encoding", b"gzip")
#: Media are ciphertext, and a name never has two contents.
FOR_EVER: Final[Header] = (b"cache-control", b"public, max-age=86400, immutable")
#: RFC 8216bis B.1 asks for six target durations: its address says which part it contains at least.
BLOCKING: Final[Header] = (b"cache-control", b"public, max-age=24")
#: What is asked without saying how new it must be: the shortest time that HTTP can say.
MOMENTARY: Final[Header] = (b"cache-control", b"public, max-age=1")
VARY_PLAYLIST: Final[Header] = (b"vary", b"accept-encoding, origin")
VARY: Final[Header] = (b"vary", b"origin")
NOTHING: Final = "There is nothing here."
IN_VAIN: Final = "Nothing new came for three target durations."
AWAY: Final = "It lies where nobody answers at the moment."


@dataclass(slots=True)
class Asked:
    """Of somebody who may have it, and of a channel's directives."""

    asker: Asker
    directives: Directives
    #: What another host's page needs to be told, if it is one that may ask.
    cors: Headers

    def ready(self, body: bytes, *headers: Header) -> Ready:
        return Ready(200, (*headers, NO_SNIFFING, *self.cors), body)

    def nothing(self) -> Ready:
        return Refusal(404, NOTHING).ready(self.cors)

    def in_vain(self) -> Ready:
        return Refusal(503, IN_VAIN).ready(self.cors)


Past = Callable[[], Recorded | None]

# --- A channel that runs ---------------------------------------------------------------------------------


def live(
    channel: ChannelTimelines,
    asked: Asked,
    resource: Readable,
    past: Past,
) -> Answer:
    """`past` knows what the channel itself no longer keeps."""
    match resource:
        case Playlist():
            return _playlist(channel, asked, resource)
        case Media():
            return _media(channel, asked, resource, past)
        case ContentKey(number):
            key = channel.key(number)
            if key is None and (recording := past()) is not None:
                return recorded(recording, asked, resource)
            return asked.nothing() if key is None else asked.ready(key, BYTES_TYPE, VARY, NO_STORE)
        case Master(listen):
            return _master(channel, asked, listen=listen)


def _master(channel: ChannelTimelines, asked: Asked, *, listen: bool) -> Answer:
    feed, explicit_iv = asked.directives.feed, asked.directives.explicit_iv
    if listen:
        text = channel.listen_master(explicit_iv=explicit_iv)
    elif feed is None or channel.has_angle(feed):
        text = channel.master(feed, explicit_iv=explicit_iv)
    else:
        return asked.nothing()
    return asked.ready(text, PLAYLIST_TYPE, VARY, MOMENTARY)


def _playlist(channel: ChannelTimelines, asked: Asked, resource: Playlist) -> Answer:
    timeline = channel.timeline(resource.rendition)
    if timeline is None or (resource.name == "audio") != _is_sound(timeline):
        return asked.nothing()
    directives = asked.directives
    verdict = reload_verdict(timeline, directives.msn, directives.part)
    if isinstance(verdict, Reject):
        return Refusal(verdict.status, f"Bad request (RFC 8216bis {verdict.clause}).").ready(asked.cors)
    if isinstance(verdict, WaitFor):
        again = partial(_playlist, channel, asked, resource)
        target = ForReload(verdict.msn, verdict.part)
        return _held(channel, asked, resource.rendition, timeline, target, again)
    body = channel.playlist(
        resource.rendition,
        skip=directives.skip,
        packed=asked.asker.packed,
        explicit_iv=directives.explicit_iv,
    )
    return _playlist_ready(asked, body, MOMENTARY if directives.msn is None else BLOCKING)


def _playlist_ready(asked: Asked, body: bytes, kept: Header) -> Ready:
    """`body` is packed if whoever asks can unpack it."""
    encoding = (GZIP,) if asked.asker.packed else ()
    return asked.ready(body, PLAYLIST_TYPE, *encoding, VARY_PLAYLIST, kept)


def _media(channel: ChannelTimelines, asked: Asked, resource: Media, past: Past) -> Answer:
    timeline = channel.timeline(resource.rendition)
    if timeline is None:
        return asked.nothing()
    match resource.kind:
        case "part":
            return _part(channel, asked, resource, timeline)
        case "init":
            body = timeline.init(resource.number)
        case "seg":
            segment = timeline.segment(resource.number)
            body = None if segment is None else segment.data
    if body is None:
        return Later(partial(_from_the_shelf, channel, asked, resource, _type_of(timeline), past))
    return asked.ready(body, _type_of(timeline), VARY, FOR_EVER)


def _part(channel: ChannelTimelines, asked: Asked, resource: Media, timeline: Timeline) -> Answer:
    part = timeline.part(resource.number)
    if part is not None:
        return asked.ready(part.data, _type_of(timeline), VARY, FOR_EVER)
    if timeline.ended or timeline.end != resource.number:
        return asked.nothing()
    # RFC 8216bis 4.4.5.3: a hinted part is held until it is there.
    again = partial(_part, channel, asked, resource, timeline)
    return _held(channel, asked, resource.rendition, timeline, ForPart(resource.number), again)


async def _from_the_shelf(
    channel: ChannelTimelines, asked: Asked, resource: Media, kind: Header, past: Past
) -> Answer:
    if resource.kind == "seg":
        body = await channel.segment(resource.rendition, resource.number)
        if body is not None:
            return asked.ready(body, kind, VARY, FOR_EVER)
    recording = past()
    return asked.nothing() if recording is None else recorded(recording, asked, resource)


def _held(
    channel: ChannelTimelines,
    asked: Asked,
    rendition: str,
    timeline: Timeline,
    target: ForReload | ForPart,
    again: "partial[Answer]",
) -> Answer:
    if channel.closed:
        return asked.in_vain()
    room = channel.waiting_room(rendition)
    return Held(room, target, timeline.limits.longest_wait_s, again, asked.in_vain)


def _type_of(timeline: Timeline) -> Header:
    return AUDIO_TYPE if _is_sound(timeline) else VIDEO_TYPE


def _is_sound(timeline: Timeline) -> bool:
    return timeline.timescale == AUDIO_TIMESCALE


# --- A recording -----------------------------------------------------------------------------------------


def recorded(recording: Recorded, asked: Asked, resource: Readable) -> Answer:
    if recording.prepared:
        return _recorded(recording, asked, resource)
    return Later(partial(_prepared, recording, asked, resource))


async def _prepared(recording: Recorded, asked: Asked, resource: Readable) -> Answer:
    await recording.prepare()
    return _recorded(recording, asked, resource)


def _recorded(recording: Recorded, asked: Asked, resource: Readable) -> Answer:
    match resource:
        case ContentKey(number):
            key = recording.key(number)
            return asked.nothing() if key is None else asked.ready(key, BYTES_TYPE, VARY, NO_STORE)
        case Media():
            return Later(partial(_recorded_media, recording, asked, resource))
        case Playlist(rendition, name):
            kind = recording.kinds.get(rendition)
            if kind is None or (kind is Kind.AUDIO) != (name == "audio"):
                return asked.nothing()
            return Later(partial(_recorded_playlist, recording, asked, rendition))
        case Master(listen):
            return _recorded_master(recording, asked, listen=listen)


def _recorded_master(recording: Recorded, asked: Asked, *, listen: bool) -> Answer:
    said = asked.directives
    if said.feed is not None and recording.kinds.get(said.feed) is not Kind.VIDEO:
        return asked.nothing()
    if listen:
        text = recording.listen(said.begin, said.end, explicit_iv=said.explicit_iv)
    else:
        text = recording.master(said.feed, said.begin, said.end, explicit_iv=said.explicit_iv)
    body = text.encode()
    if asked.asker.packed:
        body = gzip.compress(body, compresslevel=5, mtime=0)
    return _playlist_ready(asked, body, MOMENTARY)


async def _recorded_playlist(recording: Recorded, asked: Asked, rendition: str) -> Ready:
    said = asked.directives
    body = await recording.playlist_bytes(
        rendition, said.begin, said.end, packed=asked.asker.packed, explicit_iv=said.explicit_iv
    )
    return _playlist_ready(asked, body, MOMENTARY)


async def _recorded_media(recording: Recorded, asked: Asked, resource: Media) -> Ready:
    kind = recording.kinds.get(resource.rendition)
    body: bytes | None = None
    if kind is not None and resource.kind == "init":
        body = recording.init(resource.rendition, resource.number)
    elif kind is not None and resource.kind == "seg":
        body = await recording.segment(resource.rendition, resource.number)
        if body is None and recording.is_away:
            # Players ask again after a 503, and give up after a 404.
            return Refusal(503, AWAY).ready(asked.cors)
    if body is None:
        return asked.nothing()
    return asked.ready(body, AUDIO_TYPE if kind is Kind.AUDIO else VIDEO_TYPE, VARY, FOR_EVER)
