"""Before going on air: what is wrong with picture and sound, in words."""

from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from konsilium.broadcast.decisions import RecordingState
from konsilium.broadcast.models import Feed, Recording
from konsilium.broadcast.queries import feeds_in, fresh_status, sounding_feed
from konsilium.broadcast.troubles import trouble_of
from konsilium.foundation.localised import localised
from konsilium.mediaplane.status import AudioStatus, DoorStatus, VideoStatus
from konsilium.programme.models import Hall

Check = dict[str, object]

#: Below this a picture of an operation is not worth watching, in bits per second.
POOR_BITRATE = 800_000
#: Frames per second below which an instrument jumps.
SLOW = 20
#: Points of the shorter side below which a suture thread is lost.
SMALL = 720
#: Width to height beyond which it is a strip; below 1 it stands upright.
STRIP = 2.4
#: Sizes in a minute: one change is somebody setting it up.
RESTLESS = 3
#: Seconds: players begin, and cameras change, at key frames only.
RARE_KEY_FRAMES_S = 4.0
#: Of the loudest moments, in dB below full scale: quieter is hard to follow, louder is distorted.
QUIET_DB, LOUD_DB = -50.0, -0.1

#: Level, code and sentence of what is wrong.
Found = tuple[str, str, str]


def preflight_of(hall: Hall, *, now: datetime, film: Recording | None = None) -> list[Check]:
    """One check for each thing that is wrong; a single one that all is well where nothing is."""
    status = fresh_status(now)
    feeds = feeds_in(hall)
    checks = _of_film(film)
    if status is None:
        return [*checks, _check("", "failed", "no_studio", _("The media plane does not answer."))]
    open_ones = [feed for feed in feeds if not feed.closed]
    if not open_ones and film is None:
        checks.append(_check("", "failed", "no_feeds", _("This theatre has no open feed.")))
    sounding = sounding_feed(feeds)
    for feed in open_ones:
        door = status.doors.get(feed.door)
        checks += _of_feed(feed, door, sounds=feed == sounding or bool(feed.language))
    if status.plan_error:
        checks.append(_check("", "failed", "plan_error", _("The media plane cannot follow the web plane.")))
    return checks or [_check("", "ok", "ready", _("Picture and sound are fit to go on air."))]


def _of_film(film: Recording | None) -> list[Check]:
    if film is None or film.state == RecordingState.KEPT:
        return []
    return [_check("", "failed", "film_not_ready", _("The recording of this slot is not ready yet."))]


def _of_feed(feed: Feed, door: DoorStatus | None, *, sounds: bool) -> list[Check]:
    name = localised(feed.title) or feed.key
    return [
        _check(feed.key, level, code, text)
        for level, code, text in _wrong_with(feed, door, name, sounds=sounds)
    ]


def _wrong_with(feed: Feed, door: DoorStatus | None, name: str, *, sounds: bool) -> list[Found]:
    trouble = trouble_of(door) if door else ""
    named = [("failed", "trouble", f"{name}: {trouble}")] if trouble else []
    if door is None or door.signal in {"none", "lost"}:
        return [("failed", "no_signal", _("No signal on %(feed)s.") % {"feed": name}), *named]
    if door.signal == "unreadable":
        sentence = _("%(feed)s sends something that is not a picture we can read.")
        return named or [("failed", "unreadable", sentence % {"feed": name})]
    if door.signal == "starting":
        return [("warning", "starting", _("%(feed)s is just starting.") % {"feed": name})]
    return [
        *named,
        *([] if feed.language or (named and door.video is None) else _of_picture(door, name)),
        *(_of_sound(door.audio, name) if sounds else []),
        *_of_line(door, name),
    ]


def _of_picture(door: DoorStatus, name: str) -> list[Found]:
    video = door.video
    if video is None:
        return [("failed", "no_picture", _("No picture on %(feed)s.") % {"feed": name})]
    found: list[Found] = []
    if video.black_since:
        found.append(("failed", "black", _("The picture of %(feed)s is black.") % {"feed": name}))
    elif video.frozen_since:
        found.append(("warning", "frozen", _("The picture of %(feed)s stands still.") % {"feed": name}))
    if door.source == "stand_in":
        # The simulated theatre is as it is: there is no encoder to be set.
        return found
    found += [*_of_size(video, name), *_of_rate(video, name)]
    if 0 < door.bitrate < POOR_BITRATE:
        sentence = _("The picture of %(feed)s is coarse: its encoder sends little.")
        found.append(("warning", "poor", sentence % {"feed": name}))
    return found


