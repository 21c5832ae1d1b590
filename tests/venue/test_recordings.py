"""Pages of those who look after recordings and feeds."""

from typing import Any

import pytest
from django.test import Client

from konsilium.broadcast.actions import add_feed, open_channel, prepare_feed
from konsilium.broadcast.decisions import RecordingState
from konsilium.broadcast.models import Feed, Recording
from konsilium.foundation import clock
from konsilium.foundation.errors import Refused
from konsilium.foundation.models import AuditEntry
from konsilium.programme.models import Slot, SlotKind
from tests.factories.broadcast import keep_recording, make_recording, make_room, make_theatre, planned
from tests.factories.theatre import READERS, Scene
from tests.venue.test_pages import DIRECTING, bootstrap

pytestmark = pytest.mark.integration


@pytest.fixture(autouse=True)
def _today(scene: Scene) -> None:
    scene.now = clock.now()


def browser(scene: Scene, who: str) -> Client:
    client = Client(headers={"accept": "text/html"})
    client.force_login(scene.people[who])
    return client


def get(scene: Scene, who: str, address: str) -> Any:
    return browser(scene, who).get(address)


@pytest.mark.parametrize("who", [*READERS, "unverified", "stranger"])
def test_the_library_is_open_to_the_congresss_physicians_and_those_in_charge(scene: Scene, who: str) -> None:
    allowed = DIRECTING | {"moderator", "delegate", "colleague"}
    for address in ("/congresses/week/recordings/", "/congresses/week/recordings/list.json"):
        assert get(scene, who, address).status_code == (200 if who in allowed else 403)


def test_a_physician_sees_what_can_be_watched_and_nothing_else(scene: Scene) -> None:
    keep_recording(scene)
    congress = scene.operation.slot.congress
    make_recording(congress, scene.now, title="An upload")
    answer = get(scene, "delegate", "/congresses/week/recordings/")
    told = bootstrap(answer)
    assert told["uploads"]["tus_url"] is None
    [line] = told["recordings"]
    assert (line["title"], line["page_url"]) == (
        "VATS lobectomy",
        f"/operations/{scene.operation.pk}/recording/",
    )
    assert (line["destroy_url"], line["delete_url"]) == (None, None)
    assert "What is shown when" not in answer.content.decode()


def test_uploads_and_recordings_stand_in_one_list(scene: Scene) -> None:
    keep_recording(scene)
    congress = scene.operation.slot.congress
    failed = make_recording(congress, scene.now, state=RecordingState.FAILED, title="Thyroid")
    told = bootstrap(get(scene, "organiser", "/congresses/week/recordings/"))
    assert told["uploads"] == {
        "tus_url": "/broadcast/congresses/week/uploads/",
        "max_bytes": 20_000_000_000,
        "list_url": "/congresses/week/recordings/list.json",
    }
    lines = {line["title"]: line for line in told["recordings"]}
    kept = lines["VATS lobectomy"]
    assert (kept["state"], kept["source"], kept["delete_url"]) == ("kept", "operation", None)
    assert kept["page_url"] == f"/operations/{scene.operation.pk}/recording/"
    assert kept["destroy_url"] == f"/recordings/{kept['id']}/destroy/"
    seen_by_director = get(scene, "director", "/congresses/week/recordings/list.json").json()["recordings"]
    assert {line["destroy_url"] for line in seen_by_director} == {None}
    assert lines["Thyroid"]["state"] == "failed"
    assert "pload it again" in lines["Thyroid"]["detail"]
    assert lines["Thyroid"]["delete_url"] == f"/recordings/{failed.pk}/destroy/"


def test_an_upload_shows_how_far_it_is(scene: Scene) -> None:
    recording = make_recording(scene.operation.slot.congress, scene.now, state=RecordingState.UPLOADING)
    Recording.objects.filter(pk=recording.pk).update(size=1000)
    [line] = get(scene, "director", "/congresses/week/recordings/list.json").json()["recordings"]
    assert (line["state"], line["progress"], line["page_url"]) == ("uploading", 0.0, None)
    assert line["upload_url"] == f"/broadcast/uploads/{recording.pk}"


def test_what_is_missing_from_a_recording_is_said(scene: Scene) -> None:
    recording = keep_recording(scene)
    address = f"/operations/{scene.operation.pk}/recording/"
    assert bootstrap(get(scene, "delegate", address))["recording"]["holes"] == ""
    Recording.objects.update(lost=3, stored=False)
    gaps = "It has gaps: 3 pieces of a few seconds are missing."
    assert bootstrap(get(scene, "delegate", address))["recording"]["holes"] == gaps
    [line] = get(scene, "director", "/congresses/week/recordings/list.json").json()["recordings"]
    assert line["detail"] == (
        f"{gaps} Not all of it has reached the store yet; a part lies on this server's disk alone."
    )
    assert line["id"] == str(recording.pk)
    [line] = get(scene, "delegate", "/congresses/week/recordings/list.json").json()["recordings"]
    assert line["detail"] == gaps


