"""Taking back what somebody holds, once their rights have changed."""

from datetime import timedelta

import pytest

from konsilium.broadcast import actions, tasks
from konsilium.broadcast.decisions import BAR_KEPT
from konsilium.broadcast.grants import stop_facts
from konsilium.broadcast.models import Bar, Channel, Viewing
from konsilium.broadcast.plan import current_plan
from konsilium.foundation import clock
from konsilium.mediaplane.grants import GRANT_COOKIE, Holder, verify_grant
from konsilium.people.actions import revoke_verification
from konsilium.people.roles import Role
from konsilium.programme.actions import change_roles
from konsilium.programme.models import Membership
from konsilium.theatre.actions import name_team_member, remove_team_member
from konsilium.theatre.decisions import Part
from konsilium.theatre.models import TeamMember
from tests.factories.broadcast import keep_recording, planned
from tests.factories.theatre import Scene

pytestmark = pytest.mark.integration


@pytest.fixture
def on_air(scene: Scene) -> Scene:
    scene.now = clock.now()
    scene.do("director", "operation.open")
    return scene


def grant(scene: Scene, who: str) -> Holder | None:
    channel = Channel.objects.get(room=scene.room)
    answer = scene.client(who).post(f"/broadcast/channels/{channel.pk}/grant")
    if answer.status_code != 200:
        return None
    from django.conf import settings  # reason: the key is made with the settings

    token = answer.cookies[GRANT_COOKIE].value
    holder = verify_grant(settings.MEDIA_GRANT_KEY, token, channel=str(channel.pk), now=clock.now())
    assert isinstance(holder, Holder)
    return holder


def test_the_next_plan_bars_whose_verification_was_revoked(on_air: Scene) -> None:
    holder = grant(on_air, "delegate")
    assert holder is not None
    before = clock.now()
    revoke_verification(actor=on_air.people["organiser"], user=on_air.people["delegate"], now=clock.now())
    barred = planned().channels[0].barred
    assert list(barred) == [str(on_air.people["delegate"].pk)]
    [since] = barred.values()
    assert before <= since <= before + timedelta(seconds=1)
    assert holder.issued < since
    assert grant(on_air, "delegate") is None


def test_others_are_left_alone(on_air: Scene) -> None:
    grant(on_air, "delegate")
    grant(on_air, "colleague")
    revoke_verification(actor=on_air.people["organiser"], user=on_air.people["delegate"], now=clock.now())
    assert not Bar.objects.filter(user=on_air.people["colleague"]).exists()
    assert Viewing.objects.get(user=on_air.people["colleague"]).valid_until > clock.now()
    assert Viewing.objects.get(user=on_air.people["delegate"]).valid_until <= clock.now()


def test_who_may_still_be_there_keeps_the_picture(on_air: Scene) -> None:
    grant(on_air, "delegate")
    user = on_air.people["delegate"]
    name_team_member(operation=on_air.operation, user=user, role=Part.ADVOCATE, actor=None, now=clock.now())
    assert planned().channels[0].barred == {}


def test_a_stop_grant_is_taken_back_with_the_right_to_stop(on_air: Scene) -> None:
    user = on_air.people["delegate"]
    name_team_member(operation=on_air.operation, user=user, role=Part.ADVOCATE, actor=None, now=clock.now())
    held = stop_facts(room=on_air.room, user=user, viewer=on_air.viewer("delegate"), now=clock.now())
    assert held["stop_token"]
    remove_team_member(member=TeamMember.objects.get(user=user), actor=None, now=clock.now())
    # A physician of the congress still, so a new grant is given for the asking.
    assert list(planned().channels[0].barred) == [str(user.pk)]
    assert grant(on_air, "delegate") is not None


def test_it_works_before_the_channel_is_there(scene: Scene) -> None:
    scene.now = clock.now()
    user = scene.people["advocate"]
    stop_facts(room=scene.room, user=user, viewer=scene.viewer("advocate"), now=clock.now())
    remove_team_member(member=TeamMember.objects.get(user=user), actor=None, now=clock.now())
    revoke_verification(actor=scene.people["organiser"], user=user, now=clock.now())
    scene.do("director", "operation.open")
    assert list(planned().channels[0].barred) == [str(user.pk)]


