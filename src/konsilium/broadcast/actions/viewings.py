"""Writing who has the picture before them, and taking it back."""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from konsilium.broadcast.actions.plan import write_plan
from konsilium.broadcast.decisions import (
    STOP_TTL,
    ChannelState,
    Opened,
    Renewed,
    decide_viewing,
)
from konsilium.broadcast.models import Bar, Channel, Pass, PassKind, Viewing
from konsilium.broadcast.registry import DOWNLOAD, IN_CHARGE, STOP
from konsilium.foundation.actions import record_audit
from konsilium.foundation.errors import KonsiliumError
from konsilium.people.models import User
from konsilium.programme.access import membership_of
from konsilium.programme.models import Congress
from konsilium.rooms.access import viewer_in
from konsilium.rooms.models import Room

logger = logging.getLogger("konsilium.broadcast")

#: What somebody must be able to do in a room to go on holding a pass of that kind for it.
NEEDED: Final[Mapping[str, str]] = {PassKind.STOP: STOP, PassKind.FILM: DOWNLOAD}


def open_viewing(*, channel: Channel, actor: User, now: datetime) -> Viewing:
    """Note that the person has the picture before them until the grant runs out; opening it is audited."""
    with transaction.atomic():
        running = (
            Viewing.objects.select_for_update()
            .filter(channel=channel, user=actor)
            .order_by("-valid_until")
            .first()
        )
        match decide_viewing(now=now, valid_until=running.valid_until if running else None):
            case Renewed(until=until) if running is not None:
                running.valid_until = until
                running.save(update_fields=["valid_until"])
                return running
            case Opened(until=until) | Renewed(until=until):
                ended = channel.state == ChannelState.ENDED
                record_audit(
                    actor=actor,
                    action="recording.opened" if ended else "picture.opened",
                    subject=f"channel:{channel.pk}",
                    now=now,
                    detail={"room": str(channel.room_id)},
                )
                return Viewing.objects.create(channel=channel, user=actor, opened_at=now, valid_until=until)


def give_pass(
    *,
    channel_id: UUID,
    actor: User,
    now: datetime,
    kind: PassKind = PassKind.STOP,
    lasts: timedelta = STOP_TTL,
) -> Pass:
    """Note that the person gets a grant besides viewing, so that it can be taken back."""
    given, _ = Pass.objects.update_or_create(
        channel_id=channel_id, user=actor, kind=kind, defaults={"valid_until": now + lasts}
    )
    return given


def rejudge_person(*, user_id: UUID, now: datetime) -> list[UUID]:
    """Somebody's rights have changed: take back what they hold and may hold no longer; for which channels."""
    user = User.objects.filter(pk=user_id).first()
    if user is None:
        return []
    watched = Viewing.objects.filter(user=user, valid_until__gt=now).values_list("channel_id", flat=True)
    needed: dict[UUID, set[str]] = {channel_id: set() for channel_id in watched}
    for held in Pass.objects.filter(user=user, valid_until__gt=now):
        needed.setdefault(held.channel_id, set()).update({NEEDED[held.kind]} if held.kind in NEEDED else ())
    barred = [
        channel_id
        for channel_id in sorted(needed)
        if not _may_keep(channel_id, user, now, needed=needed[channel_id])
    ]
    for channel_id in barred:
        _bar(channel_id=channel_id, user=user, now=now)
    return barred


def rejudge_holders(*, now: datetime) -> None:
    """Judge everybody anew who holds a pass: a judgement that was due when the process was killed is made up for.

    Whoever only watches is judged whenever the page renews their grant, every 45 s.
    """
    holders = Pass.objects.filter(valid_until__gt=now).values_list("user", flat=True).distinct()
    for user_id in holders:
        try:
            rejudge_person(user_id=user_id, now=now)
        except Exception:
            logger.exception("somebody's passes could not be judged", extra={"user": str(user_id)})


def _may_keep(channel_id: UUID, user: User, now: datetime, *, needed: set[str]) -> bool:
    channel = Channel.objects.select_related("room").filter(pk=channel_id).first()
    room = channel.room if channel else Room.objects.filter(pk=channel_id).first()
    if room is None:
        return _is_in_charge(channel_id, user)
    try:
        viewer = viewer_in(room, user, now)
    except KonsiliumError:
        return False
    return needed <= viewer.abilities


def _is_in_charge(place: UUID, user: User) -> bool:
    """Whether the person runs the broadcasts of the congress whose desk or upload this is."""
    congress = Congress.objects.filter(Q(halls=place) | Q(recordings=place)).distinct().first()
    membership = membership_of(user, congress) if congress else None
    return user.is_active and (user.is_superuser or (membership is not None and membership.has(*IN_CHARGE)))


def _bar(*, channel_id: UUID, user: User, now: datetime) -> None:
    """Take back every grant the person has for the channel: the media plane refuses it from its next plan on."""
    with transaction.atomic():
        Bar.objects.update_or_create(channel_id=channel_id, user=user, defaults={"since": now})
        Pass.objects.filter(channel_id=channel_id, user=user).delete()
        Viewing.objects.filter(channel_id=channel_id, user=user, valid_until__gt=now).update(valid_until=now)
        record_audit(
            actor=None,
            action="grants.taken_back",
            subject=f"channel:{channel_id}",
            now=now,
            detail={"user": str(user.pk)},
        )
        transaction.on_commit(write_plan)
