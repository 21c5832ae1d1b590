"""A benchmark that misses its hold ends with 1: what it measured is made up here, row by row."""

from dataclasses import replace
from typing import Any

import pytest

from bench import fanout, feed, latency, origin, restart, soak, stop

pytestmark = pytest.mark.unit

LATENCY = {"frames": 890, "frames_expected": 900, "p50_ms": 700, "p95_ms": 1200}
SOAK = {"fetched": 1000, "server_mb_per_hour": -30.0, "children_mb_per_hour": 8.0}
PRESS = {
    "viewers": 1500,
    "effect_ms": 100.0,
    "last_arrival_ms": 600.0,
    "got_the_slate": 1500,
    "theatre_frames_after": 0,
}
STEP = origin.Step(
    server="Konsilium",
    viewers=1500,
    stalls=0,
    stalled_s=0.0,
    failures=0,
    requests_per_s=12_000.0,
    megabits_per_s=900,
    cpu_percent=75.0,
    cpu_us_per_request=62.5,
    cpu_percent_per_viewer=0.05,
    viewers_percent=60.0,
    p50_ms=5.0,
    p99_ms=40.0,
)
EVENTS = fanout.Figures(
    server="Konsilium",
    readers=1500,
    deliveries=9000,
    expected=9000,
    p50_ms=20.0,
    p99_ms=50.0,
    max_ms=70.0,
    cpu_us_per_delivery=12.0,
    bytes_per_delivery=300.0,
)
PEER = replace(STEP, server=origin.PEER, stalls=9)


@pytest.mark.parametrize(
    ("change", "held"), [({}, True), ({"p99_ms": 50.1}, False), ({"deliveries": 8999}, False)]
)
def test_fanout(change: dict[str, Any], *, held: bool) -> None:
    bare = replace(EVENTS, server="bare asyncio writer", p99_ms=60.0)
    assert fanout.is_held([bare, replace(EVENTS, **change)]) is held


@pytest.mark.parametrize(
    ("feeds", "percent", "held"), [(1, 5.0, True), (1, 5.1, False), (4, 20.0, True), (4, 20.1, False)]
)
def test_feed(feeds: int, percent: float, *, held: bool) -> None:
    assert feed.is_held({"picture_path": percent, "hold": feed.HOLD_PERCENT * feeds}) is held


@pytest.mark.parametrize(("change", "held"), [({}, True), ({"p95_ms": 1201}, False), ({"frames": 9}, False)])
def test_latency(change: dict[str, int], *, held: bool) -> None:
    assert latency.is_held(LATENCY | change) is held


@pytest.mark.parametrize(
    ("change", "held"),
    [
        ({}, True),
        ({"server_mb_per_hour": 8.1}, False),
        ({"children_mb_per_hour": 8.1}, False),
        ({"fetched": 0}, False),
    ],
)
def test_soak(change: dict[str, Any], *, held: bool) -> None:
    assert soak.is_held(SOAK | change) is held


@pytest.mark.parametrize(
    ("killed", "picture_s", "held"),
    [
        ("everything", 5.0, True),
        ("everything", 5.1, False),
        ("the server", 6.0, True),
        ("the server", 10.1, False),
    ],
)
def test_restart(killed: str, picture_s: float, *, held: bool) -> None:
    backs = [restart.Back("everything", 1.0, 2.0, 3.0), restart.Back(killed, 1.0, 2.0, picture_s)]
    assert restart.is_held(backs) is held


@pytest.mark.parametrize(
    ("change", "held"),
    [
        ({}, True),
        ({"effect_ms": 100.1}, False),
        ({"last_arrival_ms": 601.0}, False),
        ({"got_the_slate": 1499}, False),
        ({"theatre_frames_after": 1}, False),
    ],
)
def test_stop(change: dict[str, float], *, held: bool) -> None:
    assert stop.is_held([PRESS, PRESS | change]) is held


@pytest.mark.parametrize(
    ("steps", "carried", "held"),
    [
        ([replace(STEP, viewers=500), STEP, replace(STEP, viewers=2000, stalls=3), PEER], 1500, True),
        (
            [replace(STEP, viewers=500), replace(STEP, stalls=1), replace(STEP, viewers=2000), PEER],
            500,
            False,
        ),
        ([replace(STEP, viewers=500), replace(STEP, failures=1)], 500, False),
        ([replace(STEP, viewers=500)], 500, True),
        ([replace(STEP, viewers=500, stalls=1)], 0, False),
    ],
)
def test_origin(steps: list[origin.Step], carried: int, *, held: bool) -> None:
    assert (origin.carried(steps), origin.is_held(steps)) == (carried, held)