def _of_size(video: VideoStatus, name: str) -> list[Found]:
    told = {"feed": name, "width": video.width, "height": video.height}
    if video.sizes >= RESTLESS:
        sentence = _("The picture of %(feed)s keeps changing its size. Set its encoder to one resolution.")
        return [("warning", "restless", sentence % told)]
    if not video.width or not video.height:
        return []
    if video.height > video.width or video.width / video.height > STRIP:
        sentence = _(
            "The picture of %(feed)s has an unusual shape (%(width)s × %(height)s): viewers see wide borders. "
            "Check how the camera is turned and what its encoder is set to."
        )
        return [("warning", "shape", sentence % told)]
    if min(video.width, video.height) < SMALL:
        sentence = _(
            "The picture of %(feed)s is small (%(width)s × %(height)s). Set its encoder to 1280 × 720 or more."
        )
        return [("warning", "small", sentence % told)]
    return []


def _of_rate(video: VideoStatus, name: str) -> list[Found]:
    found: list[Found] = []
    if video.fps is not None and video.fps < SLOW:
        sentence = _("%(feed)s sends only %(fps)s pictures a second. Set its encoder to 25 or more.")
        found.append(("warning", "slow", sentence % {"feed": name, "fps": round(video.fps)}))
    if video.interlaced:
        sentence = _(
            "%(feed)s sends an interlaced picture. Set its camera or encoder to progressive, "
            "for example 1080p instead of 1080i."
        )
        found.append(("warning", "interlaced", sentence % {"feed": name}))
    if video.key_frames_s is not None and video.key_frames_s > RARE_KEY_FRAMES_S:
        sentence = _(
            "Set the key frame interval of %(feed)s to 1 or 2 seconds. At %(seconds)s seconds, as now, "
            "viewers wait that long when they join or change cameras."
        )
        found.append(
            ("warning", "key_frames", sentence % {"feed": name, "seconds": round(video.key_frames_s)})
        )
    return found


def _of_sound(audio: AudioStatus | None, name: str) -> list[Found]:
    if audio is None or audio.silent_since is not None:
        return [("failed", "no_sound", _("No sound on %(feed)s.") % {"feed": name})]
    found: list[Found] = []
    if audio.loudest_db is not None and audio.loudest_db >= LOUD_DB:
        sentence = _("The sound of %(feed)s is too loud and distorted. Turn it down at the mixer.")
        found.append(("warning", "loud", sentence % {"feed": name}))
    elif audio.loudest_db is not None and audio.loudest_db < QUIET_DB:
        found.append(("warning", "quiet", _("The sound of %(feed)s is very quiet.") % {"feed": name}))
    if audio.only_side is not None:
        sentences = {
            "left": _("The sound of %(feed)s is on the left side only. Send it to both sides."),
            "right": _("The sound of %(feed)s is on the right side only. Send it to both sides."),
        }
        found.append(("warning", "one_sided", sentences[audio.only_side] % {"feed": name}))
    return found


def _of_line(door: DoorStatus, name: str) -> list[Found]:
    found: list[Found] = []
    if door.lost:
        sentence = ngettext(
            "%(count)s packet of %(feed)s was lost in ten seconds. Check the line of its encoder.",
            "%(count)s packets of %(feed)s were lost in ten seconds. Check the line of its encoder.",
            door.lost,
        )
        found.append(("warning", "lost", sentence % {"feed": name, "count": door.lost}))
    if door.rung == "dropped":
        sentence = _(
            "%(feed)s has no lower quality at the moment: this server has no power left for it. "
            "Viewers with thin lines may stall."
        )
        found.append(("warning", "no_rung", sentence % {"feed": name}))
    return found


def _check(feed: str, level: str, code: str, text: str) -> Check:
    return {"feed": feed, "level": level, "code": code, "text": text}
