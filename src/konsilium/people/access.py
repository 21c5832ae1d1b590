"""Who may do what, where no congress is concerned."""

from datetime import datetime

from django.contrib.auth.models import AnonymousUser
from django.utils.translation import gettext_lazy as _

from konsilium.foundation.errors import Forbidden, SignInNeeded
from konsilium.people.models import User
from konsilium.people.queries import is_verified


class NotVerified(Forbidden):
    """Signed in, but nobody has verified this person as a physician, or it no longer holds."""

    code = "not_verified"


def access_account(actor: User | AnonymousUser) -> User:
    """The signed-in person, or the request to sign in."""
    if not isinstance(actor, User) or not actor.is_active:
        raise SignInNeeded
    return actor


def access_as_physician(actor: User | AnonymousUser, now: datetime) -> User:
    """The signed-in person, verified as a physician at this moment; nobody else sees an operation."""
    user = access_account(actor)
    if not is_verified(user, now):
        raise NotVerified(_("Operations are open to verified physicians only."))
    return user
