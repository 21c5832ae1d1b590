"""What becomes of a request, as values: the same for the ASGI application and for bare connections."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from functools import lru_cache
from http import HTTPStatus

from konsilium.mediaplane.origin.waiting import Target, WaitingRoom

Header = tuple[bytes, bytes]
Headers = tuple[Header, ...]

NO_STORE: Header = (b"cache-control", b"no-store")
NO_SNIFFING: Header = (b"x-content-type-options", b"nosniff")
PLAIN_TEXT: Header = (b"content-type", b"text/plain; charset=utf-8")


@dataclass(slots=True)
class Ready:
    """The whole answer. `headers` without content-length; few different ones, shared by all who get the same."""

    status: int
    headers: Headers
    body: bytes


@dataclass(slots=True)
class Held:
    """Nothing to say yet: wait until `room` releases the target, then ask `again`."""

    room: WaitingRoom
    target: Target
    patience_s: float
    again: "Callable[[], Answer]"
    #: Who waited in vain is told so.
    in_vain: "Callable[[], Ready]"


@dataclass(slots=True)
class Later:
    """Found on a disk or further away."""

    find: "Callable[[], Awaitable[Answer]]"


@dataclass(slots=True)
class Stream:
    """An answer that is made while it is sent; of unknown length if `size` is None."""

    status: int
    headers: Headers
    chunks: AsyncIterator[bytes]
    size: int | None


Answer = Ready | Held | Later | Stream


class Refusal(Exception):
    """Ends a decision early with a status and a plain sentence."""

    def __init__(self, status: int, sentence: str, *headers: Header) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence
        self.headers = headers

    def ready(self, cors: Headers) -> Ready:
        """Never kept by a cache: a part that was asked for too early is there a moment later."""
        own = _OF_STATUS.get(self.status, ())
        headers = (PLAIN_TEXT, *own, *self.headers, *cors, NO_SNIFFING, NO_STORE)
        return Ready(self.status, headers, (self.sentence + "\n").encode())


_OF_STATUS: dict[int, Headers] = {
    401: ((b"www-authenticate", b"Bearer"),),
    503: ((b"retry-after", b"1"),),
}


@lru_cache(maxsize=512)
def head_of(headers: Headers) -> bytes:
    """As HTTP/1.1 writes them, without the empty line that ends them."""
    return b"".join(name + b": " + value + b"\r\n" for name, value in headers)


@lru_cache(maxsize=64)
def status_line(status: int) -> bytes:
    return b"HTTP/1.1 %d %s\r\n" % (status, HTTPStatus(status).phrase.encode())


def has_body(status: int) -> bool:
    """RFC 9110 6.4.1: these have neither content nor a content-length of it."""
    return status >= 200 and status not in {204, 304}
