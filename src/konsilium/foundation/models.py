from django.conf import settings
from django.db import models

from konsilium.foundation import ids


class AuditEntry(models.Model):
    """One line of the audit trail: append-only, each line carrying the hash of the line before it."""

    number = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+")
    action = models.CharField(max_length=80)
    subject = models.CharField(max_length=200)
    detail = models.JSONField(default=dict)
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        ordering = ("number",)
        indexes = (models.Index(fields=("subject", "number"), name="audit_subject"),)

    def __str__(self) -> str:
        return f"{self.number} {self.action} {self.subject}"


class IdentifiedModel(models.Model):
    """A row whose key is made here, sorts by time and tells nothing of how many there are."""

    id = models.UUIDField(primary_key=True, default=ids.new_id, editable=False)

    class Meta:
        abstract = True
