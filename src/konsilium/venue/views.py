"""The pages of an operation: announcement, live room, moderator's desk, theatre board, hall screen."""

from dataclasses import asdict
from uuid import UUID

import segno
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.middleware.csrf import get_token
from django.shortcuts import render
from django.utils import timezone, translation
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from konsilium.broadcast.queries import channel_event
from konsilium.floor.registry import MODERATE, RELAY
from konsilium.foundation import clock
from konsilium.rooms.decisions import Viewer
from konsilium.theatre.decisions import NoEntry, abilities_of
from konsilium.theatre.models import Operation
from konsilium.theatre.refusals import no_entry
from konsilium.venue.access import access_announcement, access_room_page
from konsilium.venue.pages import OperationPage, RoomPage, bootstrap_facts, operation_url
from konsilium.venue.queries import operation_facts


@require_GET
def operation(request: HttpRequest, operation_id: UUID) -> HttpResponse:
    """What is operated, by whom and when; and the way in."""
    announced, parts = access_announcement(request.user, operation_id, clock.now())
    refused = isinstance(parts, NoEntry)
    abilities = frozenset() if isinstance(parts, NoEntry) else abilities_of(parts)
    page = OperationPage(
        operation=operation_facts(announced),
        may_enter=not refused,
        may_moderate=MODERATE in abilities,
        may_use_board=not abilities.isdisjoint({RELAY, MODERATE}),
        refusal=str(no_entry(parts).message) if isinstance(parts, NoEntry) else "",
        reason=parts.value if isinstance(parts, NoEntry) else "",
    )
    return render(request, "venue/operation.html", asdict(page) | {"operation": page.operation})


@require_GET
@never_cache
def live(request: HttpRequest, operation_id: UUID) -> HttpResponse:
    """The live room."""
    return _room_page(request, operation_id, "venue/live.html", ability=frozenset())


@require_GET
@never_cache
def desk(request: HttpRequest, operation_id: UUID) -> HttpResponse:
    """The moderator's desk."""
    return _room_page(request, operation_id, "venue/desk.html", ability=frozenset({MODERATE}))


@require_GET
@never_cache
def board(request: HttpRequest, operation_id: UUID) -> HttpResponse:
    """The theatre board."""
    return _room_page(request, operation_id, "venue/board.html", ability=frozenset({RELAY, MODERATE}))


@require_GET
@never_cache
def screen(request: HttpRequest, operation_id: UUID) -> HttpResponse:
    """The hall screen."""
    return _room_page(request, operation_id, "venue/screen.html", ability=frozenset({MODERATE}))


def _room_page(
    request: HttpRequest, operation_id: UUID, template: str, *, ability: frozenset[str]
) -> HttpResponse:
    found, viewer = access_room_page(request.user, operation_id, clock.now(), ability=ability)
    join_url = request.build_absolute_uri(operation_url(found.pk, "live"))
    page = RoomPage(
        operation=operation_facts(found),
        abilities=viewer.abilities,
        bootstrap=_bootstrap(request, found, viewer, join_url),
        join_url=join_url,
    )
    return render(request, template, vars(page))


def _bootstrap(request: HttpRequest, found: Operation, viewer: Viewer, join_url: str) -> dict[str, object]:
    facts = operation_facts(found)
    room = str(found.room_id)
    channel = channel_event(found.channel).model_dump(mode="json") if found.channel else None
    return {
        "room": room,
        "snapshot_url": f"/rooms/{room}",
        "events_url": f"/rooms/{room}/events",
        "commands_url": f"/rooms/{room}/commands",
        "you": {
            "id": str(viewer.user_id),
            "name": viewer.name,
            "tokens": sorted(viewer.tokens),
            "abilities": sorted(viewer.abilities),
        },
        "language": translation.get_language(),
        "time_zone": timezone.get_current_timezone_name(),
        "congress_zone": facts.congress_zone,
        "messages": settings.SCRIPT_MESSAGES(translation.get_language()),
        "channel": channel,
        "operation": bootstrap_facts(facts),
        "csrf": get_token(request),
        "join_url": join_url,
        "join_qr": segno.make(join_url, error="m").svg_data_uri(scale=8, border=2),
    }
