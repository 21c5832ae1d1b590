"""A request that is too long is refused before it fills anything."""

from typing import Any

from konsilium.config.limits import BodyLimit


async def answer(chunks: list[bytes], *, announced: bytes | None = None) -> tuple[int, int]:
    """Status, and how much the application inside was given."""
    given = 0

    async def inside(_scope: Any, receive: Any, send: Any) -> None:
        nonlocal given
        more = True
        while more:
            message = await receive()
            given += len(message["body"])
            more = message["more_body"]
        await send({"type": "http.response.start", "status": 204, "headers": []})

    waiting = list(chunks)
    sent: list[Any] = []

    async def receive() -> Any:
        return {"type": "http.request", "body": waiting.pop(0), "more_body": bool(waiting)}

    async def send(message: Any) -> None:
        sent.append(message)

    headers = [] if announced is None else [(b"content-length", announced)]
    await BodyLimit(inside, longest=10)({"type": "http", "headers": headers}, receive, send)
    return sent[0]["status"], given


async def test_up_to_the_limit_it_is_let_through() -> None:
    assert await answer([b"12345", b"67890"], announced=b"10") == (204, 10)


async def test_what_announces_more_is_not_even_read() -> None:
    assert await answer([b"12345"], announced=b"11") == (413, 0)


async def test_what_announces_nothing_is_counted() -> None:
    assert await answer([b"12345", b"67890", b"1", b"2"]) == (413, 10)


async def test_a_length_that_is_none_is_counted_too() -> None:
    assert await answer([b"12345"] * 4, announced=b"ten") == (413, 10)
