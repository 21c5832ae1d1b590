"""What somebody is in a congress. One word per role, in interface, code, table and wire."""

from enum import StrEnum

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class Role(StrEnum):
    ORGANISER = "organiser"
    MODERATOR = "moderator"
    DIRECTOR = "director"
    SURGEON = "surgeon"
    SPOKESPERSON = "spokesperson"
    ANAESTHETIST = "anaesthetist"
    ADVOCATE = "advocate"
    SPEAKER = "speaker"
    INTERPRETER = "interpreter"
    PRESS = "press"
    DELEGATE = "delegate"


ROLE_TITLES: dict[Role, str | Promise] = {
    Role.ORGANISER: _("Organiser"),
    Role.MODERATOR: _("Moderator"),
    Role.DIRECTOR: _("Director of the broadcast"),
    Role.SURGEON: _("Surgeon"),
    Role.SPOKESPERSON: _("Spokesperson"),
    Role.ANAESTHETIST: _("Anaesthetist"),
    Role.ADVOCATE: _("Patient advocate"),
    Role.SPEAKER: _("Speaker"),
    Role.INTERPRETER: _("Interpreter"),
    Role.PRESS: _("Press officer"),
    Role.DELEGATE: _("Delegate"),
}
