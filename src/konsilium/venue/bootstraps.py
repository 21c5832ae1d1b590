"""What the scripts of the venue's pages start from: plain values, written into the page as JSON."""

from datetime import datetime
from urllib.parse import urlencode, urlsplit

import segno
from django.conf import settings
from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.urls import reverse
from django.utils import timezone, translation

from konsilium.broadcast.grants import stop_facts
from konsilium.broadcast.models import Clip, Feed, Recording
from konsilium.broadcast.queries import (
    channel_event,
    channel_of,
    clips_of,
    feeds_in,
    media_base,
    showable,
    sounding_feed,
)
from konsilium.broadcast.troubles import holes_in, trouble_sentences
from konsilium.foundation import clock
from konsilium.foundation.localised import language_name, localised
from konsilium.people.models import User
from konsilium.programme.models import Hall
from konsilium.rooms.decisions import Viewer
from konsilium.theatre.models import Operation
from konsilium.venue.chapters import chapters_of
from konsilium.venue.pages import bootstrap_facts, operation_url
from konsilium.venue.queries import operation_facts, recording_in


def site_facts(request: HttpRequest) -> dict[str, object]:
    """What every page's script needs."""
    language = translation.get_language()
    return {
        "language": language,
        "time_zone": timezone.get_current_timezone_name(),
        "messages": settings.SCRIPT_MESSAGES(language),
        "csrf": get_token(request),
    }


def room_bootstrap(request: HttpRequest, found: Operation, viewer: Viewer, user: User) -> dict[str, object]:
    """A page that follows the operation's room."""
    facts = operation_facts(found)
    room = str(found.room_id)
    channel = channel_of(found.room)
    join_url = request.build_absolute_uri(operation_url(found.pk, "live"))
    return {
        **site_facts(request),
        "room": room,
        "snapshot_url": f"/rooms/{room}",
        "events_url": f"/rooms/{room}/events",
        "commands_url": f"/rooms/{room}/commands",
        "you": you(viewer),
        "congress_zone": facts.congress_zone,
        "channel": channel_event(channel).model_dump(mode="json") if channel else None,
        "languages": _languages(found.slot.hall),
        "operation": bootstrap_facts(facts),
        "join_url": join_url,
        "join_qr": segno.make(join_url, error="m").svg_data_uri(scale=8, border=2),
        **stop_facts(room=found.room, user=user, viewer=viewer, now=clock.now()),
    }


def you(viewer: Viewer) -> dict[str, object]:
    return {
        "id": str(viewer.user_id),
        "name": viewer.name,
        "tokens": sorted(viewer.tokens),
        "abilities": sorted(viewer.abilities),
    }


def director_facts(found: Operation) -> dict[str, object]:
    """What the director's desk knows beyond the room: doors with their passphrases, what can be shown."""
    hall = found.slot.hall
    return {
        "desk_url": f"{media_base(hall.pk)}/desk",
        "desk_grant_url": reverse("desk_grant", args=[hall.pk]),
        "thumbnails_url": f"{media_base(hall.pk)}/",
        "log_url": reverse("operation_log", args=[found.pk]),
        "preflight_url": reverse("operation_preflight", args=[found.pk]),
        "feeds_url": reverse("hall_feeds", args=[hall.congress.slug, hall.key]),
        "recordings_url": reverse("recordings", args=[hall.congress.slug]),
        "feeds": feeds_facts(hall),
        "troubles": trouble_sentences(),
        "recordings": showable_facts(found),
    }


def feeds_facts(hall: Hall) -> list[dict[str, object]]:
    """The doors of a theatre with their passphrases: for its director's desk alone."""
    feeds = feeds_in(hall)
    sounding = sounding_feed(feeds)
    return [feed_facts(feed, sounds=feed == sounding) for feed in feeds]


def feed_facts(feed: Feed, *, sounds: bool) -> dict[str, object]:
    return {
        "key": feed.key,
        "door": feed.door,
        "title": feed.title,
        "language": feed.language or None,
        "port": feed.port,
        "passphrase": feed.passphrase,
        "srt": srt_address(feed),
        "closed": feed.closed,
        "sound": sounds,
    }


