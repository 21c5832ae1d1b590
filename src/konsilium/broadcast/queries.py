"""Reads of the broadcast: a channel as its room sees it, its recordings, what the studio reports."""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from django.conf import settings
from pydantic import ValidationError

from konsilium.broadcast.decisions import ChannelState, RecordingState
from konsilium.broadcast.events import ChannelChanged, DelayData, ShowingData, SignalChanged
from konsilium.broadcast.models import Channel, Clip, Feed, FeedSignal, Recording, RecordingKind, Shown
from konsilium.broadcast.registry import recording_page
from konsilium.mediaplane.status import Status
from konsilium.programme.models import Congress, Hall
from konsilium.rooms.models import Room

GB = 1_000_000_000
#: It reports every second; ten times that is not a busy machine any more.
SILENT_AFTER = timedelta(seconds=10)


def studio_folder() -> Path:
    """Where plan and status are exchanged with the media plane."""
    return Path(settings.DATA) / "studio"


def upload_limit() -> int:
    """Bytes of the largest film that is taken."""
    return int(settings.OPTIONS.uploads_gb) * GB


def uploads_folder() -> Path:
    """Where films lie until they are converted."""
    return Path(settings.DATA) / "uploads"


def upload_path(upload: Recording) -> Path:
    """Its name is its id, so nothing of what somebody called a file gets near the disk."""
    return uploads_folder() / str(upload.pk)


def held_of(upload: Recording) -> int:
    """How many bytes of a film are there."""
    try:
        return upload_path(upload).stat().st_size
    except OSError:
        return 0


def media_base(identifier: UUID) -> str:
    """What the addresses of a channel's, a recording's or a hall's media begin with."""
    return f"{settings.OPTIONS.media_url.rstrip('/')}/media/{identifier}"


def channel_of(room: Room) -> Channel | None:
    """The room's channel; None before anybody prepared it."""
    return Channel.objects.select_related("showing", "recording", "room").filter(room=room).first()


def channel_running(hall: Hall) -> bool:
    """Whether something is on air from this theatre, or stopped."""
    return Channel.objects.filter(hall=hall, state__in=(ChannelState.LIVE, ChannelState.STOPPED)).exists()


def recording_of(channel: Channel) -> Recording | None:
    """What the vault keeps of the channel; None as long as it has shown nothing."""
    return Recording.objects.filter(channel=channel).first()


def channel_event(channel: Channel) -> ChannelChanged:
    """The channel as its room sees it."""
    base = media_base(channel.pk)
    recording = recording_of(channel)
    kept = recording is not None and recording.state == RecordingState.KEPT
    shown = channel.showing
    return ChannelChanged(
        id=str(channel.pk),
        state=ChannelState(channel.state).value,
        master_url=f"{base}/master.m3u8",
        listen_url=f"{base}/listen.m3u8",
        grant_url=f"/broadcast/channels/{channel.pk}/grant",
        stop_url=f"{base}/stop",
        recording_url=recording_page(channel.room) if kept else None,
        opened_at=channel.opened_at,
        delay_s=channel.delay_s,
        delays=[DelayData(since=step.since, seconds=step.seconds) for step in channel.delay_steps],
        programme=channel.programme or None,
        showing=ShowingData(
            kind="recording" if shown else "live",
            title=shown.title if shown else {},
            since=channel.showing_since or channel.opened_at,
            over=channel.showing_over,
        ),
        slate=channel.slate,
    )


def signal_event(signal: FeedSignal) -> SignalChanged:
    """The signal of one feed as the room sees it."""
    return SignalChanged.model_validate(
        {
            "id": signal.feed.key,
            "title": signal.feed.title,
            "signal": signal.signal,
            "simulated": signal.source == "stand_in",
            "since": signal.since,
            "closed": signal.closed,
            "language": signal.feed.language or None,
        }
    )