def test_only_what_was_recorded_is_offered_as_a_download(scene: Scene) -> None:
    for position, key in enumerate(("endoscope", "overview")):
        prepare_feed(hall=scene.operation.slot.hall, key=key, title={"en": key.title()}, position=position)
    keep_recording(scene)
    told = bootstrap(get(scene, "organiser", f"/operations/{scene.operation.pk}/recording/"))["recording"]
    assert told["feeds"] == {"endoscope": {"en": "Endoscope"}}


def test_a_slot_gets_its_recording(scene: Scene) -> None:
    Slot.objects.filter(pk=scene.operation.slot_id).update(kind=SlotKind.AS_LIVE)
    film = make_recording(scene.operation.slot.congress, scene.now)
    address = f"/congresses/week/recordings/slots/{scene.operation.pk}/"
    assert browser(scene, "moderator").post(address, {"recording": str(film.pk)}).status_code == 403
    answer = browser(scene, "director").post(address, {"recording": str(film.pk)}, follow=True)
    assert "The recording of this slot is chosen." in answer.content.decode()
    assert scene.operation_now().film_id == film.pk
    assert browser(scene, "director").post(address, {"recording": "nonsense"}).status_code == 404
    browser(scene, "director").post(address, {"recording": ""})
    assert scene.operation_now().film_id is None


def test_a_word_has_to_be_typed_before_something_is_destroyed(scene: Scene) -> None:
    film = make_recording(scene.operation.slot.congress, scene.now)
    address = f"/recordings/{film.pk}/destroy/"
    assert browser(scene, "director").get(address).status_code == 403
    organiser = browser(scene, "organiser")
    assert "cannot be taken back" in organiser.get(address).content.decode()
    assert organiser.post(address, {"typed": "yes"}).status_code == 422
    film.refresh_from_db()
    assert film.state == RecordingState.KEPT
    assert organiser.delete(address).status_code == 409
    assert organiser.post(address, {"typed": " destroy "}).status_code == 302
    film.refresh_from_db()
    assert film.state == RecordingState.DESTROYED


def test_a_failed_film_is_thrown_away_at_once(scene: Scene) -> None:
    film = make_recording(scene.operation.slot.congress, scene.now, state=RecordingState.FAILED)
    assert scene.client("director").delete(f"/recordings/{film.pk}/destroy/").status_code == 204
    film.refresh_from_db()
    assert film.state == RecordingState.DESTROYED


@pytest.mark.parametrize("who", [who for who in (*READERS, "stranger") if who != "organiser"])
def test_only_the_organiser_records_that_a_consent_was_withdrawn(scene: Scene, who: str) -> None:
    address = f"/operations/{scene.operation.pk}/consent/"
    assert browser(scene, who).post(address, {"typed": "destroy"}).status_code == 403
    assert not AuditEntry.objects.filter(action="operation.consent_withdrawn").exists()


def test_a_withdrawn_consent(scene: Scene) -> None:
    keep_recording(scene)
    address = f"/operations/{scene.operation.pk}/consent/"
    organiser = browser(scene, "organiser")
    assert "cannot be watched again" in organiser.get(address).content.decode()
    assert organiser.post(address, {"typed": ""}).status_code == 422
    assert organiser.post(address, {"typed": "DESTROY"}).status_code == 302
    assert Recording.objects.get().state == RecordingState.DESTROYED
    page = get(scene, "delegate", f"/operations/{scene.operation.pk}/recording/").content.decode()
    assert "This recording was destroyed" in page


def test_who_records_a_withdrawn_consent_is_told_what_goes_with_it(scene: Scene) -> None:
    kept = keep_recording(scene)
    address = f"/operations/{scene.operation.pk}/consent/"
    organiser = browser(scene, "organiser")
    assert "whatever else they hold" not in organiser.get(address).content.decode()
    channel = open_channel(
        hall=make_theatre(scene.now, key="theatre-9"),
        room=make_room(),
        actor=None,
        now=scene.now,
        showing=kept,
    )
    Recording.objects.filter(channel=channel).update(title={"en": "The day of nephrectomies"})
    page = organiser.get(address).content.decode()
    assert "whatever else they hold" in page
    assert "The day of nephrectomies" in page
    assert "on air now: the broadcast stops" in page
    assert "It is on air now" in organiser.get(f"/recordings/{kept.pk}/destroy/").content.decode()


