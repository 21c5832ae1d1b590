from django.conf import settings
from django.db import models

from konsilium.broadcast.decisions import ChannelState
from konsilium.foundation.models import IdentifiedModel
from konsilium.programme.models import Hall
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
    """What the audience of one operation watches; it begins when the operation goes on air."""

    hall = models.ForeignKey(Hall, on_delete=models.PROTECT, related_name="channels")
    room = models.OneToOneField(Room, on_delete=models.PROTECT, related_name="channel")
    state = models.CharField(max_length=10, choices=[(state, state) for state in ChannelState])
    opened_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.hall} {self.opened_at:%Y-%m-%d %H:%M} {self.state}"


class FeedSignal(models.Model):
    """The last signal of a feed that a channel's room was told of."""

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="signals")
    feed = models.ForeignKey(Feed, on_delete=models.CASCADE, related_name="signals")
    signal = models.CharField(max_length=12)
    source = models.CharField(max_length=12, blank=True)
    since = models.DateTimeField()

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
