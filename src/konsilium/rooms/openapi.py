"""The OpenAPI description (3.1) of a room over HTTP, made from the registries."""

from collections.abc import Mapping

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from konsilium import __version__
from konsilium.rooms import registry

REF = "#/components/schemas/{model}"
ERROR = {
    "type": "object",
    "required": ["code", "message"],
    "properties": {"code": {"type": "string"}, "message": {"type": "string"}},
}
ROOM = {"name": "room", "in": "path", "required": True, "schema": {"type": "string", "format": "uuid"}}
SINCE = {"name": "since", "in": "query", "schema": {"type": "integer", "minimum": 0}}
REFUSALS = {401: "not signed in", 403: "no right", 404: "no such room, or not open to you"}


def description() -> dict[str, object]:
    """The whole document; every registered command is one shape of the request's body."""
    models: dict[str, type[BaseModel]] = {
        command.model.__name__: command.model for command in registry.commands.values()
    }
    _, definitions = models_json_schema(
        [(model, "validation") for model in models.values()], ref_template=REF
    )
    schemas: dict[str, object] = {**definitions["$defs"], "Error": ERROR}
    schemas |= {_shape_name(name): _command_shape(command) for name, command in registry.commands.items()}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Konsilium rooms", "version": __version__, "license": {"name": "Apache-2.0"}},
        "paths": {
            "/rooms/{room}": {"get": _snapshot()},
            "/rooms/{room}/events": {"get": _events()},
            "/rooms/{room}/commands": {"post": _commands()},
        },
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "securitySchemes": {"session": {"type": "apiKey", "in": "cookie", "name": "konsilium_session"}},
        },
        "security": [{"session": []}],
    }


def _shape_name(command: str) -> str:
    return f"command.{command}"


def _command_shape(command: registry.Command) -> dict[str, object]:
    return {
        "type": "object",
        "description": command.meaning,
        "additionalProperties": False,
        "required": ["id", "name"],
        "properties": {
            "id": {"type": "string", "format": "uuid"},
            "name": {"const": command.name},
            "data": {"$ref": REF.format(model=command.model.__name__)},
            "age_ms": {"type": "integer", "minimum": 0, "maximum": 3_600_000, "default": 0},
        },
    }


def _snapshot() -> dict[str, object]:
    answer = _json({"type": "object", "required": ["version", "state", "you"]})
    return {
        "summary": "The room as you may see it",
        "parameters": [ROOM],
        "responses": _answers("a snapshot", answer),
    }


def _events() -> dict[str, object]:
    answer = _json({"type": "object", "required": ["version"]}) | {
        "text/event-stream": {"schema": {"type": "string"}}
    }
    responses = _answers("events after `since`", answer) | {"429": _refused("too many windows")}
    return {"summary": "What happens", "parameters": [ROOM, SINCE], "responses": responses}


def _commands() -> dict[str, object]:
    shapes = [{"$ref": REF.format(model=_shape_name(name))} for name in sorted(registry.commands)]
    responses = _answers("carried out", _json({"type": "object", "required": ["id", "version", "result"]}))
    responses |= {
        "409": _refused("refused by a rule; kept for repeats of the id"),
        "413": _refused("too large"),
        "422": _refused("not understood"),
        "429": _refused("too often"),
    }
    return {
        "summary": "Ask the room to do something, once for every id",
        "parameters": [ROOM],
        "requestBody": {"required": True, "content": _json({"oneOf": shapes})},
        "responses": responses,
    }


def _json(schema: Mapping[str, object]) -> dict[str, object]:
    return {"application/json": {"schema": schema}}


def _refused(meaning: str) -> dict[str, object]:
    return {"description": meaning, "content": _json({"$ref": REF.format(model="Error")})}


def _answers(meaning: str, content: Mapping[str, object]) -> dict[str, object]:
    refusals = {str(status): _refused(reason) for status, reason in REFUSALS.items()}
    return {"200": {"description": meaning, "content": content}, **refusals}
