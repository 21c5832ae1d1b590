"""The only writer of rooms: opening them, appending events, carrying out commands, counting who watches."""

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _
from pydantic import BaseModel

from konsilium.foundation.errors import Forbidden, Invalid, Refused
from konsilium.people.models import User
from konsilium.rooms import bell, registry, wire
from konsilium.rooms.decisions import JSON, Viewer
from konsilium.rooms.models import CommandReceipt, Event, Room, Watching
from konsilium.rooms.queries import version_of


def open_room(*, subject: str) -> Room:
    """The room of a subject (`kind:uuid`), made when it is first asked for."""
    room, _made = Room.objects.get_or_create(subject=subject)
    return room


def lock_room(room_id: UUID) -> Room:
    """The room, locked until the caller's transaction ends: whoever decides by a room's state holds this lock."""
    return Room.objects.select_for_update().get(pk=room_id)


def append_event(
    *,
    room: Room,
    event: BaseModel,
    audience: Iterable[str],
    actor: User | None,
    now: datetime,
    media_time: datetime | None = None,
) -> int:
    """Append an event in the caller's transaction and return its version.

    The update locks the room's row, so versions are allotted in the order of commits and have no gaps.
    """
    if not transaction.get_connection().in_atomic_block:
        raise RuntimeError("an event is appended in the transaction that changes what it tells of")
    kind = registry.event_type_of(event)
    Room.objects.filter(pk=room.pk).update(version=F("version") + 1)
    version = version_of(room.pk)
    Event.objects.create(
        room=room,
        version=version,
        type=kind.name,
        audience=sorted(set(audience)),
        data=event.model_dump(mode="json"),
        media_time=media_time,
        at=now,
        actor=actor,
    )
    bell.ring_on_commit(room.pk)
    return version


@dataclass(frozen=True, kw_only=True)
class Answer:
    """How a command was answered: an HTTP status and a body."""

    status: int
    body: JSON


def perform_command(
    *,
    room: Room,
    viewer: Viewer,
    actor: User,
    command_id: UUID,
    name: str,
    data: JSON,
    now: datetime,
    age: timedelta = timedelta(),
) -> Answer:
    """Carry out a command once. A repeat of its id gets the first answer; effect and receipt are one transaction.

    A repeat is older than what it repeats, so the age is no part of what makes them the same.

    Kept are the answers that were decided: accepted, or refused by a rule. What was wrong with the request
    itself (no right, bad payload, too often) leaves no receipt, as it would be said again.
    """
    command = registry.commands.get(name)
    if command is None:
        raise Invalid(_("This command is not known here."), code="unknown_command")
    # Before the transaction: whoever has no right must not get to hold the room's lock.
    if not command.allowed(viewer):
        raise Forbidden
    digest = hashlib.sha256(wire.encode([str(room.pk), name, sorted(data.items())])).hexdigest()
    try:
        with transaction.atomic():
            room = lock_room(room.pk)
            if (earlier := CommandReceipt.objects.filter(pk=command_id).first()) is not None:
                return _repeated(earlier, actor=actor, digest=digest)
            call = registry.Call(room=room, actor=actor, viewer=viewer, now=now, age=age)
            answer = _decided(command, call, data, command_id)
            CommandReceipt.objects.create(
                id=command_id,
                room=room,
                actor=actor,
                digest=digest,
                status=answer.status,
                answer=answer.body,
                at=now,
            )
            return answer
    except IntegrityError:
        # The same id at the same time in another room, whose lock is not ours: it is there now.
        earlier = CommandReceipt.objects.filter(pk=command_id).first()
        if earlier is None:
            raise
        return _repeated(earlier, actor=actor, digest=digest)


def _decided(command: registry.Command, call: registry.Call, data: JSON, command_id: UUID) -> Answer:
    try:
        with transaction.atomic():
            result = command.run(call, data)
    except Refused as refusal:
        return Answer(status=refusal.status, body={"code": refusal.code, "message": str(refusal.message)})
    version = version_of(call.room.pk)
    return Answer(status=200, body={"id": str(command_id), "version": version, "result": result})


def _repeated(receipt: CommandReceipt, *, actor: User, digest: str) -> Answer:
    if receipt.actor_id != actor.pk or receipt.digest != digest:
        raise Refused(_("This command's number is taken by another command."), code="command_id_taken")
    return Answer(status=receipt.status, body=receipt.answer)


def record_watching(*, process: UUID, people: dict[UUID, int], now: datetime) -> None:
    """Say how many people this process has in each room; a count of nobody takes the row away."""
    with transaction.atomic():
        Watching.objects.filter(
            process=process, room_id__in=[room for room, count in people.items() if not count]
        ).delete()
        present = Room.objects.filter(pk__in=people).values_list("pk", flat=True)
        Watching.objects.bulk_create(
            [
                Watching(room_id=room, process=process, people=people[room], at=now)
                for room in present
                if people[room]
            ],
            update_conflicts=True,
            unique_fields=["room", "process"],
            update_fields=["people", "at"],
        )


def forget_watching(*, process: UUID | None = None, before: datetime | None = None) -> None:
    """Take away the counts of a process that ends, or of those that died long ago."""
    rows = Watching.objects.all()
    if process is not None:
        rows = rows.filter(process=process)
    if before is not None:
        rows = rows.filter(at__lt=before)
    rows.delete()
