"""A stop at a running server whose database is really away: locked by somebody who does not let go."""

import json
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin
from urllib.request import Request, urlopen

import pytest

from bench.demo_server import DemoServer
from bench.restart import MAP, Viewer
from bench.visitor import Visitor
from konsilium.foundation.ids import new_id


def until(condition: Callable[[], bool], within: float, what: str) -> float:
    """How long it took."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < within, f"{what} did not come about within {within} s"
        time.sleep(0.02)
    return time.monotonic() - began


class Page:
    """What somebody's page of the room holds in readiness."""

    def __init__(self, demo: DemoServer, who: str) -> None:
        self.visitor = Visitor(demo.ready["logins"][who])
        self.facts = self.visitor.bootstrap(demo.ready["live_room"])

    def press(self, query: str = "") -> Any:
        headers = {"Authorization": f"Bearer {self.facts['stop_token']}"}
        url = urljoin(self.visitor.site, self.facts["stop_url"]) + query
        with urlopen(Request(url, method="POST", headers=headers), timeout=5) as answer:  # noqa: S310
            return json.loads(answer.read())

    def command(self, name: str, *, timeout: float = 20, age_ms: int = 0, **data: object) -> Any:
        body = {"id": str(new_id()), "name": name, "data": data, "age_ms": age_ms}
        return self.visitor.post(self.facts["commands_url"], body, timeout=timeout)

    def operation(self) -> Any:
        return json.loads(self.visitor.get(self.facts["snapshot_url"]))["state"]["operation"]


class Audience(Viewer):
    def shows_slate(self) -> bool:
        """By what it is made of: every period has an address of its own, and slates are coded alike."""
        newest = MAP.findall(self.visitor.get(self.playlist).decode())[-1]
        return self._init(newest) == self._init(self.slate)

    def _init(self, name: str) -> bytes:
        return self.visitor.get(urljoin(self.playlist, name))


@dataclass
class House:
    """A running server, who may stop, and who watches: a link signs in once."""

    demo: DemoServer
    surgeon: Page
    advocate: Page
    audience: Audience


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with DemoServer(tmp_path_factory.mktemp("demo")) as demo:
        yield House(demo, Page(demo, "surgeon"), Page(demo, "advocate"), Audience(demo))


def test_two_press_while_the_database_is_away(house: House) -> None:
    pages, audience = [house.surgeon, house.advocate], house.audience
    until(lambda: not audience.shows_slate(), 60, "the picture")
    # Its own autocommit: Python would begin a transaction of its own.
    with closing(
        sqlite3.connect(house.demo.folder / "data" / "konsilium.sqlite3", isolation_level=None)
    ) as away:
        away.execute("BEGIN EXCLUSIVE")
        # No stop: it would still be waiting for the database when that comes back.
        with pytest.raises(OSError, match=r"timed out|50[03]"):
            pages[0].command("quiet.set", timeout=1)
        assert not audience.shows_slate()
        with ThreadPoolExecutor(len(pages)) as threads:
            began = time.monotonic()
            answers = list(threads.map(Page.press, pages))
        assert [list(answer) for answer in answers] == [["stopped"], ["stopped"]]
        until(audience.shows_slate, 1 - (time.monotonic() - began), "the slate")
        for _ in range(15):
            time.sleep(0.2)
            assert audience.shows_slate()
    until(lambda: pages[0].operation()["state"] == "stopped", 30, "the stop of the operation")


def test_one_that_comes_late_leaves_on_air_what_went_on_since(house: House) -> None:
    surgeon, advocate, audience = house.surgeon, house.advocate, house.audience
    audience.renew()
    assert surgeon.operation()["state"] == "stopped", "by the test before"
    surgeon.command("operation.resume", stopped_at=surgeon.operation()["stopped_at"])
    until(lambda: not audience.shows_slate(), 30, "the picture")
    assert advocate.press("?age_ms=600000") == {"overtaken": True}
    assert advocate.command("operation.stop", age_ms=600_000)["result"] == {"overtaken": True}
    time.sleep(1)
    assert surgeon.operation()["state"] == "on_air"
    assert not audience.shows_slate()
    assert list(advocate.press("?age_ms=0")) == ["stopped"]
    until(audience.shows_slate, 1, "the slate")
    until(lambda: surgeon.operation()["state"] == "stopped", 10, "the stop of the operation")
