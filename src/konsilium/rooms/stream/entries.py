"""Events as the tail keeps them: encoded once, whole for their audience and bare for everybody else."""

from collections.abc import Iterable
from dataclasses import dataclass

from konsilium.rooms import wire
from konsilium.rooms.decisions import EVERYONE, Viewer
from konsilium.rooms.models import Event


@dataclass(frozen=True, slots=True)
class Entry:
    """One event: as JSON, and as a ready chunk of a stream over HTTP/1.1."""

    version: int
    audience: frozenset[str]
    public: bool
    full: bytes
    bare: bytes
    full_chunk: bytes
    bare_chunk: bytes

    def json_for(self, viewer: Viewer) -> bytes:
        return self.full if self.public or viewer.sees(self.audience) else self.bare

    def chunk_for(self, viewer: Viewer) -> bytes:
        return self.full_chunk if self.public or viewer.sees(self.audience) else self.bare_chunk


def entry_of(event: Event) -> Entry:
    full, bare = wire.encode(wire.full(event)), wire.encode(wire.bare(event))
    return Entry(
        version=event.version,
        audience=frozenset(event.audience),
        public=EVERYONE in event.audience,
        full=full,
        bare=bare,
        full_chunk=chunk(message(event.version, full)),
        bare_chunk=chunk(message(event.version, bare)),
    )


def message(version: int, data: bytes) -> bytes:
    """An event of the stream; its id is what a browser sends back as Last-Event-ID."""
    return b"id: %d\ndata: %s\n\n" % (version, data)


def named_message(name: str, data: object) -> bytes:
    """A message that is no event of the room (`resync`, `presence`): it has no id and leaves none behind."""
    return b"event: %s\ndata: %s\n\n" % (name.encode(), wire.encode(data))


def chunk(body: bytes) -> bytes:
    """RFC 9112 §7.1: chunk-size in hexadecimal, CRLF, chunk-data, CRLF."""
    return b"%x\r\n%s\r\n" % (len(body), body)


def unchunk(ready: bytes) -> bytes:
    """The body of one chunk, for connections whose transport was not lent."""
    return ready[ready.index(b"\r\n") + 2 : -2]


def poll_answer(*, version: int, entries: Iterable[Entry], viewer: Viewer, watching: int) -> bytes:
    events = b",".join(entry.json_for(viewer) for entry in entries)
    return b'{"version":%d,"events":[%s],"watching":%d}' % (version, events, watching)
