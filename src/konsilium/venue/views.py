"""The pages of an operation: announcement, live room, moderator's desk, theatre board, hall screen."""

from dataclasses import asdict
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from konsilium.broadcast.decisions import RecordingState
from konsilium.broadcast.registry import DIRECT
from konsilium.floor.registry import MODERATE, RELAY
from konsilium.foundation import clock
from konsilium.people.access import access_account
from konsilium.rooms.decisions import Viewer
from konsilium.theatre.decisions import NoEntry, Part, abilities_of
from konsilium.theatre.models import Operation
from konsilium.theatre.refusals import no_entry
from konsilium.venue.access import access_announcement, access_room_page
from konsilium.venue.bootstraps import director_facts, room_bootstrap
from konsilium.venue.pages import OperationPage, RoomPage, operation_url
from konsilium.venue.queries import operation_facts, recording_in


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
        may_direct=DIRECT in abilities,
        may_organise=not refused and not isinstance(parts, NoEntry) and Part.ORGANISER in parts,
        recording_url=_recording_url(announced) if not refused else "",
        refusal=str(no_entry(parts).message) if isinstance(parts, NoEntry) else "",
        reason=parts.value if isinstance(parts, NoEntry) else "",
    )
    return render(request, "venue/operation.html", asdict(page) | {"operation": page.operation})


def _recording_url(announced: Operation) -> str:
    recording = recording_in(announced)
    kept = recording is not None and recording.state == RecordingState.KEPT
    return operation_url(announced.pk, "recording") if kept else ""


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


@require_GET
@never_cache
def director(request: HttpRequest, operation_id: UUID) -> HttpResponse:
    """The director's desk."""
    found, viewer = access_room_page(request.user, operation_id, clock.now(), ability=frozenset({DIRECT}))
    page = _page(request, found, viewer)
    page.bootstrap["director"] = director_facts(found)
    return render(request, "venue/director.html", vars(page))


def _room_page(
    request: HttpRequest, operation_id: UUID, template: str, *, ability: frozenset[str]
) -> HttpResponse:
    found, viewer = access_room_page(request.user, operation_id, clock.now(), ability=ability)
    return render(request, template, vars(_page(request, found, viewer)))


def _page(request: HttpRequest, found: Operation, viewer: Viewer) -> RoomPage:
    bootstrap = room_bootstrap(request, found, viewer, access_account(request.user))
    return RoomPage(
        operation=operation_facts(found),
        abilities=viewer.abilities,
        bootstrap=bootstrap,
        join_url=str(bootstrap["join_url"]),
    )