def test_a_consent_that_is_withdrawn_beforehand(scene: Scene) -> None:
    address = f"/operations/{scene.operation.pk}/consent/"
    organiser = browser(scene, "organiser")
    words = "This operation cannot go on air any more."
    assert words not in organiser.get(address).content.decode()
    answer = organiser.post(address, {"typed": "DESTROY"}, follow=True)
    assert words in answer.content.decode()
    assert "The key is destroyed" not in answer.content.decode()
    assert words in organiser.get(address).content.decode()
    assert scene.command("director", "operation.open").body["code"] == "operation_ended"


def test_a_theatre_gets_its_feeds(scene: Scene) -> None:
    address = "/congresses/week/halls/theatre-1/feeds/"
    assert get(scene, "moderator", address).status_code == 403
    director = browser(scene, "director")
    assert "No feeds yet" in director.get(address).content.decode()
    said = {"key": "Endoscope", "title": "Эндоскоп", "carries_sound": "on", "language": ""}
    assert director.post(address, said).status_code == 302
    feed = Feed.objects.get()
    assert (feed.key, feed.title, feed.carries_sound) == ("endoscope", {"und": "Эндоскоп"}, True)
    assert f"srt://127.0.0.1:{feed.port}?" in director.get(address).content.decode()
    for wrong in ({"key": "endoscope"}, {"key": "sound"}, {"key": "kk", "language": "not a language"}):
        assert director.post(address, {**said, **wrong}).status_code == 422


def test_a_feed_that_is_added_during_a_broadcast_is_found_after_loading_again(scene: Scene) -> None:
    address = "/congresses/week/halls/theatre-1/feeds/"
    director = browser(scene, "director")
    said = {"title": "Russian", "language": "ru"}
    later = "It joins what is on air"
    assert later not in director.post(address, {**said, "key": "ru"}, follow=True).content.decode()
    scene.do("director", "operation.open")
    answer = director.post(address, {**said, "key": "kk", "language": "kk"}, follow=True)
    assert later in answer.content.decode()
    refused = director.post(address, {**said, "key": "ru-2", "language": "RU"})
    assert "has an interpreter of that language already" in refused.content.decode()


FEEDS = "/congresses/week/halls/theatre-1/feeds/"


def add(scene: Scene, key: str, **said: str) -> int:
    address, answer = FEEDS, {"key": key, "title": key.title(), "language": "", **said}
    return int(browser(scene, "director").post(address, answer).status_code)


def sounding() -> list[str]:
    return [feed.key for feed in Feed.objects.filter(carries_sound=True)]


def test_everybodys_sound_moves_to_the_feed_that_is_given_it_last(scene: Scene) -> None:
    assert add(scene, "endoscope", carries_sound="on") == 302
    assert add(scene, "overview", carries_sound="on") == 302
    assert sounding() == ["overview"]
    first = Feed.objects.get(key="endoscope")
    answer = browser(scene, "director").post(
        f"{FEEDS}{first.pk}/", {"title": "Endoscope", "carries_sound": "on"}
    )
    assert answer.status_code == 302
    assert sounding() == ["endoscope"]


def test_an_interpreter_is_never_everybodys_sound(scene: Scene) -> None:
    assert add(scene, "ru", language="ru", carries_sound="on") == 422
    assert add(scene, "ru", language="ru") == 302
    booth = Feed.objects.get()
    browser(scene, "director").post(f"{FEEDS}{booth.pk}/", {"title": "Booth", "carries_sound": "on"})
    assert sounding() == []


def test_a_theatre_has_eight_cameras_and_eight_interpreters(scene: Scene) -> None:
    for number in range(8):
        assert add(scene, f"camera-{number}") == 302
    assert add(scene, "camera-9") == 422
    for number, language in enumerate(("ru", "kk", "en", "de", "fr", "tr", "zh", "ar")):
        assert add(scene, f"booth-{number}", language=language) == 302
    assert add(scene, "booth-9", language="es") == 422
    assert Feed.objects.count() == 16
    assert "Add a feed" not in get(scene, "director", FEEDS).content.decode()
    # Also where two people pass the form at the same time.
    with pytest.raises(Refused) as refused:
        add_feed(
            hall=scene.operation.slot.hall,
            key="camera-9",
            title={},
            carries_sound=False,
            language="",
            actor=scene.people["director"],
            now=scene.now,
        )
    assert refused.value.code == "feeds_full"


