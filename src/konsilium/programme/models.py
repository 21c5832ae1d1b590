"""The programme of a congress. Texts are localised content: `{"ru": …, "kk": …, "en": …}` (`foundation.localised`).

Rows are written by `actions.load_programme`, which finds them again by their congress and key.
"""

from datetime import datetime, timedelta
from typing import ClassVar, Self
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from konsilium.foundation.localised import localised
from konsilium.foundation.models import IdentifiedModel
from konsilium.people.roles import Role
from konsilium.programme.decisions import LONGEST_SLOT_MINUTES


class HallKind(models.TextChoices):
    HALL = "hall", _("hall")
    THEATRE = "theatre", _("operating theatre")


class SlotKind(models.TextChoices):
    TALK = "talk", _("talk")
    LIVE = "live", _("live operation")
    AS_LIVE = "as_live", _("as-live operation")
    SEMI_LIVE = "semi_live", _("semi-live operation")
    DISCUSSION = "discussion", _("discussion")
    BREAK = "break", _("break")
    CEREMONY = "ceremony", _("ceremony")


#: Kinds of slot that are operations: live, recorded before and shown unedited, or shown with the surgeon present.
OPERATION_KINDS = frozenset({SlotKind.LIVE, SlotKind.AS_LIVE, SlotKind.SEMI_LIVE})


class PersonRole(models.TextChoices):
    """What somebody does in a slot or session. The first two operate: of the house, or invited."""

    HOST = "host", _("operating team")
    GUEST = "guest", _("guest surgeon")
    SPOKESPERSON = "spokesperson", _("spokesperson")
    ANAESTHETIST = "anaesthetist", _("anaesthetist")
    ADVOCATE = "advocate", _("patient advocate")
    SPEAKER = "speaker", _("speaker")
    PANELLIST = "panellist", _("panellist")
    CHAIR = "chair", _("chair")
    MODERATOR = "moderator", _("moderator")


class Attendance(models.TextChoices):
    ON_SITE = "on_site", _("on site")
    ONLINE = "online", _("online")


class Congress(IdentifiedModel):
    slug = models.SlugField(max_length=60, unique=True)
    title = models.JSONField(default=dict)
    description = models.JSONField(default=dict, blank=True)
    organiser = models.JSONField(default=dict, blank=True)
    city = models.JSONField(default=dict, blank=True)
    country = models.CharField(max_length=2, blank=True)
    time_zone = models.CharField(max_length=64)
    starts_on = models.DateField()
    ends_on = models.DateField()
    demonstration = models.BooleanField(default=False)
    registration_open = models.BooleanField(default=True)
    loaded_at = models.DateTimeField()
    #: The moment from which the file's relative dates were counted; a demonstration keeps it while it is on air.
    reckoned_from = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("starts_on", "slug")

    def __str__(self) -> str:
        return localised(self.title)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


class ProgrammeItem(IdentifiedModel):
    """What is found again by its key when the programme is loaded anew.

    A withdrawn item is no longer in the programme file; it stays for what hangs on it.
    """

    key = models.CharField(max_length=80)
    position = models.PositiveIntegerField(default=0)
    withdrawn = models.BooleanField(default=False)

    objects: ClassVar[models.Manager[Self]] = models.Manager()

    class Meta:
        abstract = True


class Specialty(ProgrammeItem):
    congress = models.ForeignKey(Congress, on_delete=models.CASCADE, related_name="specialties")
    title = models.JSONField(default=dict)

    class Meta:
        ordering = ("position", "key")
        constraints = (models.UniqueConstraint(fields=("congress", "key"), name="specialty_once"),)
        verbose_name_plural = "specialties"

    def __str__(self) -> str:
        return localised(self.title)


class Day(ProgrammeItem):
    congress = models.ForeignKey(Congress, on_delete=models.CASCADE, related_name="days")
    date = models.DateField()
    title = models.JSONField(default=dict, blank=True)

    class Meta:
        ordering = ("date",)
        constraints = (models.UniqueConstraint(fields=("congress", "key"), name="day_once"),)

    def __str__(self) -> str:
        return f"{self.date} {localised(self.title)}".strip()


class Hall(ProgrammeItem):
    congress = models.ForeignKey(Congress, on_delete=models.CASCADE, related_name="halls")
    kind = models.CharField(max_length=10, choices=HallKind.choices, default=HallKind.HALL)
    title = models.JSONField(default=dict)

    class Meta:
        ordering = ("position", "key")
        constraints = (models.UniqueConstraint(fields=("congress", "key"), name="hall_once"),)

    def __str__(self) -> str:
        return localised(self.title)


