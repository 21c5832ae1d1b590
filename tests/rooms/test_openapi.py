"""The OpenAPI description is true: what it allows is understood, what it forbids gets a clear answer."""

import json
from uuid import uuid4

import jsonschema_rs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from konsilium.foundation import clock
from konsilium.rooms import registry
from konsilium.rooms.openapi import description
from tests.factories.theatre import make_scene

pytestmark = pytest.mark.integration

JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
BODIES = st.one_of(
    JSON_VALUES,
    st.fixed_dictionaries(
        {
            "id": st.uuids().map(str) | st.text(max_size=40),
            "name": st.sampled_from(sorted(registry.commands)) | st.text(max_size=20),
            "data": JSON_VALUES,
        }
    ),
)


def test_the_description_is_a_valid_schema_with_every_command() -> None:
    document = description()
    shapes = document["components"]["schemas"]  # type: ignore[index]
    for name, command in registry.commands.items():
        shape = {"$ref": f"#/components/schemas/command.{name}", "components": {"schemas": shapes}}
        validator = jsonschema_rs.validator_for(shape)
        assert not validator.is_valid({"id": str(uuid4()), "name": "another", "data": {}})
        assert command.model.__name__ in shapes


class Fuzz(TestCase):
    """In an operation's room, as somebody who may give every command of a moderator."""

    def post(self, body: bytes) -> dict[str, object]:
        scene = make_scene(clock.now())
        client = scene.client("moderator")
        client.raise_request_exception = False
        answer = client.post(f"/rooms/{scene.room.pk}/commands", body, content_type="application/json")
        assert answer.status_code in {200, 403, 404, 409, 422}, answer.content
        expected = {"id", "version", "result"} if answer.status_code == 200 else {"code", "message"}
        assert set(answer.json()) == expected
        return {"status": answer.status_code}

    @settings(max_examples=25)
    @given(BODIES)
    def test_no_body_breaks_the_commands(self, body: object) -> None:
        self.post(json.dumps(body).encode())

    @settings(max_examples=10)
    @given(st.binary(max_size=300))
    def test_no_bytes_break_the_commands(self, body: bytes) -> None:
        assert self.post(body)["status"] == 422
