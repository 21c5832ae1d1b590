import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from konsilium.mediaplane.plan import ChannelPlan
from konsilium.mediaplane.stops import Stops

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def channel(state: str = "live", known: datetime | None = None) -> ChannelPlan:
    return ChannelPlan.model_validate(
        {
            "id": "one",
            "state": state,
            "sound": "endoscope",
            "feeds": [{"key": "endoscope", "door": "d", "title": "Endoscope"}],
            "stop_known": known,
        }
    )


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "stops.json"


def test_without_a_stop_the_plan_is_followed(path: Path) -> None:
    assert Stops(path).follow(channel()).state == "live"


@pytest.mark.parametrize(
    ("plan", "runs"),
    [
        pytest.param(channel("live"), "stopped", id="a plan that does not know of it"),
        pytest.param(channel("live", NOON - SECOND), "stopped", id="a plan that knows of an earlier one"),
        pytest.param(channel("stopped", NOON), "stopped", id="a plan that stopped as well"),
        pytest.param(channel("live", NOON), "live", id="a plan that knows of it and goes on"),
        pytest.param(channel("ended"), "ended", id="the end is no way back"),
    ],
)
def test_a_stop_holds_until_a_plan_that_knows_of_it_goes_on(path: Path, plan: ChannelPlan, runs: str) -> None:
    stops = Stops(path)
    stops.press("one", person="dana", at=NOON)
    assert stops.follow(plan).state == runs


def test_a_stop_outlives_the_process(path: Path) -> None:
    stops = Stops(path)
    stops.press("one", person="dana", at=NOON)
    stops.save()
    assert Stops(path).follow(channel()).state == "stopped"
    assert Stops(path)["one"].person == "dana"


def test_a_lifted_stop_is_forgotten_for_good(path: Path) -> None:
    stops = Stops(path)
    stops.press("one", person="dana", at=NOON)
    stops.save()
    stops.follow(channel("live", NOON))
    assert stops.get("one") is None
    assert stops.changed
    stops.save()
    assert Stops(path).get("one") is None


def test_the_later_of_two_presses_counts_whichever_comes_first(path: Path) -> None:
    stops = Stops(path)
    stops.press("one", person="dana", at=NOON + SECOND)
    stops.press("one", person="erik", at=NOON)
    assert stops.follow(channel("live", NOON)).state == "stopped"
    assert stops["one"].person == "dana"


def test_channels_that_are_over_are_forgotten(path: Path) -> None:
    stops = Stops(path)
    stops.press("one", person="dana", at=NOON)
    stops.press("two", person="dana", at=NOON)
    stops.keep_only(["two"])
    stops.save()
    assert (stops.get("one"), stops["two"].person) == (None, "dana")
    assert Stops(path).get("one") is None


def test_an_unreadable_file_stops_every_channel_until_a_plan_knows_and_goes_on(path: Path) -> None:
    path.write_text("{half")
    stops = Stops(path)
    stops.keep_only(["one"])
    assert stops.follow(channel()).state == "stopped"
    stops.save()
    again = Stops(path)
    assert again.follow(channel()).state == "stopped"
    assert again.follow(channel("live", again["one"].at)).state == "live"
    assert again.follow(channel()).state == "live", "what goes on air later was never in doubt"


def test_of_two_who_press_at_once_both_are_kept(path: Path) -> None:
    """The slower of two writers must not put back what the quicker one did not know."""
    for round_ in range(50):
        stops = Stops(path.with_name(f"{round_}.json"))
        threads = []
        for key in ("one", "two"):
            stops.press(key, person="dana", at=NOON)
            threads.append(threading.Thread(target=stops.save))
            threads[-1].start()
        for thread in threads:
            thread.join()
        kept = Stops(path.with_name(f"{round_}.json"))
        assert [kept["one"].person, kept["two"].person] == ["dana", "dana"]


def test_what_could_not_be_saved_is_still_to_be_saved(path: Path) -> None:
    stops = Stops(path.parent / "gone" / "stops.json")
    stops.press("one", person="dana", at=NOON)
    with pytest.raises(FileNotFoundError):
        stops.save()
    assert stops.changed