def srt_address(feed: Feed) -> str:
    """Where the feed's encoder calls, as OBS and ffmpeg take it."""
    bind = settings.OPTIONS.srt_bind
    host = (urlsplit(settings.SITE_URLS[0]).hostname or bind) if bind in {"0.0.0.0", "::"} else bind  # noqa: S104
    query = urlencode({"mode": "caller", "passphrase": feed.passphrase, "pkt_size": 1316})
    return f"srt://{host}:{feed.port}?{query}"


def showable_facts(found: Operation) -> list[dict[str, object]]:
    """What can be shown in place of the theatre at this moment."""
    return [
        {
            "id": str(recording.pk),
            "title": localised(recording.title),
            "duration_s": recording.duration_s,
            #: Chosen for this very slot.
            "chosen": recording.pk == found.film_id,
        }
        for recording in showable(found.slot.congress)
    ]


def recording_bootstrap(
    request: HttpRequest, found: Operation, viewer: Viewer, *, may_clip: bool, may_download: bool
) -> dict[str, object]:
    """The page on which a recording is watched."""
    return {
        **site_facts(request),
        "congress_zone": found.slot.congress.time_zone,
        "you": you(viewer),
        "operation": bootstrap_facts(operation_facts(found)),
        "recording": _recording_facts(found, viewer, may_clip=may_clip, may_download=may_download),
        "languages": _languages(found.slot.hall),
    }


def preview_bootstrap(request: HttpRequest, recording: Recording, user: User) -> dict[str, object]:
    """The page on which those in charge look at a film before anybody else sees it."""
    return {
        **site_facts(request),
        "congress_zone": recording.congress.time_zone,
        "you": {"id": str(user.pk), "name": user.full_name, "tokens": [], "abilities": []},
        "operation": {},
        "languages": {},
        "recording": {
            "id": str(recording.pk),
            "title": localised(recording.title),
            "state": recording.state,
            "preview": True,
            "master_url": f"{media_base(recording.pk)}/master.m3u8",
            "grant_url": reverse("recording_grant", args=[recording.pk]),
            "began": iso(recording.began_at),
            "duration_s": recording.duration_s,
            "chapters": [],
            "clips": [],
            "feeds": dict.fromkeys(recording.feeds, recording.title),
            "holes": holes_in(recording),
        },
    }


def _languages(hall: Hall) -> dict[str, str]:
    """What the languages of a hall's interpreters are called."""
    spoken = Feed.objects.filter(hall=hall).exclude(language="").values_list("language", flat=True)
    return {language: language_name(language) for language in spoken}


def _recording_facts(
    found: Operation, viewer: Viewer, *, may_clip: bool, may_download: bool
) -> dict[str, object]:
    recording = recording_in(found)
    channel = found.channel
    if recording is None or channel is None:
        return {
            "state": "none",
            "title": localised(found.slot.title),
            "chapters": [],
            "clips": [],
            "feeds": {},
        }
    base = media_base(recording.pk)
    clips_url = reverse("clips", args=[found.pk])
    return {
        "id": str(recording.pk),
        "title": localised(recording.title) or localised(found.slot.title),
        "state": recording.state,
        "master_url": f"{base}/master.m3u8",
        "grant_url": reverse("channel_grant", args=[channel.pk]),
        "began": iso(recording.began_at),
        "duration_s": recording.duration_s,
        # A film has a picture: what is sound alone is listened to on the page.
        "film_url": reverse("channel_film", args=[channel.pk]) if may_download and recording.feeds else None,
        "download_grant_url": None,
        "chapters": chapters_of(found, recording, viewer),
        "clips": [clip_facts(clip) for clip in clips_of(recording)],
        "clips_url": clips_url if may_clip else None,
        "feeds": recorded_titles(recording, found.slot.hall),
        "holes": holes_in(recording),
    }


def clip_facts(clip: Clip) -> dict[str, object]:
    return {
        "id": str(clip.pk),
        "title": clip.title,
        "from": iso(clip.starts_at),
        "to": iso(clip.ends_at),
        "by": clip.made_by.full_name,
    }


def recorded_titles(recording: Recording, hall: Hall) -> dict[str, dict[str, str]]:
    """The cameras that are in the recording, whatever has been added to the theatre since or taken away."""
    titles = dict(Feed.objects.filter(hall=hall).values_list("key", "title"))
    return {key: titles.get(key) or {"und": key} for key in recording.feeds}


def iso(moment: datetime | None) -> str | None:
    return moment.isoformat() if moment else None
