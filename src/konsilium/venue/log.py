"""What happened to a broadcast, in words: from the audit trail, and the feeds' signals from the room."""

from collections.abc import Callable, Sequence

from django.utils.translation import gettext as _

from konsilium.foundation.localised import localised
from konsilium.foundation.models import AuditEntry
from konsilium.foundation.queries import audit_of
from konsilium.people.queries import names_of
from konsilium.rooms.models import Event
from konsilium.theatre.models import Operation

Detail = dict[str, object]
Line = dict[str, str]

#: As many as a director can look at.
SHOWN = 200


def _seconds(detail: Detail) -> str:
    return _("Delay set to %(seconds)g s") % {"seconds": detail.get("seconds", 0)}


def _feed(detail: Detail) -> str:
    title = detail.get("feed_title")
    name = localised(title) if isinstance(title, dict) else ""
    return name or str(detail.get("feed") or _("the first feed"))


def _title(detail: Detail) -> str:
    title = detail.get("title")
    return localised(title) if isinstance(title, dict) else ""


def _changed(detail: Detail) -> str:
    changed = detail.get("changed")
    new_passphrase = isinstance(changed, list) and "passphrase" in changed
    words = (
        _("Feed changed, with a new passphrase: %(feed)s") if new_passphrase else _("Feed changed: %(feed)s")
    )
    return words % {"feed": _feed(detail)}


#: Acts of the audit trail in words; what is not here is not the director's concern.
WORDS: dict[str, Callable[[Detail], str]] = {
    "channel.prepared": lambda _detail: _("Broadcast prepared"),
    "operation.on_air": lambda _detail: _("On air"),
    "operation.stopped": lambda _detail: _("Broadcast stopped"),
    "operation.stop_overtaken": lambda _detail: _("A stop came too late: the picture had gone on since"),
    "operation.ended": lambda _detail: _("Broadcast ended"),
    "operation.consent_withdrawn": lambda _detail: _("The patient's consent was withdrawn"),
    "channel.delay": _seconds,
    "channel.programme": lambda detail: _("Programme feed: %(feed)s") % {"feed": _feed(detail)},
    "channel.show_recording": lambda detail: _("Recording shown: %(title)s") % {"title": _title(detail)},
    "channel.show_live": lambda _detail: _("Back to the theatre"),
    "channel.showing_over": lambda _detail: _("The recording has been shown to its end"),
    "channel.stop_pressed": lambda _detail: _("The stop reached the media plane first"),
    "channel.slate": lambda detail: _("Slate shown") if detail.get("on") else _("Back to the picture"),
    "feed.added": lambda detail: _("Feed added: %(feed)s") % {"feed": _feed(detail)},
    "feed.changed": _changed,
    "feed.closed": lambda detail: _("Feed closed: %(feed)s") % {"feed": _feed(detail)},
    "feed.opened": lambda detail: _("Feed opened: %(feed)s") % {"feed": _feed(detail)},
    "grants.taken_back": lambda _detail: _("The picture was taken from somebody whose rights had changed"),
    "recording.kept": lambda _detail: _("The recording is there"),
    "recording.destroyed": lambda _detail: _("The recording was destroyed"),
    "quiet.set": lambda _detail: _("Quiet in the theatre"),
    "quiet.cleared": lambda _detail: _("Questions may come again"),
}


def log_of(found: Operation) -> list[Line]:
    """In the order of time."""
    # Before it is on air, the channel has no operation yet; it has its room's id.
    key = found.channel_id or found.room_id
    subjects = [f"operation:{found.pk}", f"channel:{key}", f"recording:{key}"]
    # Asked for by name: each viewer writes a line about the same channel, and 1,500 would hide everything else.
    entries = audit_of(subjects, actions=WORDS.keys(), limit=SHOWN)
    entries += _of_hall(found, entries)
    names = names_of(entry.actor_id for entry in entries if entry.actor_id)
    lines: list[Line] = [
        {
            "at": entry.at.isoformat(),
            "who": names.get(entry.actor_id, "") if entry.actor_id else "",
            "text": WORDS[entry.action](entry.detail),
        }
        for entry in entries
    ]
    return sorted([*lines, *_signals(found)], key=lambda line: line["at"])[-SHOWN:]


def _of_hall(found: Operation, entries: Sequence[AuditEntry]) -> list[AuditEntry]:
    """What was done to the theatre's feeds while this operation was shown from there."""
    if not entries:
        return []
    begun, over = entries[0].at, found.ended_at
    about = audit_of([f"hall:{found.slot.hall_id}"], actions=WORDS.keys(), limit=SHOWN)
    return [entry for entry in about if begun <= entry.at and (over is None or entry.at <= over)]


def _signals(found: Operation) -> list[Line]:
    words = {
        "live": _("%(feed)s: the signal is there"),
        "lost": _("%(feed)s: signal lost"),
        "unreadable": _("%(feed)s: the signal cannot be read"),
    }
    events = Event.objects.filter(room_id=found.room_id, type="signal.changed").order_by("-version")[:SHOWN]
    lines: list[Line] = []
    for event in events:
        word = words.get(str(event.data.get("signal")))
        # Somebody's act has its own line.
        if word and event.actor_id is None:
            feed = localised(event.data.get("title") or {}) or str(event.data.get("id"))
            lines.append({"at": event.at.isoformat(), "who": "", "text": word % {"feed": feed}})
    return lines
