"""Writing channels: on air and off, delay, programme feed, what is shown; stops from the studio."""

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from konsilium.broadcast.actions.feeds import announce_feeds, ensure_picture
from konsilium.broadcast.actions.plan import write_plan
from konsilium.broadcast.decisions import (
    ChannelAct,
    ChannelState,
    RecordingState,
    StopVerdict,
    judge_stop,
    next_state,
)
from konsilium.broadcast.models import Channel, Feed, Recording, RecordingKind, Shown
from konsilium.broadcast.queries import channel_event
from konsilium.broadcast.registry import staging_of, stop_of
from konsilium.foundation.actions import record_audit
from konsilium.foundation.errors import Missing, Refused
from konsilium.people.models import User
from konsilium.programme.models import Hall
from konsilium.rooms.actions import append_event, lock_room
from konsilium.rooms.decisions import EVERYONE
from konsilium.rooms.models import Room


def prepare_channel(*, room: Room, hall: Hall, actor: User | None, now: datetime) -> Channel:
    """The room's channel, made when somebody first asks for it, with the delay of the settings."""
    with transaction.atomic():
        channel = _locked(room)
        if channel is not None:
            return channel
        delay = float(settings.OPTIONS.delay_s)
        channel = Channel.objects.create(
            # Its room's id: pages know it, and can hold a stop grant for it, before it is there.
            id=room.pk,
            room=room,
            hall=hall,
            state=ChannelState.READY,
            opened_at=now,
            delay_s=delay,
            delays=[_step(now, delay)],
        )
        _announce(channel=channel, actor=actor, now=now, act="prepared")
        announce_feeds(channel=channel, actor=actor, now=now)
    return channel


def open_channel(
    *, hall: Hall, room: Room, actor: User | None, now: datetime, showing: Recording | None = None
) -> Channel:
    """Put the theatre's picture (or a recording) on air for the room; a channel that is there goes on."""
    with transaction.atomic():
        running = (ChannelState.LIVE, ChannelState.STOPPED)
        others = Channel.objects.select_for_update().filter(hall=hall, state__in=running)
        if others.exclude(room=room).exists():
            raise Refused(
                _("Another operation is on air from this theatre. End it first."), code="theatre_on_air"
            )
        if showing is not None:
            _require_showable(showing, hall)
            ensure_picture(hall)
        channel = prepare_channel(room=room, hall=hall, actor=actor, now=now)
        if channel.state == ChannelState.READY:
            channel.opened_at = now
        channel.hall = hall
        channel.state = ChannelState.LIVE
        channel.ended_at = None
        channel.live_since = now
        _show(channel, showing, now)
        channel.slate = False
        channel.save()
        _begin_recording(channel, now)
        _announce(channel=channel, actor=actor, now=now, act="opened")
        announce_feeds(channel=channel, actor=actor, now=now)
    return channel


def _begin_recording(channel: Channel, now: datetime) -> None:
    staging = staging_of(channel.room)
    Recording.objects.get_or_create(
        channel=channel,
        defaults={
            "id": channel.pk,
            "congress": channel.hall.congress,
            "kind": RecordingKind.LIVE,
            "title": staging.title if staging else {},
            "state": RecordingState.RECORDING,
            "made_at": now,
        },
    )


def stop_channel(*, channel: Channel, actor: User | None, now: datetime) -> Channel:
    """Nothing that was not yet released leaves any more; viewers see the slate."""
    return _act(channel=channel, act=ChannelAct.STOP, actor=actor, now=now)


def resume_channel(*, channel: Channel, actor: User | None, now: datetime) -> Channel:
    """Back on air, from now on."""
    return _act(channel=channel, act=ChannelAct.RESUME, actor=actor, now=now)


def end_channel(*, channel: Channel, actor: User | None, now: datetime) -> Channel:
    """The broadcast is over."""
    return _act(channel=channel, act=ChannelAct.END, actor=actor, now=now)


