"""The OpenAPI description is true: what it allows is understood, what it forbids gets a clear answer."""

import json
from uuid import uuid4

import jsonschema_rs
import pytest
from django.test import Client
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from konsilium.people.models import User
from konsilium.rooms import registry
from konsilium.rooms.openapi import description

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
    @settings(max_examples=60)
    @given(BODIES)
    def test_no_body_breaks_the_commands(self, body: object) -> None:
        client = Client(raise_request_exception=False)
        client.force_login(User.objects.create_user(f"{uuid4().hex}@example.org", full_name="Fuzz"))
        answer = client.post(f"/rooms/{uuid4()}/commands", json.dumps(body), content_type="application/json")
        assert answer.status_code in {403, 404, 409, 422}
        assert set(answer.json()) == {"code", "message"}

    @settings(max_examples=40)
    @given(st.binary(max_size=300))
    def test_no_bytes_break_the_commands(self, body: bytes) -> None:
        client = Client(raise_request_exception=False)
        client.force_login(User.objects.create_user(f"{uuid4().hex}@example.org", full_name="Fuzz"))
        answer = client.post(f"/rooms/{uuid4()}/commands", body, content_type="application/json")
        assert answer.status_code in {403, 404, 422}
