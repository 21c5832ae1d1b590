from typing import cast
from uuid import UUID

import pytest

from konsilium.rooms.decisions import (
    JSON,
    Drop,
    Effect,
    Follow,
    Nothing,
    Put,
    Reconnect,
    Replace,
    Resync,
    UpToDate,
    Viewer,
    person,
    reconnect,
    reduce,
)

ME = UUID(int=1)


@pytest.mark.parametrize(
    ("effect", "data", "after"),
    [
        (
            Put("questions"),
            {"id": "b", "text": "B"},
            {"questions": {"a": {"id": "a"}, "b": {"id": "b", "text": "B"}}},
        ),
        (Put("questions"), {"id": "a", "text": "A"}, {"questions": {"a": {"id": "a", "text": "A"}}}),
        (Put("polls"), {"id": "p"}, {"questions": {"a": {"id": "a"}}, "polls": {"p": {"id": "p"}}}),
        (Drop("questions"), {"id": "a"}, {"questions": {}}),
        (Drop("questions"), {"id": "unknown"}, {"questions": {"a": {"id": "a"}}}),
        (Replace("questions"), {"none": True}, {"questions": {"none": True}}),
        (Nothing(), {"id": "a"}, {"questions": {"a": {"id": "a"}}}),
    ],
)
def test_effects(effect: Effect, data: JSON, after: JSON) -> None:
    before: JSON = {"questions": {"a": {"id": "a"}}}
    assert reduce(before, effect, data) == after
    assert before == {"questions": {"a": {"id": "a"}}}, "the state given is left alone"


def test_the_state_does_not_share_what_the_event_holds() -> None:
    data: JSON = {"id": "a", "asker": {"name": "D."}}
    state = reduce({}, Put("questions"), data)
    cast("dict[str, str]", data["asker"])["name"] = "changed"
    assert state == {"questions": {"a": {"id": "a", "asker": {"name": "D."}}}}


@pytest.mark.parametrize(
    ("since", "version", "kept_from", "answer"),
    [
        (7, 7, 3, UpToDate()),
        (0, 0, 1, UpToDate()),
        (6, 7, 3, Follow(6)),
        (2, 7, 3, Follow(2)),
        (1, 7, 3, Resync()),
        (8, 7, 3, Resync()),
        (None, 7, 3, Resync()),
        (0, 7, 1, Follow(0)),
    ],
)
def test_reconnect(since: int | None, version: int, kept_from: int, answer: Reconnect) -> None:
    assert reconnect(since=since, version=version, kept_from=kept_from) == answer


def test_an_event_is_seen_by_whoever_shares_an_audience_with_it() -> None:
    viewer = Viewer(user_id=ME, name="", tokens=frozenset({"everyone", person(ME)}))
    assert viewer.sees(["moderators", person(ME)])
    assert not viewer.sees(["moderators"])
    assert not viewer.sees([])
