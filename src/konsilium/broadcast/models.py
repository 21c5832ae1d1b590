from datetime import datetime

from django.conf import settings
from django.db import models

from konsilium.broadcast.decisions import ChannelState, DelayStep, RecordingState
from konsilium.foundation.models import IdentifiedModel
from konsilium.programme.models import Congress, Hall
from konsilium.rooms.models import Room


class Feed(IdentifiedModel):
    """One camera or device of a theatre: an encoder brings its picture to this port with this passphrase."""

    hall = models.ForeignKey(Hall, on_delete=models.CASCADE, related_name="feeds")
    key = models.SlugField(max_length=40)
    title = models.JSONField(default=dict)
    position = models.PositiveSmallIntegerField(default=0)
    port = models.PositiveIntegerField(unique=True)
    passphrase = models.CharField(max_length=79)
    carries_sound = models.BooleanField(default=False)
    #: Switched off by the director: no encoder is let in.
    closed = models.BooleanField(default=False)
    #: Of an interpreter, whose sound is offered beside the theatre's own; empty for a picture.
    language = models.CharField(max_length=35, blank=True)

    class Meta:
        ordering = ("hall", "position")
        constraints = (models.UniqueConstraint(fields=("hall", "key"), name="feed_key_once_in_hall"),)

    def __str__(self) -> str:
        return f"{self.hall} {self.key}"

    @property
    def door(self) -> str:
        """The name of the feed's door in the media plane."""
        return f"{self.hall_id}.{self.key}"


class Channel(IdentifiedModel):
    """What the audience of one operation watches. Its id is its room's, so that it is known beforehand."""

    hall = models.ForeignKey(Hall, on_delete=models.PROTECT, related_name="channels")
    room = models.OneToOneField(Room, on_delete=models.PROTECT, related_name="channel")
    state = models.CharField(max_length=10, choices=[(state.value, state.value) for state in ChannelState])
    opened_at = models.DateTimeField()
    #: When it last went on air; a stop pressed before was overtaken by that.
    live_since = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    delay_s = models.FloatField(default=0)
    #: Every delay it ever had: `[{"since": moment, "seconds": number}]`.
    delays = models.JSONField(default=list)
    #: Key of the feed shown to whoever has not chosen one; empty: the first.
    programme = models.SlugField(max_length=40, blank=True)
    #: Without it the theatre would be on air: its row stays for as long as it is named here.
    showing = models.ForeignKey(
        "Recording", null=True, blank=True, on_delete=models.PROTECT, related_name="shown_by"
    )
    showing_since = models.DateTimeField(null=True, blank=True)
    showing_over = models.BooleanField(default=False)
    #: Put up by the director in place of the picture, until it is taken down or the broadcast is stopped or ended.
    slate = models.BooleanField(default=False)
    #: The last stop pressed at the media plane that this side knows of.
    stop_known = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.hall} {self.opened_at:%Y-%m-%d %H:%M} {self.state}"

    @property
    def delay_steps(self) -> list[DelayStep]:
        return [
            DelayStep(since=datetime.fromisoformat(step["since"]), seconds=step["seconds"])
            for step in self.delays
        ]


class FeedSignal(models.Model):
    """The last signal of a feed that a channel's room was told of."""

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="signals")
    feed = models.ForeignKey(Feed, on_delete=models.CASCADE, related_name="signals")
    signal = models.CharField(max_length=12)
    source = models.CharField(max_length=12, blank=True)
    since = models.DateTimeField()
    closed = models.BooleanField(default=False)

    class Meta:
        constraints = (models.UniqueConstraint(fields=("channel", "feed"), name="signal_once_per_feed"),)

    def __str__(self) -> str:
        return f"{self.feed} {self.signal}"


class Viewing(IdentifiedModel):
    """That a person had the picture before them, from when until when: grants are its heartbeat."""

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="viewings")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="viewings")
    opened_at = models.DateTimeField()
    valid_until = models.DateTimeField()

    class Meta:
        ordering = ("-opened_at",)
        indexes = (models.Index(fields=("channel", "user", "valid_until"), name="viewing_current"),)

    def __str__(self) -> str:
        return f"{self.user} {self.opened_at:%Y-%m-%d %H:%M}"