class Person(ProgrammeItem):
    """One of the faculty; `user` once the person has an account."""

    congress = models.ForeignKey(Congress, on_delete=models.CASCADE, related_name="faculty")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="faculty"
    )
    name = models.JSONField(default=dict)
    affiliation = models.JSONField(default=dict, blank=True)
    city = models.JSONField(default=dict, blank=True)
    country = models.CharField(max_length=2, blank=True)

    class Meta:
        ordering = ("position", "key")
        constraints = (models.UniqueConstraint(fields=("congress", "key"), name="person_once"),)
        verbose_name_plural = "people"

    def __str__(self) -> str:
        return localised(self.name)


class Session(ProgrammeItem):
    congress = models.ForeignKey(Congress, on_delete=models.CASCADE, related_name="sessions")
    day = models.ForeignKey(Day, on_delete=models.PROTECT, related_name="sessions")
    hall = models.ForeignKey(Hall, on_delete=models.PROTECT, related_name="sessions")
    specialty = models.ForeignKey(Specialty, null=True, blank=True, on_delete=models.PROTECT)
    title = models.JSONField(default=dict)
    description = models.JSONField(default=dict, blank=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()

    class Meta:
        ordering = ("starts_at", "position")
        constraints = (models.UniqueConstraint(fields=("congress", "key"), name="session_once"),)

    def __str__(self) -> str:
        return localised(self.title)


class Slot(ProgrammeItem):
    """The smallest thing with a place and a time. `revision` counts its changes, for calendars that follow it."""

    congress = models.ForeignKey(Congress, on_delete=models.CASCADE, related_name="slots")
    day = models.ForeignKey(Day, on_delete=models.PROTECT, related_name="slots")
    hall = models.ForeignKey(Hall, on_delete=models.PROTECT, related_name="slots")
    session = models.ForeignKey(
        Session, null=True, blank=True, on_delete=models.PROTECT, related_name="slots"
    )
    specialty = models.ForeignKey(Specialty, null=True, blank=True, on_delete=models.PROTECT)
    kind = models.CharField(max_length=12, choices=SlotKind.choices)
    title = models.JSONField(default=dict)
    description = models.JSONField(default=dict, blank=True)
    starts_at = models.DateTimeField()
    minutes = models.PositiveSmallIntegerField(
        validators=[MinValueValidator(1), MaxValueValidator(LONGEST_SLOT_MINUTES)]
    )
    estimated = models.BooleanField(default=False)
    cancelled = models.BooleanField(default=False)
    revision = models.PositiveIntegerField(default=0)
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ("starts_at", "position")
        constraints = (
            models.UniqueConstraint(fields=("congress", "key"), name="slot_once"),
            models.CheckConstraint(
                condition=models.Q(minutes__gte=1, minutes__lte=LONGEST_SLOT_MINUTES), name="slot_minutes"
            ),
        )
        indexes = (
            models.Index(fields=("congress", "starts_at"), name="slot_congress_time"),
            models.Index(fields=("starts_at",), name="slot_time"),
        )

    def __str__(self) -> str:
        return localised(self.title)

    @property
    def ends_at(self) -> datetime:
        return self.starts_at + timedelta(minutes=self.minutes)

    @property
    def is_operation(self) -> bool:
        return self.kind in OPERATION_KINDS


class SlotPerson(models.Model):
    slot = models.ForeignKey(Slot, on_delete=models.CASCADE, related_name="people")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="slots")
    role = models.CharField(max_length=14, choices=PersonRole.choices)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ("position", "pk")
        constraints = (models.UniqueConstraint(fields=("slot", "person", "role"), name="slot_person_once"),)

    def __str__(self) -> str:
        return f"{self.person} · {self.get_role_display()}"


class SessionPerson(models.Model):
    session = models.ForeignKey(Session, on_delete=models.CASCADE, related_name="people")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="sessions")
    role = models.CharField(max_length=14, choices=PersonRole.choices)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        ordering = ("position", "pk")
        constraints = (
            models.UniqueConstraint(fields=("session", "person", "role"), name="session_person_once"),
        )

    def __str__(self) -> str:
        return f"{self.person} · {self.get_role_display()}"


class Membership(IdentifiedModel):
    """That somebody takes part in a congress, and as what."""

    congress = models.ForeignKey(Congress, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="memberships")
    roles = models.JSONField(default=list)
    attendance = models.CharField(max_length=8, choices=Attendance.choices, default=Attendance.ONLINE)
    joined_at = models.DateTimeField()

    class Meta:
        ordering = ("joined_at",)
        constraints = (models.UniqueConstraint(fields=("congress", "user"), name="membership_once"),)

    def __str__(self) -> str:
        return f"{self.user} · {', '.join(self.roles)}"

    def has(self, *roles: Role) -> bool:
        """Whether this member has one of these roles."""
        return any(role in self.roles for role in roles)
