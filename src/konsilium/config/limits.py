"""How much one request may carry: refused before a byte of it is kept.

Django reads a request whole before any of our code sees it. What is longer than the longest piece of an upload
nobody here has asked for, and it must not fill memory or disk on its way to being refused.
"""

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from konsilium.broadcast.decisions import LONGEST_CHUNK

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

#: A piece of an upload and what surrounds it.
LONGEST_BODY = LONGEST_CHUNK + 4096
TOO_LARGE = json.dumps(
    {"code": "too_large", "message": "This is too long to be sent in one request."}
).encode()


class BodyLimit:
    """An ASGI application that lets requests up to a length through to the one inside."""

    def __init__(self, inside: App, longest: int = LONGEST_BODY) -> None:
        self.inside = inside
        self.longest = longest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if _announced(scope) > self.longest:
            await _refuse(send)
            return
        received, begun = 0, False

        async def counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > self.longest:
                raise _TooLongError
            return message

        async def sending(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self.inside(scope, counted, sending)
        except _TooLongError:
            if not begun:
                await _refuse(send)


class _TooLongError(Exception):
    """More came than was announced."""


def _announced(scope: Scope) -> int:
    for name, value in scope.get("headers", ()):
        if name == b"content-length":
            return int(value) if value.isdigit() else 0
    return 0


async def _refuse(send: Send) -> None:
    headers = [(b"content-type", b"application/json"), (b"connection", b"close")]
    await send({"type": "http.response.start", "status": 413, "headers": headers})
    await send({"type": "http.response.body", "body": TOO_LARGE})
