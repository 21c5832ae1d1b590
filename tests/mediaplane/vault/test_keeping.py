"""The writing thread."""

import threading
import time
from functools import partial

import pytest

from konsilium.mediaplane.vault.keeping import Keeping

pytestmark = pytest.mark.unit


def test_in_order_and_all_of_it() -> None:
    done: list[int] = []
    keeping = Keeping(lambda: None)
    for number in range(100):
        assert keeping.put(lambda number=number: done.append(number))  # type: ignore[misc]
    keeping.close()
    assert done == list(range(100))
    assert not keeping.put(lambda: None)


def test_it_looks_although_there_is_always_something_to_write() -> None:
    looks: list[float] = []
    keeping = Keeping(lambda: looks.append(time.monotonic()), look_s=0.05)
    until = time.monotonic() + 5
    while len(looks) < 3 and time.monotonic() < until:
        keeping.put(lambda: time.sleep(0.002))
        time.sleep(0.001)
    assert len(looks) >= 3
    keeping.close()


def test_what_fails_is_not_the_end(caplog: pytest.LogCaptureFixture) -> None:
    done: list[str] = []

    def fails() -> None:
        raise OSError("no")

    keeping = Keeping(lambda: None)
    keeping.put(fails)
    keeping.put(lambda: done.append("next"))
    assert keeping.drain(5)
    assert done == ["next"]
    assert "stumbled" in caplog.text
    keeping.close()


def test_bounded() -> None:
    hold = threading.Event()
    keeping = Keeping(lambda: None, most_bytes=10)
    keeping.put(partial(_wait, hold))
    assert keeping.put(lambda: None, 6)
    assert not keeping.put(lambda: None, 6)
    assert keeping.put(lambda: None), "what has no size is always taken"
    hold.set()
    assert keeping.drain(5)
    assert keeping.put(lambda: None, 6)
    keeping.close()


def _wait(event: threading.Event) -> None:
    event.wait(5)
