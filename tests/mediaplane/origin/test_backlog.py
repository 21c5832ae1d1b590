"""What waits is done in slices, so that something urgent comes between."""

import asyncio

import pytest

from konsilium.mediaplane.grants import STOP
from konsilium.mediaplane.hls import ChannelState
from konsilium.mediaplane.origin.backlog import SLICE_S, Backlog
from tests.mediaplane.origin.http import CHANNEL, Origin
from tests.mediaplane.origin.test_server import BASE, Client, next_reload, until_held


class Clock:
    """Goes on by a quarter of a slice whenever it is looked at."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        self.now += SLICE_S / 4
        return self.now


async def test_a_slice_in_each_turn_of_the_loop() -> None:
    backlog, done = Backlog(clock=Clock()), list[object]()
    for number in range(10):
        backlog.add(lambda number=number: done.append(number))  # type: ignore[misc]
    asyncio.get_running_loop().call_soon(lambda: done.append("urgent"))
    for _ in range(5):
        await asyncio.sleep(0)
    assert done == [0, 1, 2, 3, "urgent", 4, 5, 6, 7, 8, 9]


async def test_what_is_added_meanwhile_comes_last_and_once() -> None:
    backlog, done = Backlog(), list[str]()

    def first() -> None:
        done.append("first")
        backlog.add(lambda: done.append("third"))

    backlog.add(first)
    backlog.add(lambda: done.append("second"))
    for _ in range(5):
        await asyncio.sleep(0)
    assert done == ["first", "second", "third"]
    assert not len(backlog)


async def test_one_that_fails_keeps_nobody_waiting(caplog: pytest.LogCaptureFixture) -> None:
    backlog, done = Backlog(), list[int]()
    backlog.add(lambda: done.append(1 // 0))
    backlog.add(lambda: done.append(2))
    for _ in range(5):
        await asyncio.sleep(0)
    assert done == [2]
    assert "could not be answered" in caplog.text


async def test_a_stop_does_not_wait_behind_those_who_watch() -> None:
    """A hundred are released at once, and a hundred ask: the stop is pressed after all of them."""
    origin = Origin()
    origin.app.backlog = Backlog(clock=Clock())
    stopped_at = list[int]()
    stop_channel = origin.stop_channel

    def noted(*pressed: object) -> str:
        stopped_at.append(len(origin.app.backlog))
        return stop_channel(*pressed)  # type: ignore[arg-type]

    origin.stop_channel = noted  # type: ignore[method-assign,assignment]
    async with origin.served():
        watching, asking, surgeon = ([Client(origin) for _ in range(count)] for count in (100, 100, 1))
        for client in (*watching, *asking, *surgeon):
            await client.__aenter__()
        for client in watching:
            client.send(next_reload(origin))
        await until_held(origin, len(watching))
        origin.pass_time(0.2)
        for client in asking:
            client.send(f"{BASE}/video.m3u8")
        surgeon[0].grant = origin.grant(holder="surgeon", acts=[STOP])
        surgeon[0].send(f"/media/{CHANNEL}/stop", method="POST", headers="Content-Length: 0\r\n")
        assert (await surgeon[0].receive()).status == 200
        assert origin.channel.state is ChannelState.STOPPED
        assert stopped_at[0] > 50, "everybody had been answered before"
        answers = [await client.receive() for client in (*watching, *asking)]
        assert {answer.status for answer in answers} == {200}
        for client in (*watching, *asking, *surgeon):
            await client.__aexit__()


async def test_what_comes_in_pieces_while_it_waits_is_read_in_order() -> None:
    origin = Origin()
    async with origin.served(), Client(origin) as client:
        head = f"HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {client.grant}\r\n\r\n"
        whole = f"GET {BASE}/video.m3u8 {head}GET {BASE}/nothing-1.m4s {head}".encode()
        for at in (0, 40, 90):
            client.writer.write(whole[at : at + (40 if at == 0 else 50)])
            await asyncio.sleep(0)
        client.writer.write(whole[140:])
        assert (await client.receive()).status == 200
        assert (await client.receive()).status == 404
