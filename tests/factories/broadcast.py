"""A theatre with feeds and a room to show them in."""

from datetime import date, datetime

from konsilium.broadcast.actions import prepare_feed
from konsilium.foundation.ids import new_id
from konsilium.people.models import User
from konsilium.programme.models import Congress, Hall, HallKind
from konsilium.rooms.actions import open_room
from konsilium.rooms.decisions import EVERYONE, Viewer, person
from konsilium.rooms.models import Room


def make_theatre(
    now: datetime, *, key: str = "theatre-1", feeds: tuple[str, ...] = ("endoscope", "overview")
) -> Hall:
    congress, _ = Congress.objects.get_or_create(
        slug="week",
        defaults={
            "title": {"en": "Week"},
            "time_zone": "Asia/Almaty",
            "starts_on": date(2026, 3, 9),
            "ends_on": date(2026, 3, 11),
            "loaded_at": now,
        },
    )
    hall = Hall.objects.create(congress=congress, key=key, kind=HallKind.THEATRE, title={"en": key})
    for position, feed in enumerate(feeds):
        prepare_feed(
            hall=hall, key=feed, title={"en": feed.title()}, position=position, carries_sound=not position
        )
    return hall


def make_room() -> Room:
    return open_room(subject=f"open:{new_id()}")


def viewer_of(user: User) -> Viewer:
    return Viewer(
        user_id=user.pk,
        name=user.full_name,
        tokens=frozenset({EVERYONE, person(user.pk)}),
        abilities=frozenset(),
    )
