"""The slate on purpose: behind what was released, and nothing of what happens meanwhile ever comes out."""

from datetime import timedelta

import pytest

from konsilium.mediaplane.hls import SOUND
from tests.mediaplane.hls.test_delay_line import ANGLES, all_connected, connect, live, shown, told

KEYS = (*ANGLES, SOUND)


@pytest.mark.parametrize("delay", [0.0, 0.5, 5.0])
def test_what_was_taken_before_comes_out_and_nothing_of_what_happens_behind_it(delay: float) -> None:
    studio = all_connected(delay)
    studio.run(delay + 4)
    began = studio.now
    studio.channel.set_slate(True, began)
    studio.run(delay + 6)
    ended = studio.now
    for key in KEYS:
        assert told(studio, key) == "SLS"
        assert began - timedelta(seconds=0.3) < live(studio, key)[-1][1] <= began
        assert studio.now - studio.rendition(key).end < timedelta(seconds=0.3), "no player waits for it"
    studio.channel.set_slate(False, ended)
    studio.run(delay + 4)
    for key in KEYS:
        assert told(studio, key) == "SLSL"
        assert not [taken for _, taken in live(studio, key) if began <= taken < ended]
        assert live(studio, key)[-1][1] > ended


def test_it_is_gone_before_what_the_delay_holds_came_out() -> None:
    studio = all_connected(8.0)
    studio.run(12)
    began = studio.now
    studio.channel.set_slate(True, began)
    studio.run(3)
    ended = studio.now
    studio.channel.set_slate(False, ended)
    studio.run(12)
    for key in KEYS:
        assert told(studio, key) == "SLSL"
        slate = [at for at, taken in shown(studio, key) if taken is None and at > began]
        assert timedelta(seconds=2.5) < slate[-1] - slate[0] < timedelta(seconds=5)
        assert not [taken for _, taken in live(studio, key) if began <= taken < ended]


def test_a_stop_meanwhile_cuts_and_the_slate_stays_after_it_is_lifted() -> None:
    studio = all_connected(5.0)
    studio.run(9)
    studio.channel.set_slate(True, studio.now)
    studio.run(1)
    withheld = studio.channel.stop(studio.now)
    assert {one.rendition for one in withheld} == set(KEYS)
    studio.run(1)
    studio.channel.resume(studio.now)
    studio.run(8)
    for key in KEYS:
        assert told(studio, key) == "SLS"
    studio.channel.set_slate(False, studio.now)
    studio.run(8)
    for key in KEYS:
        assert told(studio, key) == "SLSL"


def test_it_waits_while_the_channel_is_stopped() -> None:
    studio = all_connected()
    studio.run(3)
    studio.channel.stop(studio.now)
    studio.channel.set_slate(True, studio.now)
    studio.channel.set_slate(False, studio.now)
    studio.run(2)
    assert told(studio, "endoscope") == "SLS"


def test_a_source_that_begins_behind_it_is_not_seen() -> None:
    studio = all_connected()
    studio.run(3)
    studio.channel.set_slate(True, studio.now)
    studio.run(1)
    studio.disconnect("endoscope")
    connect(studio, "endoscope")
    studio.run(3)
    assert told(studio, "endoscope") == "SLS"
    studio.channel.set_slate(False, studio.now)
    studio.run(3)
    assert told(studio, "endoscope") == "SLSL"


def test_a_channel_may_begin_with_it() -> None:
    studio = all_connected()
    studio.channel.set_slate(True, studio.now)
    studio.run(3)
    assert {told(studio, key) for key in KEYS} == {"S"}


def test_the_end_is_the_end() -> None:
    studio = all_connected(2.0)
    studio.run(5)
    studio.channel.set_slate(True, studio.now)
    studio.channel.end()
    studio.run(3)
    assert studio.channel.over