def test_a_feed_gets_another_name_and_a_new_passphrase(scene: Scene) -> None:
    scene.do("director", "channel.delay", seconds=5)
    feed = prepare_feed(
        hall=scene.operation.slot.hall,
        key="endoscope",
        title={"en": "Endoscope", "ru": "Эндоскоп"},
        position=0,
    )
    scene.do("director", "operation.open")
    address, secret = f"{FEEDS}{feed.pk}/", feed.passphrase
    assert browser(scene, "moderator").post(address, {"title": "Endoscope"}).status_code == 403
    assert browser(scene, "director").post(address, {"title": ""}).status_code == 422
    director = browser(scene, "director")
    director.post(address, {"title": "Endoscope", "new_passphrase": "on"})
    feed.refresh_from_db()
    assert feed.title == {"en": "Endoscope", "ru": "Эндоскоп"}
    assert feed.passphrase != secret
    assert [door.passphrase for door in planned().doors] == [feed.passphrase]
    director.post(address, {"title": "Laparoscope"})
    signal = scene.state("delegate")["signal"]
    assert isinstance(signal, dict)
    assert signal["endoscope"]["title"] == {"und": "Laparoscope"}
    log = scene.client("director").get(f"/operations/{scene.operation.pk}/director/log/").json()["log"]
    assert [(line["who"], line["text"]) for line in log][-2:] == [
        ("Director", "Feed changed, with a new passphrase: Endoscope"),
        ("Director", "Feed changed: Laparoscope"),
    ]
    assert feed.passphrase not in str(AuditEntry.objects.get(detail__changed=["passphrase"]).detail)


def test_who_adds_a_feed_is_in_the_audit_trail(scene: Scene) -> None:
    add(scene, "endoscope")
    [line] = AuditEntry.objects.filter(action="feed.added")
    assert (line.actor, line.detail["feed"]) == (scene.people["director"], "endoscope")


def test_the_directors_desk_leads_to_the_feeds(scene: Scene) -> None:
    page = get(scene, "director", f"/operations/{scene.operation.pk}/director/").content.decode()
    assert 'href="/congresses/week/halls/theatre-1/feeds/"' in page


def test_what_is_wrong_is_said_before_going_on_air(scene: Scene) -> None:
    prepare_feed(hall=scene.operation.slot.hall, key="endoscope", title={"en": "Endoscope"}, position=0)
    address = f"/operations/{scene.operation.pk}/director/preflight/"
    assert scene.client("moderator").get(address).status_code == 403
    assert scene.client("director").get(address).json()["checks"][0]["level"] in {"failed", "ok"}


@pytest.mark.parametrize("who", [*READERS, "unverified", "stranger"])
def test_those_in_charge_look_at_a_film_before_it_is_on_air(scene: Scene, who: str) -> None:
    film = make_recording(scene.operation.slot.congress, scene.now)
    answer = get(scene, who, f"/recordings/{film.pk}/")
    assert answer.status_code == (200 if who in DIRECTING else 403)
    if who in DIRECTING:
        told = bootstrap(answer)["recording"]
        assert told["grant_url"] == f"/broadcast/recordings/{film.pk}/grant"
        assert told["master_url"] == f"/media/{film.pk}/master.m3u8"
        assert (told["feeds"], told["preview"]) == ({"picture": {"en": "Nephrectomy"}}, True)


@pytest.mark.parametrize("state", [state for state in RecordingState if state is not RecordingState.KEPT])
def test_there_is_nothing_to_look_at_in_what_is_not_ready(scene: Scene, state: RecordingState) -> None:
    film = make_recording(scene.operation.slot.congress, scene.now, state=state)
    assert get(scene, "director", f"/recordings/{film.pk}/").status_code == 404


def test_the_list_leads_to_where_a_film_is_looked_at(scene: Scene) -> None:
    film = make_recording(scene.operation.slot.congress, scene.now)
    [line] = get(scene, "director", "/congresses/week/recordings/list.json").json()["recordings"]
    assert line["page_url"] == f"/recordings/{film.pk}/"


def test_a_film_that_becomes_ready_is_offered_on_a_desk_that_is_open(scene: Scene) -> None:
    film = make_recording(scene.operation.slot.congress, scene.now, state=RecordingState.CONVERTING)
    address = f"/operations/{scene.operation.pk}/director/log/"
    client = scene.client("director")
    assert client.get(address).json()["recordings"] == []
    Recording.objects.update(state=RecordingState.KEPT)
    [one] = client.get(address).json()["recordings"]
    assert (one["id"], one["title"], one["chosen"]) == (str(film.pk), "Nephrectomy", False)


def test_an_open_desk_hears_of_a_new_passphrase(scene: Scene) -> None:
    feed = prepare_feed(
        hall=scene.operation.slot.hall, key="endoscope", title={"en": "Endoscope"}, position=0
    )
    browser(scene, "director").post(f"{FEEDS}{feed.pk}/", {"title": "Endoscope", "new_passphrase": "on"})
    feed.refresh_from_db()
    address = f"/operations/{scene.operation.pk}/director/log/"
    [told] = scene.client("director").get(address).json()["feeds"]
    assert (told["key"], told["passphrase"]) == ("endoscope", feed.passphrase)
    assert scene.client("moderator").get(address).status_code == 403
