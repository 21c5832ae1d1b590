"""A room over HTTP: its snapshot, and commands."""

from datetime import timedelta
from typing import cast
from uuid import UUID

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from pydantic import Field, JsonValue, ValidationError

from konsilium.foundation import clock
from konsilium.foundation.errors import KonsiliumError, SignInNeeded
from konsilium.people.models import User
from konsilium.rooms.access import access_room
from konsilium.rooms.actions import perform_command
from konsilium.rooms.decisions import JSON
from konsilium.rooms.openapi import description
from konsilium.rooms.queries import snapshot
from konsilium.rooms.registry import Wire

#: Far above the longest text a command carries.
BODY_LIMIT = 65_536


class CommandIn(Wire):
    """The body of a command: `id` is made by the client, anew for every act and kept for its repeats."""

    id: UUID
    name: str
    data: dict[str, JsonValue] = Field(default_factory=dict)
    #: How long ago it was asked for: what is sent again may come late, and clocks of pages are not ours.
    age_ms: int = Field(default=0, ge=0, le=3_600_000)


@require_GET
def show(request: HttpRequest, room_id: UUID) -> HttpResponse:
    """`{version, state, you, watching}`: what a reader starts from, and starts anew from after a resync."""
    now = clock.now()
    try:
        room, viewer = access_room(_actor(request), room_id, now)
        return _answer(snapshot(room, viewer, now=now), 200)
    except KonsiliumError as error:
        return _refusal(error)


@require_GET
def openapi(request: HttpRequest) -> HttpResponse:
    """The description of these addresses and every command, as OpenAPI 3.1."""
    return JsonResponse(description())


@require_POST
def command(request: HttpRequest, room_id: UUID) -> HttpResponse:
    """Carry out a command, once for every id."""
    now = clock.now()
    try:
        actor = _actor(request)
        if actor is None:
            raise SignInNeeded
        room, viewer = access_room(actor, room_id, now)
        if len(request.body) > BODY_LIMIT:
            return _answer({"code": "too_large", "message": _("This is too long to be sent.")}, 413)
        body = CommandIn.model_validate_json(request.body)
        answer = perform_command(
            room=room,
            viewer=viewer,
            actor=actor,
            command_id=body.id,
            name=body.name,
            data=cast("JSON", body.data),
            now=now,
            age=timedelta(milliseconds=body.age_ms),
        )
    except ValidationError as error:
        return _answer({"code": "invalid", "message": what_is_wrong(error)}, 422)
    except KonsiliumError as error:
        return _refusal(error)
    return _answer(answer.body, answer.status)


def what_is_wrong(error: ValidationError) -> str:
    """The first thing wrong with a payload, as a sentence."""
    first = error.errors(include_url=False)[0]
    match first["type"]:
        case "string_too_long" | "too_long":
            limit = first.get("ctx", {}).get("max_length", 0)
            return _("This is too long: at most %(limit)d characters.") % {"limit": limit}
        case "string_too_short" | "too_short":
            return _("Write something first.")
        case "value_error" if first["loc"] and first["loc"][-1] == "text":
            return _("This text cannot be sent: it holds no words, or characters that are not text.")
        case _:
            place = ".".join(str(part) for part in first["loc"]) or "body"
            return _("The request is not understood at “%(place)s”.") % {"place": place}


def _actor(request: HttpRequest) -> User | None:
    return request.user if isinstance(request.user, User) and request.user.is_active else None


def _refusal(error: KonsiliumError) -> HttpResponse:
    return _answer({"code": error.code, "message": str(error.message)}, error.status)


def _answer(body: JSON, status: int) -> HttpResponse:
    return JsonResponse(
        body,
        status=status,
        headers={"Cache-Control": "no-store"},
        json_dumps_params={"ensure_ascii": False, "separators": (",", ":")},
    )
