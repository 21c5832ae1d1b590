"""Who gets which page of a broadcast, and what its script starts from."""

import json
import re
from typing import Any

import pytest
from django.test import Client

from konsilium.broadcast.actions import prepare_feed
from konsilium.broadcast.models import Pass, Recording
from konsilium.config import settings
from konsilium.foundation import clock
from konsilium.foundation.actions import record_audit
from konsilium.mediaplane.grants import Holder, verify_grant
from tests.factories.broadcast import keep_recording, make_recording
from tests.factories.theatre import READERS, Scene

pytestmark = pytest.mark.integration

DIRECTING = {"director", "organiser"}


@pytest.fixture(autouse=True)
def _today(scene: Scene) -> None:
    """Pages ask the clock: the people of the scene were verified for a year from now."""
    scene.now = clock.now()


def bootstrap(answer: Any) -> dict[str, Any]:
    found = re.search(
        r'<script id="bootstrap" type="application/json">(.*?)</script>', answer.content.decode(), re.DOTALL
    )
    assert found
    return dict(json.loads(found.group(1)))


def page(scene: Scene, who: str, name: str) -> Any:
    client = Client(headers={"accept": "text/html"})
    client.force_login(scene.people[who])
    return client.get(f"/operations/{scene.operation.pk}/{name}")


@pytest.mark.parametrize("who", [*READERS, "unverified", "stranger"])
def test_the_directors_desk_is_for_director_and_organiser(scene: Scene, who: str) -> None:
    prepare_feed(hall=scene.operation.slot.hall, key="endoscope", title={"en": "Endoscope"}, position=0)
    answer = page(scene, who, "director/")
    assert answer.status_code == (200 if who in DIRECTING else 403)
    assert ("passphrase" in answer.content.decode()) is (who in DIRECTING)


def test_the_desk_tells_encoders_where_to_call(scene: Scene) -> None:
    feed = prepare_feed(
        hall=scene.operation.slot.hall, key="endoscope", title={"en": "Endoscope"}, position=0
    )
    film = make_recording(scene.operation.slot.congress, scene.now)
    facts = bootstrap(page(scene, "director", "director/"))["director"]
    hall = scene.operation.slot.hall_id
    assert (facts["desk_url"], facts["thumbnails_url"]) == (f"/media/{hall}/desk", f"/media/{hall}/")
    [told] = facts["feeds"]
    assert (
        told["srt"] == f"srt://127.0.0.1:{feed.port}?mode=caller&passphrase={feed.passphrase}&pkt_size=1316"
    )
    assert (told["key"], told["sound"], told["closed"]) == ("endoscope", True, False)
    assert [one["id"] for one in facts["recordings"]] == [str(film.pk)]


@pytest.mark.parametrize("who", READERS)
def test_whoever_may_stop_holds_a_stop_grant_before_anything_is_on_air(scene: Scene, who: str) -> None:
    told = bootstrap(page(scene, who, "live/"))
    if who in {"delegate", "colleague"}:
        assert told["stop_token"] is None
        assert not Pass.objects.exists()
        return
    scene.do("director", "operation.open")
    channel = scene.state(who)["channel"]
    assert isinstance(channel, dict)
    assert told["stop_url"] == channel["stop_url"]
    holder = verify_grant(
        settings.MEDIA_GRANT_KEY, told["stop_token"], channel=str(channel["id"]), now=clock.now()
    )
    assert isinstance(holder, Holder)
    assert (holder.acts, holder.person) == ({"stop"}, str(scene.people[who].pk))
    assert 11 * 3600 < (holder.expires - clock.now()).total_seconds() <= 12 * 3600