def signals_told(channel: Channel) -> dict[str, tuple[str, str]]:
    """Signal and source of each feed (by its door) as the channel's room was told them last."""
    signals = FeedSignal.objects.filter(channel=channel).select_related("feed")
    return {signal.feed.door: (signal.signal, signal.source) for signal in signals}


def feeds_of(channel: Channel) -> list[Feed]:
    return list(Feed.objects.filter(hall=channel.hall_id).order_by("position", "key"))


def feeds_in(hall: Hall) -> list[Feed]:
    """Cameras, devices and interpreters, in the order in which they are offered."""
    return list(Feed.objects.filter(hall=hall).order_by("position", "key"))


def sounding_feed(feeds: Iterable[Feed]) -> Feed | None:
    """The one of a hall's feeds whose sound everybody hears: the first picture, unless another one was chosen."""
    pictures = [feed for feed in feeds if not feed.language]
    return next((feed for feed in pictures if feed.carries_sound), pictures[0] if pictures else None)


def showable(congress: Congress) -> list[Recording]:
    """What can be shown in place of a theatre of this congress: uploads first."""
    kept = Recording.objects.filter(congress=congress, state=RecordingState.KEPT)
    return sorted(kept, key=lambda recording: recording.kind != RecordingKind.UPLOAD)


def recordings_of(congress: Congress) -> list[Recording]:
    """Everything that was recorded or uploaded, the latest first; what is destroyed keeps its line."""
    return list(Recording.objects.filter(congress=congress).select_related("channel__room", "made_by"))


def library_of(congress: Congress) -> list[Recording]:
    """The operations whose recording can be watched, the latest first."""
    return [
        one for one in recordings_of(congress) if one.state == RecordingState.KEPT and one.channel is not None
    ]


def copies_of(recording: Recording) -> list[Recording]:
    """The recordings that have it in them: of channels that showed it, and of those that showed these."""
    found: set[UUID] = {recording.pk}
    looked_at: set[UUID] = set()
    while waiting := found - looked_at:
        looked_at |= waiting
        showed = Shown.objects.filter(recording__in=waiting).values("channel")
        found |= set(Recording.objects.filter(channel__in=showed).values_list("pk", flat=True))
    copies = Recording.objects.filter(pk__in=found - {recording.pk}).exclude(state=RecordingState.DESTROYED)
    return list(copies.select_related("channel__room").order_by("made_at", "pk"))


def clips_of(recording: Recording) -> list[Clip]:
    return list(Clip.objects.filter(recording=recording, removed_at=None).select_related("made_by"))


def recording_states(recordings: Iterable[UUID]) -> dict[UUID, str]:
    """The states of these recordings: one query for a whole page."""
    asked = list(recordings)
    if not asked:
        return {}
    return dict(Recording.objects.filter(pk__in=asked).values_list("pk", "state"))


def open_uploads() -> list[Recording]:
    return list(Recording.objects.filter(state=RecordingState.UPLOADING))


def promised_bytes() -> int:
    """What films that were taken still need: what has not come of them, and as much as they are for converting."""
    unconverted = (RecordingState.UPLOADING, RecordingState.CONVERTING)
    return sum(2 * film.size - held_of(film) for film in Recording.objects.filter(state__in=unconverted))


def abandoned_uploads(before: datetime) -> list[Recording]:
    return list(Recording.objects.filter(state=RecordingState.UPLOADING, touched_at__lt=before))


def fresh_status(now: datetime) -> Status | None:
    """What the media plane reports at present; None if it has fallen silent, whatever it said before."""
    status = studio_status()
    return status if status is not None and now - status.at <= SILENT_AFTER else None


def studio_status() -> Status | None:
    """The media plane's last report, however old; None if there is none that can be read."""
    try:
        return Status.model_validate(
            json.loads((studio_folder() / "status.json").read_text(encoding="utf-8"))
        )
    except (OSError, ValueError, ValidationError):
        return None
