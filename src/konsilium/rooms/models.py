from django.conf import settings
from django.db import models

from konsilium.foundation.models import IdentifiedModel


class Room(IdentifiedModel):
    """Where something is followed by many: `subject` says what, `version` how many events it has seen."""

    subject = models.CharField(max_length=80, unique=True)
    version = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.subject} at {self.version}"


class Event(models.Model):
    """Event n of a room is row n: written with the change it tells of, and read by the tail."""

    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="events")
    version = models.BigIntegerField()
    type = models.CharField(max_length=80)
    audience = models.JSONField()
    data = models.JSONField()
    media_time = models.DateTimeField(null=True, blank=True)
    at = models.DateTimeField()
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ("version",)
        constraints = (models.UniqueConstraint(fields=("room", "version"), name="event_once"),)

    def __str__(self) -> str:
        return f"{self.version} {self.type}"


class CommandReceipt(models.Model):
    """That a command was carried out or refused, and how it was answered; its key is made by the client."""

    id = models.UUIDField(primary_key=True, editable=False)
    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="receipts")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    digest = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    answer = models.JSONField()
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.id} {self.status}"


class Watching(models.Model):
    """How many people one process has in a room; a row that is not renewed is the trace of a dead process."""

    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="watching")
    process = models.UUIDField()
    people = models.PositiveIntegerField()
    at = models.DateTimeField()

    class Meta:
        constraints = (models.UniqueConstraint(fields=("room", "process"), name="watching_once"),)

    def __str__(self) -> str:
        return f"{self.people} in {self.room_id}"
