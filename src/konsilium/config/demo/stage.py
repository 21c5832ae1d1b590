"""Putting the demo's operation on air and finding who plays which part. Imported only after Django is set up."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from django.conf import settings

from konsilium.broadcast.actions import adopt_film, prepare_feed, write_plan
from konsilium.broadcast.models import Channel, Feed, Recording
from konsilium.config.demo import FEEDS, FILM_TITLE
from konsilium.config.terminal import CannotGoOn
from konsilium.foundation.errors import KonsiliumError
from konsilium.mediaplane.simulation.clips import clip_path
from konsilium.people.actions import issue_login_link
from konsilium.people.models import User
from konsilium.people.queries import is_verified
from konsilium.people.roles import Role
from konsilium.programme.actions import load_programme
from konsilium.programme.models import Membership, Slot, SlotKind
from konsilium.theatre.actions import (
    attach_film,
    end_operation,
    open_operation,
    plan_operation,
    resume_operation,
)
from konsilium.theatre.decisions import OperationState
from konsilium.theatre.models import Operation

CONGRESSES = Path(__file__).resolve().parents[2] / "programme" / "demonstration"
#: In the order of the printed list. The first six are promised in the ready file.
LINKS: dict[str, str] = {
    "organiser": "Organiser",
    "moderator": "Moderator",
    "surgeon": "Surgeon",
    "advocate": "Patient advocate",
    "delegate": "Delegate",
    "second_delegate": "Second delegate",
    "spokesperson": "Spokesperson",
    "director": "Director",
    "unverified": "Not verified",
}


@dataclass(frozen=True, kw_only=True)
class OnAir:
    """The demo's operation, which everybody is sent to."""

    operation: Operation
    channel: Channel
    feeds: tuple[Feed, ...]


def load_congresses(now: datetime) -> list[str]:
    """Load every demo congress, dated so that something is on air; says what each one holds."""
    files = sorted(CONGRESSES.glob("*.yaml"))
    if not files:
        raise CannotGoOn(
            f"The demo's congresses are missing from {CONGRESSES}. The download is not complete."
        )
    for file in files:
        load_programme(data=file.read_bytes(), file=file.name, actor=None, now=now)
    return [file.stem for file in files]


def put_on_air(now: datetime) -> OnAir:
    """One operation on air; one that was on air before and is not due any more is over."""
    slots = list(Slot.objects.filter(kind=SlotKind.LIVE, congress__demonstration=True, withdrawn=False))
    # Whoever pressed stop in the demo finds it running again at the next start; what was ended stays ended.
    playable = [slot for slot in slots if _state(slot) is not OperationState.ENDED and slot.ends_at > now]
    if not playable:
        raise CannotGoOn(
            "Every operation of this demo has been ended. Start it afresh: ./konsilium demo --fresh"
        )
    current = min(playable, key=lambda slot: (not slot.starts_at <= now, slot.starts_at, slot.key))
    for slot in slots:
        operation = Operation.objects.filter(slot=slot).first()
        if (
            slot != current
            and operation
            and operation.state in {OperationState.ON_AIR, OperationState.STOPPED}
        ):
            end_operation(operation=operation, stopped_at=operation.stopped_at, actor=None, now=now)
    for position, (key, title) in enumerate(FEEDS.items()):
        prepare_feed(hall=current.hall, key=key, title=title, position=position, carries_sound=position == 0)
    operation = plan_operation(slot=current, actor=None, now=now)
    if operation.state == OperationState.STOPPED:
        resume_operation(operation=operation, stopped_at=operation.stopped_at, actor=None, now=now)
    else:
        open_operation(operation=operation, actor=None, now=now)
    write_plan()
    operation = Operation.objects.select_related("slot__hall", "slot__congress", "channel").get(
        pk=operation.pk
    )
    if operation.channel is None:
        raise CannotGoOn("The demo's operation has no channel. Start it afresh: ./konsilium demo --fresh")
    return OnAir(operation=operation, channel=operation.channel, feeds=tuple(operation.slot.hall.feeds.all()))


def provide_film(on_air: OnAir, scenes: Path, now: datetime) -> None:
    """A recorded operation, to be shown as live: at the as-live slots, and by the director in one click."""
    congress = on_air.operation.slot.congress
    clip = clip_path(scenes, "endoscope")
    film = Recording.objects.filter(congress=congress, file_name=clip.name).first()
    if film is None:
        film = adopt_film(congress=congress, path=clip, title=FILM_TITLE, actor=None, now=now)
    waiting = Operation.objects.filter(
        slot__congress=congress, slot__kind=SlotKind.AS_LIVE, slot__withdrawn=False, film=None
    )
    for operation in waiting.exclude(state=OperationState.ENDED):
        attach_film(operation=operation, film=film, actor=None, now=now)


def _state(slot: Slot) -> OperationState | None:
    operation = Operation.objects.filter(slot=slot).first()
    return OperationState(operation.state) if operation else None


def sign_in_links(on_air: OnAir, now: datetime) -> dict[str, str]:
    """A fresh one-time address for each part."""
    people = cast_of(on_air.operation, now)
    if missing := [LINKS[part] for part in LINKS if part not in people]:
        raise CannotGoOn(
            f"The demo's congress names nobody for: {', '.join(missing)}. Its file has been changed."
        )
    site = settings.SITE_URLS[0]
    return {part: site + issue_login_link(people[part], now=now) for part in LINKS}


def cast_of(operation: Operation, now: datetime) -> dict[str, User]:
    """Who plays which part in this operation: its team first, then the congress's members."""
    people: dict[str, User] = {}
    for team_member in operation.team.select_related("user").order_by("pk"):
        people.setdefault(str(team_member.role), team_member.user)
    members = list(
        Membership.objects.filter(congress=operation.slot.congress)
        .select_related("user")
        .order_by("joined_at", "pk")
    )
    for role in (
        Role.ORGANISER,
        Role.MODERATOR,
        Role.DIRECTOR,
        Role.SURGEON,
        Role.SPOKESPERSON,
        Role.ADVOCATE,
    ):
        for membership in members:
            if membership.has(role):
                people.setdefault(role.value, membership.user)
    audience = [member.user for member in members if member.roles == [Role.DELEGATE.value]]
    verified = _only(audience, now, verified=True)
    people |= dict(zip(("delegate", "second_delegate"), verified, strict=False))
    people |= dict(zip(("unverified",), _only(audience, now, verified=False), strict=False))
    return people


def _only(users: Iterable[User], now: datetime, *, verified: bool) -> list[User]:
    return [user for user in users if is_verified(user, now) is verified]


def ingest_addresses(on_air: OnAir, host: str) -> dict[str, dict[str, str]]:
    """Where an encoder sends each feed to; it takes the feed over from the simulation."""
    return {
        feed.key: {"srt": f"srt://{host}:{feed.port}?mode=caller&passphrase={feed.passphrase}&pkt_size=1316"}
        for feed in on_air.feeds
    }


def plain_error(error: KonsiliumError) -> CannotGoOn:
    return CannotGoOn(f"The demo cannot be prepared: {error.message}")