def test_a_bar_is_dropped_when_nothing_older_can_still_be_good(on_air: Scene) -> None:
    grant(on_air, "delegate")
    revoke_verification(actor=on_air.people["organiser"], user=on_air.people["delegate"], now=clock.now())
    later = clock.now() + BAR_KEPT + timedelta(seconds=2)
    assert current_plan(version=1, now=later).channels[0].barred == {}


def test_who_watches_a_recording_is_barred_too(on_air: Scene) -> None:
    recording = keep_recording(on_air)
    Channel.objects.update(ended_at=clock.now() - timedelta(hours=1))
    assert grant(on_air, "delegate") is not None
    revoke_verification(actor=on_air.people["organiser"], user=on_air.people["delegate"], now=clock.now())
    assert planned().channels == ()
    assert list(planned().barred[str(recording.pk)]) == [str(on_air.people["delegate"].pk)]


def test_a_director_no_more_loses_the_desk(on_air: Scene) -> None:
    hall, user = on_air.operation.slot.hall_id, on_air.people["director"]
    assert on_air.client("director").post(f"/broadcast/halls/{hall}/grant").status_code == 200
    membership = Membership.objects.get(user=user)
    change_roles(
        actor=on_air.people["organiser"], membership=membership, roles=[Role.DELEGATE], now=clock.now()
    )
    assert list(planned().barred[str(hall)]) == [str(user.pk)]


@pytest.mark.parametrize("who", ["delegate", "moderator", "surgeon", "advocate", "director", "organiser"])
def test_a_grant_to_watch_allows_nothing_else(on_air: Scene, who: str) -> None:
    holder = grant(on_air, who)
    assert holder is not None
    assert holder.acts == set()


def test_a_film_under_way_is_taken_back_with_the_right_to_it(on_air: Scene) -> None:
    user = on_air.people["delegate"]
    name_team_member(operation=on_air.operation, user=user, role=Part.ADVOCATE, actor=None, now=clock.now())
    recording = keep_recording(on_air)
    Channel.objects.update(ended_at=clock.now() - timedelta(hours=1))
    answer = on_air.client("delegate").get(f"/broadcast/channels/{recording.pk}/film?feed=endoscope")
    from django.conf import settings  # reason: the key is made with the settings

    token = answer.cookies[GRANT_COOKIE].value
    held = verify_grant(settings.MEDIA_GRANT_KEY, token, channel=str(recording.pk), now=clock.now())
    assert isinstance(held, Holder)
    assert (held.acts, held.expires - held.issued > timedelta(hours=1)) == ({"download"}, True)
    remove_team_member(member=TeamMember.objects.get(user=user), actor=None, now=clock.now())
    # A physician of the congress still, who may watch it but not keep it.
    assert grant(on_air, "delegate") is not None
    barred = planned().barred[str(recording.pk)]
    assert (list(barred), barred[str(user.pk)] >= held.issued) == ([str(user.pk)], True)


def test_a_judgement_that_was_lost_is_made_up_for(on_air: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process was killed between the commit and what was to follow it."""
    user = on_air.people["advocate"]
    stop_facts(room=on_air.room, user=user, viewer=on_air.viewer("advocate"), now=clock.now())
    stop_facts(
        room=on_air.room, user=on_air.people["surgeon"], viewer=on_air.viewer("surgeon"), now=clock.now()
    )
    TeamMember.objects.get(user=user).delete()
    assert planned().channels[0].barred == {}
    tasks.keep_tidy()
    assert list(planned().channels[0].barred) == [str(user.pk)]


@pytest.mark.parametrize("who", ["director", "organiser", "moderator", "surgeon", "delegate", "stranger"])
def test_the_desk_of_a_theatre_is_granted_to_who_directs(on_air: Scene, who: str) -> None:
    hall = on_air.operation.slot.hall_id
    answer = on_air.client(who).post(f"/broadcast/halls/{hall}/grant")
    assert (answer.status_code == 200) is (who in {"director", "organiser"})
    if answer.status_code == 200:
        assert answer.cookies[GRANT_COOKIE]["path"] == f"/media/{hall}/"
        assert answer.json()["renew_after"] == 45
    else:
        assert GRANT_COOKIE not in answer.cookies


def test_a_person_nobody_knows_is_no_error(on_air: Scene) -> None:
    assert actions.rejudge_person(user_id=on_air.room.pk, now=clock.now()) == []