@pytest.mark.parametrize("who", [*READERS, "unverified", "stranger"])
def test_a_recording_is_for_whoever_may_be_in_the_room(scene: Scene, who: str) -> None:
    keep_recording(scene)
    answer = page(scene, who, "recording/")
    assert answer.status_code == (403 if who in {"unverified", "stranger"} else 200)
    if answer.status_code == 200:
        told = bootstrap(answer)["recording"]
        team = {"surgeon", "spokesperson", "anaesthetist", "advocate"}
        assert (told["film_url"] is not None) is (who in team | DIRECTING)
        assert (told["clips_url"] is not None) is (
            who in {"surgeon", "spokesperson", "moderator"} | DIRECTING
        )
        assert told["state"] == "kept"


def test_chapters_lie_where_the_recording_shows_them(scene: Scene) -> None:
    from datetime import timedelta

    scene.do("director", "channel.delay", seconds=20)
    question = None
    begun = scene.now
    scene.do("director", "operation.open")
    scene.now += timedelta(seconds=60)
    question = scene.chosen()
    scene.do("spokesperson", "question.answer", id=question)
    scene.now += timedelta(seconds=30)
    scene.do("spokesperson", "question.finish", id=question)
    scene.do("advocate", "operation.stop")
    scene.now += timedelta(seconds=10)
    scene.do("director", "operation.resume")
    keep_recording(scene, began=begun)
    chapters = bootstrap(page(scene, "delegate", "recording/"))["recording"]["chapters"]
    assert [one["kind"] for one in chapters] == ["start", "answer", "stop", "resume", "end"]
    at = {one["kind"]: one["at"] for one in chapters}
    assert at["start"] == (begun + timedelta(seconds=20)).isoformat()
    assert at["answer"] == (begun + timedelta(seconds=80)).isoformat()
    # The stop cuts what viewers see, and the delay's content is never seen.
    assert at["stop"] == (begun + timedelta(seconds=90)).isoformat()
    assert at["resume"] == (begun + timedelta(seconds=120)).isoformat()
    assert chapters[1]["who"] == "Delegate, Almaty"
    assert chapters[1]["until"] == (begun + timedelta(seconds=110)).isoformat()


def test_an_operation_that_was_never_on_air_has_no_recording(scene: Scene) -> None:
    answer = page(scene, "delegate", "recording/")
    assert "Nothing was recorded" in answer.content.decode()
    assert not Recording.objects.exists()


def test_the_pages_of_an_operation_lead_to_its_recording(scene: Scene) -> None:
    assert "recording/" not in page(scene, "delegate", "").content.decode()
    keep_recording(scene)
    assert f"/operations/{scene.operation.pk}/recording/" in page(scene, "delegate", "").content.decode()
    assert "recording there" in Client().get("/congresses/week/programme/").content.decode()
    channel = scene.state("delegate")["channel"]
    assert isinstance(channel, dict)
    assert channel["recording_url"] == f"/operations/{scene.operation.pk}/recording/"


def test_the_log_says_in_words_what_happened(scene: Scene) -> None:
    scene.do("director", "channel.delay", seconds=15)
    scene.do("director", "operation.open")
    scene.do("advocate", "operation.stop")
    answer = scene.client("director").get(f"/operations/{scene.operation.pk}/director/log/")
    lines = [(line["who"], line["text"]) for line in answer.json()["log"]]
    assert ("Director", "Delay set to 15 s") in lines
    assert lines[-1] == ("Advocate", "Broadcast stopped")
    assert scene.client("moderator").get(f"/operations/{scene.operation.pk}/director/log/").status_code == 403


def test_the_log_keeps_what_was_done_however_many_watch(scene: Scene) -> None:
    scene.do("director", "operation.open")
    channel = scene.state("director")["channel"]
    assert isinstance(channel, dict)
    for _ in range(300):
        record_audit(
            actor=scene.people["delegate"],
            action="picture.opened",
            subject=f"channel:{channel['id']}",
            now=scene.now,
        )
    log = scene.client("director").get(f"/operations/{scene.operation.pk}/director/log/").json()["log"]
    assert ("Director", "On air") in [(line["who"], line["text"]) for line in log]
