"""Why not, in the reader's language."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from konsilium.foundation import errors
from konsilium.theatre.decisions import NoEntry, Reason

SENTENCES: dict[Reason, str | Promise] = {
    Reason.NOT_OPENED: _("The operation is not on air yet."),
    Reason.STOPPED: _("The broadcast is stopped. Resume it, or end it."),
    Reason.ENDED: _("The broadcast of this operation has ended."),
    Reason.NOT_CHOSEN: _("Only a question chosen by a moderator can be shown in the theatre."),
    Reason.OVERTAKEN: _("Somebody has decided since. Look, and decide again."),
    Reason.NO_FILM: _(
        "This operation is shown as live, and its recording is not ready. Choose one on the page of recordings."
    ),
}


def refusal(reason: Reason) -> errors.Refused:
    return errors.Refused(SENTENCES[reason], code=reason.value)


def no_entry(why: NoEntry) -> errors.KonsiliumError:
    match why:
        case NoEntry.NOT_SIGNED_IN:
            return errors.SignInNeeded()
        case NoEntry.NOT_A_MEMBER:
            return errors.Forbidden(
                _("Operations are open to the members of their congress. Register for the congress first."),
                code=why.value,
            )
        case NoEntry.NOT_VERIFIED:
            return errors.Forbidden(
                _(
                    "Operations are open to verified physicians only. Your licence has not been confirmed yet."
                ),
                code=why.value,
            )
