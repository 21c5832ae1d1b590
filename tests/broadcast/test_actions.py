import json
from datetime import datetime, timedelta

import pytest
from django.test import Client

from konsilium.broadcast import actions
from konsilium.broadcast.models import Channel, Feed, Viewing
from konsilium.broadcast.queries import studio_folder
from konsilium.foundation.errors import Refused
from konsilium.foundation.models import AuditEntry
from konsilium.mediaplane.grants import GRANT_COOKIE, Holder, verify_grant
from konsilium.mediaplane.plan import Plan
from konsilium.mediaplane.status import DoorStatus
from konsilium.people.models import User
from konsilium.rooms.models import Event
from tests.factories.broadcast import make_room, make_theatre, planned

pytestmark = [pytest.mark.integration, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def channel(now: datetime) -> Channel:
    return actions.open_channel(hall=make_theatre(now), room=make_room(), actor=None, now=now)


def events(channel: Channel) -> list[tuple[int, str, object]]:
    rows = Event.objects.filter(room=channel.room).order_by("version")
    return [(event.version, event.type, event.data.get("state", event.data.get("signal"))) for event in rows]


def states(channel: Channel) -> list[object]:
    return [state for _, kind, state in events(channel) if kind == "channel.changed"]


def test_each_feed_gets_a_port_and_a_passphrase_of_its_own_and_keeps_them(now: datetime) -> None:
    hall = make_theatre(now)
    first, second = Feed.objects.all()
    assert first.port != second.port
    assert first.passphrase != second.passphrase
    again = actions.prepare_feed(hall=hall, key="endoscope", title={"en": "Scope"}, position=0)
    assert (again.pk, again.port, again.passphrase) == (first.pk, first.port, first.passphrase)


def test_opening_writes_the_plan_and_tells_the_room(channel: Channel) -> None:
    plan = Plan.model_validate_json((studio_folder() / "plan.json").read_text(encoding="utf-8"))
    assert [(planned.id, planned.state, planned.sound) for planned in plan.channels] == [
        (str(channel.pk), "live", "endoscope")
    ]
    assert [feed.key for feed in plan.channels[0].feeds] == ["endoscope", "overview"]
    assert events(channel) == [
        (1, "channel.changed", "ready"),
        (2, "signal.changed", "none"),
        (3, "signal.changed", "none"),
        (4, "channel.changed", "live"),
    ]


@pytest.mark.parametrize("torn", [b"", b"{half", b"[]"])
def test_a_torn_plan_is_written_anew(channel: Channel, torn: bytes) -> None:
    """As a power failure may leave it."""
    (studio_folder() / "plan.json").write_bytes(torn)
    actions.write_plan()
    assert [one.id for one in planned().channels] == [str(channel.pk)]
    version = planned().version
    actions.write_plan()
    assert planned().version == version + 1


def test_only_its_owner_can_read_the_plan(channel: Channel) -> None:
    assert (studio_folder() / "plan.json").stat().st_mode & 0o077 == 0


def test_stop_resume_end(channel: Channel, now: datetime) -> None:
    for command, state in (
        (actions.stop_channel, "stopped"),
        (actions.resume_channel, "live"),
        (actions.end_channel, "ended"),
    ):
        assert command(channel=channel, actor=None, now=now).state == state
    assert states(channel) == ["ready", "live", "stopped", "live", "ended"]


def test_two_people_who_stop_together_stop_once(channel: Channel, now: datetime) -> None:
    actions.stop_channel(channel=channel, actor=None, now=now)
    assert actions.stop_channel(channel=channel, actor=None, now=now).state == "stopped"
    assert states(channel) == ["ready", "live", "stopped"]


def test_one_theatre_shows_one_operation(channel: Channel, now: datetime) -> None:
    with pytest.raises(Refused) as refusal:
        actions.open_channel(hall=channel.hall, room=make_room(), actor=None, now=now)
    assert refusal.value.code == "theatre_on_air"
    actions.end_channel(channel=channel, actor=None, now=now)
    actions.open_channel(hall=channel.hall, room=make_room(), actor=None, now=now)


def test_a_signal_is_told_once_until_it_changes(channel: Channel, now: datetime) -> None:
    feed = Feed.objects.get(key="endoscope")

    def report(signal: str, source: str | None) -> bool:
        status = DoorStatus.model_validate({"signal": signal, "source": source, "since": now})
        return actions.report_signal(channel=channel, feed=feed, status=status, now=now)

    assert [report("live", "encoder"), report("live", "encoder"), report("lost", None)] == [True, False, True]
    assert [signal for _, kind, signal in events(channel) if kind == "signal.changed"] == [
        "none",
        "none",
        "live",
        "lost",
    ]


def test_opening_the_picture_is_audited_and_renewing_is_not(channel: Channel, now: datetime) -> None:
    user = User.objects.create_user("viewer@example.org", full_name="Viewer")
    for seconds in (0, 45, 90, 135):
        actions.open_viewing(channel=channel, actor=user, now=now + timedelta(seconds=seconds))
    actions.open_viewing(channel=channel, actor=user, now=now + timedelta(minutes=30))
    opened = AuditEntry.objects.filter(action="picture.opened", actor=user)
    assert [entry.at for entry in opened] == [now, now + timedelta(minutes=30)]
    assert Viewing.objects.count() == 2


def test_a_stranger_gets_no_grant(channel: Channel, client: Client) -> None:
    address = f"/broadcast/channels/{channel.pk}/grant"
    answer = client.post(address, headers={"Accept": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (401, "sign_in_needed")
    client.force_login(User.objects.create_user("stranger@example.org", full_name="Stranger"))
    answer = client.post(address, headers={"Accept": "application/json"})
    assert answer.status_code in {403, 404}
    assert GRANT_COOKIE not in answer.cookies


def test_the_room_decides_who_gets_a_grant(
    channel: Channel, client: Client, monkeypatch: pytest.MonkeyPatch, settings: object
) -> None:
    from konsilium.foundation import clock  # reason: the test alone asks for the time
    from konsilium.rooms import registry
    from tests.factories.broadcast import viewer_of

    user = User.objects.create_user("viewer@example.org", full_name="Viewer")
    monkeypatch.setitem(registry._subjects, "open", lambda actor, subject, moment: viewer_of(user))
    client.force_login(user)
    answer = client.post(f"/broadcast/channels/{channel.pk}/grant", headers={"Accept": "application/json"})
    assert answer.status_code == 200
    cookie = answer.cookies[GRANT_COOKIE]
    assert (cookie["path"], cookie["httponly"], cookie["samesite"]) == (f"/media/{channel.pk}/", True, "Lax")
    key = settings.MEDIA_GRANT_KEY  # type: ignore[attr-defined]
    assert isinstance(verify_grant(key, cookie.value, channel=str(channel.pk), now=clock.now()), Holder)
    assert not isinstance(verify_grant(key, cookie.value, channel="another", now=clock.now()), Holder)
    assert json.loads(answer.content)["master_url"] == f"/media/{channel.pk}/master.m3u8"


def test_what_cannot_be_planned_keeps_no_stop_from_the_studio(channel: Channel, now: datetime) -> None:
    other = make_theatre(now, key="theatre-2", feeds=("endoscope",))
    Feed.objects.filter(hall=other).update(key="No Key At All")
    Feed.objects.filter(hall=channel.hall, key="overview").update(passphrase="short")
    actions.stop_channel(channel=channel, actor=None, now=now)
    [plan] = planned().channels
    assert (plan.state, [feed.key for feed in plan.feeds]) == ("stopped", ["endoscope"])


def test_an_interpreters_feed_is_offered_beside_the_sound(channel: Channel, now: datetime) -> None:
    actions.prepare_feed(hall=channel.hall, key="kk", title={"kk": "Аударма"}, position=2, language="kk")
    [plan] = planned().channels
    assert [(one.key, one.language, one.title) for one in plan.interpreters] == [("kk", "kk", "Аударма")]
    assert [feed.key for feed in plan.feeds] == ["endoscope", "overview"]
    assert plan.sound == "endoscope"