class RecordingKind(models.TextChoices):
    LIVE = "live", "live"
    UPLOAD = "upload", "upload"


class Recording(IdentifiedModel):
    """What the vault keeps of a channel (then it has the channel's id), or of a film that was uploaded."""

    congress = models.ForeignKey(Congress, on_delete=models.PROTECT, related_name="recordings")
    channel = models.OneToOneField(
        Channel, null=True, blank=True, on_delete=models.PROTECT, related_name="recording"
    )
    kind = models.CharField(max_length=6, choices=RecordingKind.choices)
    title = models.JSONField(default=dict)
    state = models.CharField(max_length=10, choices=[(state.value, state.value) for state in RecordingState])
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    began_at = models.DateTimeField(null=True, blank=True)
    duration_s = models.FloatField(default=0)
    #: In the vault; while it is uploaded, of the film.
    size = models.BigIntegerField(default=0)
    feeds = models.JSONField(default=list)
    has_sound = models.BooleanField(default=False)
    #: All of it lies in the store and not only on the media plane's disk.
    stored = models.BooleanField(default=True)
    #: Segments that are missing from it, all renditions together.
    lost = models.PositiveIntegerField(default=0)
    #: What the vault says of it, in plain English: for whoever looks after the server.
    detail = models.CharField(max_length=500, blank=True)
    #: Why an uploaded film cannot be used; of one that was cut off, how much could be read of what it says it has.
    fault = models.CharField(max_length=20, blank=True)
    read_s = models.FloatField(null=True, blank=True)
    said_s = models.FloatField(null=True, blank=True)
    #: Of the uploaded film: its name, checksum, and when its last piece came.
    file_name = models.CharField(max_length=200, blank=True)
    sha256 = models.CharField(max_length=64, blank=True)
    touched_at = models.DateTimeField(null=True, blank=True)
    destroyed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("-made_at",)
        indexes = (models.Index(fields=("congress", "state"), name="recording_state"),)

    def __str__(self) -> str:
        return f"{self.kind} {self.made_at:%Y-%m-%d %H:%M} {self.state}"


class Clip(IdentifiedModel):
    """A stretch of a recording that somebody gave a title; its ends are on the recording's own clock."""

    recording = models.ForeignKey(Recording, on_delete=models.CASCADE, related_name="clips")
    title = models.CharField(max_length=120)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    #: Taken away, and still to be brought back.
    removed_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("starts_at",)

    def __str__(self) -> str:
        return self.title


class Shown(models.Model):
    """That a recording was shown on a channel: the recording of that channel has it in it."""

    recording = models.ForeignKey(Recording, on_delete=models.PROTECT, related_name="shown")
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="shown")
    at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("recording", "channel"), name="shown_once"),)
        verbose_name_plural = "shown"

    def __str__(self) -> str:
        return f"{self.recording} on {self.channel_id}"


class PassKind(models.TextChoices):
    STOP = "stop", "stop"
    #: To take a recording along as a film.
    FILM = "film", "film"
    #: Of a hall's desk, or to look at an upload.
    DESK = "desk", "desk"


class Pass(models.Model):
    """That somebody holds a grant besides viewing, until when."""

    channel_id = models.UUIDField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=4, choices=PassKind.choices, default=PassKind.STOP)
    valid_until = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("channel_id", "user", "kind"), name="pass_once"),)
        verbose_name_plural = "passes"

    def __str__(self) -> str:
        return f"{self.user} until {self.valid_until:%Y-%m-%d %H:%M}"


class Bar(models.Model):
    """That every grant of this person for this channel (recording, desk) older than `since` was taken back."""

    channel_id = models.UUIDField()
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    since = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("channel_id", "user"), name="bar_once"),)

    def __str__(self) -> str:
        return f"{self.user} since {self.since:%Y-%m-%d %H:%M}"
