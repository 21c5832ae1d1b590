"""What may go wrong, as a closed set: each error has a stable code and an HTTP status.

`message` is a translatable sentence for the reader; the text of other exceptions never leaves the server.
"""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _


class KonsiliumError(Exception):
    """Somebody asked for what cannot be done; `code` is stable, `message` is for the reader."""

    code = "error"
    status = 400

    def __init__(self, message: str | Promise, *, code: str | None = None) -> None:
        super().__init__(str(code or self.code))
        self.message = message
        if code is not None:
            self.code = code


class Refused(KonsiliumError):
    """A rule of the field says no: the request was understood, and nothing was changed."""

    code = "refused"
    status = 409


class Invalid(KonsiliumError):
    """The request's own values are wrong."""

    code = "invalid"
    status = 422


class Forbidden(KonsiliumError):
    """The actor has no right to this."""

    code = "forbidden"
    status = 403

    def __init__(
        self, message: str | Promise = _("You have no right to do this."), *, code: str | None = None
    ) -> None:
        super().__init__(message, code=code)


class SignInNeeded(KonsiliumError):
    """Nobody is signed in."""

    code = "sign_in_needed"
    status = 401

    def __init__(self, message: str | Promise = _("Sign in to go on.")) -> None:
        super().__init__(message)


class Missing(KonsiliumError):
    """There is no such thing, or the actor may not know that there is."""

    code = "missing"
    status = 404

    def __init__(
        self, message: str | Promise = _("There is nothing here, or it is not open to you.")
    ) -> None:
        super().__init__(message)


class TooMany(KonsiliumError):
    """The actor asked too often."""

    code = "too_many"
    status = 429

    def __init__(self, message: str | Promise = _("Too many requests. Wait a moment and try again.")) -> None:
        super().__init__(message)