def _act(*, channel: Channel, act: ChannelAct, actor: User | None, now: datetime) -> Channel:
    with transaction.atomic():
        channel = _again(channel)
        following = next_state(ChannelState(channel.state), act)
        if following is None:
            # Two people pressing together is no error: the second finds done what they wanted.
            return channel
        if act is ChannelAct.RESUME and _is_destroyed(channel):
            raise Refused(
                _("This broadcast cannot go on: its recording was destroyed. End it."),
                code="recording_destroyed",
            )
        channel.state = following
        channel.ended_at = now if following is ChannelState.ENDED else None
        # A stop shows its own slate, and who resumes after it means the picture.
        channel.slate = False
        if following is ChannelState.LIVE:
            channel.live_since = now
        _save(channel, actor=actor, now=now, act=act.value)
    return channel


def _is_destroyed(channel: Channel) -> bool:
    return Recording.objects.filter(channel=channel, state=RecordingState.DESTROYED).exists()


def halt_channel(*, channel: Channel, actor: User | None, now: datetime) -> None:
    """Stop it as somebody in charge would: whatever the room is about follows."""
    with transaction.atomic():
        if (hook := stop_of(channel.room)) is not None:
            hook(channel.room, actor, now)
        stop_channel(channel=channel, actor=actor, now=now)


def set_delay(*, channel: Channel, seconds: float, actor: User | None, now: datetime) -> Channel:
    """How long what the theatre shows can still be held back."""
    with transaction.atomic():
        channel = _running(channel)
        if channel.delay_s != seconds:
            channel.delay_s = seconds
            # Before it is on air nothing was delayed yet.
            earlier = [] if channel.state == ChannelState.READY else channel.delays
            channel.delays = [*earlier, _step(now, seconds)]
            _save(channel, actor=actor, now=now, act="delay", detail={"seconds": seconds})
    return channel


def set_programme(*, channel: Channel, feed: str | None, actor: User | None, now: datetime) -> Channel:
    """Which feed they see who have chosen none; None: the first."""
    with transaction.atomic():
        channel = _running(channel)
        chosen = Feed.objects.filter(hall=channel.hall_id, key=feed, language="").first()
        if feed and chosen is None:
            raise Missing(_("This theatre has no such feed."))
        if channel.programme != (feed or ""):
            channel.programme = feed or ""
            detail: dict[str, object] = {"feed": feed, "feed_title": chosen.title if chosen else {}}
            _save(channel, actor=actor, now=now, act="programme", detail=detail)
    return channel


def show_recording(*, channel: Channel, recording_id: UUID, actor: User | None, now: datetime) -> Channel:
    """Show a recording in place of the theatre, from its beginning."""
    with transaction.atomic():
        channel = _running(channel)
        if channel.state == ChannelState.READY:
            raise Refused(_("The operation is not on air yet."), code="channel_not_on_air")
        recording = Recording.objects.filter(pk=recording_id, congress=channel.hall.congress_id).first()
        if recording is None:
            raise Missing(_("There is no such recording in this congress."))
        _require_showable(recording, channel.hall)
        if channel.showing_id == recording.pk and not channel.showing_over:
            # A second press, or a second director: the film does not begin again before everybody's eyes.
            return channel
        _show(channel, recording, now)
        detail: dict[str, object] = {"recording": str(recording.pk), "title": recording.title}
        _save(channel, actor=actor, now=now, act="show_recording", detail=detail)
    return channel


def _show(channel: Channel, recording: Recording | None, now: datetime) -> None:
    channel.showing, channel.showing_since, channel.showing_over = recording, now, False
    if recording is not None:
        # Whoever withdraws a consent later must find every copy that was made in this way.
        Shown.objects.get_or_create(recording=recording, channel=channel, defaults={"at": now})


def _require_showable(recording: Recording, hall: Hall) -> None:
    if recording.state != RecordingState.KEPT or recording.congress_id != hall.congress_id:
        raise Refused(
            _("This recording cannot be shown: it is not ready, or no longer there."),
            code="recording_not_ready",
        )


