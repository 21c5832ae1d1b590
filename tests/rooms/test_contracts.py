"""What is generated from the registries is what stands in the repository."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from pydantic import BaseModel

from konsilium.rooms import contracts, documentation, registry
from konsilium.rooms.decisions import Nothing, Put
from konsilium.rooms.queries import snapshot
from konsilium.rooms.registry import Wire
from tests.factories.theatre import Scene


def test_the_contract_for_typescript_is_fresh() -> None:
    assert contracts.CONTRACTS.read_text(encoding="utf-8") == contracts.contract(), (
        "run: .venv/bin/python -m konsilium.rooms.contracts"
    )


@pytest.mark.parametrize("name", sorted(documentation.PAGES))
def test_the_protocol_pages_are_fresh(name: str) -> None:
    page = (documentation.PROTOCOLS / name).read_text(encoding="utf-8")
    assert page == documentation.PAGES[name](), "run: .venv/bin/python -m konsilium.rooms.documentation"


@pytest.mark.parametrize("who", ["moderator", "delegate"])
def test_a_snapshot_asks_as_often_however_much_there_is(scene: Scene, who: str) -> None:
    viewer, room = scene.viewer(who), scene.room

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            snapshot(room, viewer, now=scene.now)
        return len(captured)

    scene.do("director", "operation.open")
    counts = []
    for _ in range(3):
        scene.chosen(who="delegate", text=f"Question {len(counts)}?")
        scene.ask(who="colleague", text=f"Another {len(counts)}?")
        counts.append(queries())
    assert counts == [counts[0]] * 3
    assert counts[0] <= 9


def test_every_effect_names_a_part_of_the_right_shape() -> None:
    for event in registry.events.values():
        match contracts.effect_as_json(event.effect):
            case {"kind": "replace", "part": part}:
                assert not registry.parts[part].keyed
            case {"part": part}:
                assert registry.parts[part].keyed


@pytest.mark.parametrize(
    "model", [model for table in (registry.events, registry.commands) for model in table.values()]
)
def test_every_payload_is_closed(model: registry.EventType | registry.Command) -> None:
    assert model.model.model_config.get("extra") == "forbid"


def test_a_name_is_registered_once() -> None:
    class Other(Wire):
        pass

    taken = next(iter(registry.events.values()))
    with pytest.raises(ValueError, match="registered already"):
        registry.register_event(taken.name, Other, Nothing(), meaning="")
    with pytest.raises(ValueError, match="data of"):
        registry.register_event("other.event", taken.model, Nothing(), meaning="")


def test_what_is_put_has_an_id() -> None:
    class Nameless(BaseModel):
        text: str

    with pytest.raises(ValueError, match="no id"):
        registry.register_event("nameless.put", Nameless, Put("questions"), meaning="")
