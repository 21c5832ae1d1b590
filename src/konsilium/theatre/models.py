from django.conf import settings
from django.db import models

from konsilium.broadcast.models import Channel, Recording
from konsilium.floor.models import Question
from konsilium.foundation.models import IdentifiedModel
from konsilium.programme.models import Slot
from konsilium.rooms.models import Room
from konsilium.theatre.decisions import OperationState, Part


class Operation(IdentifiedModel):
    """A slot of the programme in which somebody operates, with its room and its broadcast."""

    slot = models.OneToOneField(Slot, on_delete=models.PROTECT, related_name="operation")
    room = models.OneToOneField(Room, on_delete=models.PROTECT, related_name="operation")
    channel = models.OneToOneField(
        Channel, null=True, blank=True, on_delete=models.PROTECT, related_name="operation"
    )
    #: Shown from its beginning when the operation opens as-live or semi-live.
    film = models.ForeignKey(
        Recording, null=True, blank=True, on_delete=models.SET_NULL, related_name="operations"
    )
    state = models.CharField(
        max_length=10,
        choices=[(state.value, state.value) for state in OperationState],
        default=OperationState.SCHEDULED,
    )
    on_air_since = models.DateTimeField(null=True, blank=True)
    stopped_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)
    quiet = models.BooleanField(default=False)
    quiet_since = models.DateTimeField(null=True, blank=True)
    shown_question = models.ForeignKey(
        Question, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        indexes = (models.Index(fields=("state",), name="operation_state"),)

    def __str__(self) -> str:
        return f"{self.slot} ({self.state})"


class TeamMember(IdentifiedModel):
    """What somebody is in one operation."""

    operation = models.ForeignKey(Operation, on_delete=models.CASCADE, related_name="team")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="operations")
    role = models.CharField(max_length=14, choices=[(part.value, part.value) for part in Part])
    #: Named by the programme, which may take the name back when it is loaded again; else named by hand.
    from_programme = models.BooleanField(default=False)

    class Meta:
        constraints = (
            models.UniqueConstraint(fields=("operation", "user", "role"), name="team_member_once"),
        )

    def __str__(self) -> str:
        return f"{self.user}: {self.role}"