def show_live(*, channel: Channel, actor: User | None, now: datetime) -> Channel:
    """Back to the theatre."""
    with transaction.atomic():
        channel = _running(channel)
        if channel.showing_id is not None:
            _show(channel, None, now)
            _save(channel, actor=actor, now=now, act="show_live")
    return channel


def set_slate(*, channel: Channel, on: bool, actor: User | None, now: datetime) -> Channel:
    """A short break: the slate in place of the picture, without a stop; or the picture again."""
    with transaction.atomic():
        channel = _running(channel)
        if on and channel.state == ChannelState.READY:
            raise Refused(_("The operation is not on air yet."), code="channel_not_on_air")
        if on and channel.state == ChannelState.STOPPED:
            raise Refused(
                _("The broadcast is stopped: viewers see the slate already."), code="channel_stopped"
            )
        if channel.slate != on:
            channel.slate = on
            _save(channel, actor=actor, now=now, act="slate", detail={"on": on})
    return channel


def note_showing_over(*, channel: Channel, now: datetime) -> bool:
    """The recording was shown to its end; True if that was news."""
    with transaction.atomic():
        channel = _again(channel)
        if channel.showing_id is None or channel.showing_over:
            return False
        channel.showing_over = True
        _save(channel, actor=None, now=now, act="showing_over")
    return True


def note_stop(*, channel: Channel, at: datetime, person: User | None, now: datetime) -> StopVerdict:
    """Follow a stop that was pressed at the media plane, as if the person had pressed it here.

    Again and again the same: what is known is left alone, so that it can be tried until the database is there.
    """
    with transaction.atomic():
        channel = _again(channel)
        verdict = judge_stop(at=at, known=channel.stop_known, live_since=channel.live_since)
        if verdict is StopVerdict.KNOWN:
            return verdict
        if verdict is StopVerdict.STOP:
            halt_channel(channel=channel, actor=person, now=now)
        Channel.objects.filter(pk=channel.pk).update(stop_known=at)
        record_audit(
            actor=person,
            action="channel.stop_pressed",
            subject=f"channel:{channel.pk}",
            now=now,
            detail={"at": at.isoformat(), "verdict": verdict.value},
        )
        transaction.on_commit(write_plan)
    return verdict


def tell_channel(*, channel: Channel, now: datetime, actor: User | None = None) -> None:
    """Tell the room anew of its channel, in the caller's transaction: what hangs on it has changed."""
    append_event(
        room=channel.room,
        event=channel_event(channel),
        audience=[EVERYONE],
        actor=actor,
        now=now,
        media_time=now,
    )


def _locked(room: Room) -> Channel | None:
    # The room first, always: commands come with its lock held.
    lock_room(room.pk)
    channels = Channel.objects.select_for_update(of=("self",)).select_related("room", "hall", "showing")
    return channels.filter(room=room).first()


def _again(channel: Channel) -> Channel:
    again = _locked(channel.room)
    if again is None:
        raise Missing
    return again


def _running(channel: Channel) -> Channel:
    channel = _again(channel)
    if channel.state == ChannelState.ENDED:
        raise Refused(_("The broadcast of this operation has ended."), code="channel_ended")
    return channel


def _step(since: datetime, seconds: float) -> dict[str, object]:
    return {"since": since.isoformat(), "seconds": seconds}


def _save(
    channel: Channel,
    *,
    actor: User | None,
    now: datetime,
    act: str,
    detail: dict[str, object] | None = None,
) -> None:
    channel.save()
    _announce(channel=channel, actor=actor, now=now, act=act, detail=detail)


def _announce(
    *,
    channel: Channel,
    actor: User | None,
    now: datetime,
    act: str,
    detail: dict[str, object] | None = None,
) -> None:
    tell_channel(channel=channel, now=now, actor=actor)
    subject = f"channel:{channel.pk}"
    record_audit(actor=actor, action=f"channel.{act}", subject=subject, now=now, detail=detail)
    transaction.on_commit(write_plan)
