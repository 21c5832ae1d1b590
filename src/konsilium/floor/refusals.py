"""Why not, in the reader's language."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from konsilium.floor.decisions import Reason
from konsilium.foundation import errors

SENTENCES: dict[Reason, str | Promise] = {
    Reason.IS_ASKED: _("This question has not been chosen yet, or was taken back."),
    Reason.IS_APPROVED: _("This question has already been chosen."),
    Reason.IS_ANSWERING: _("This question is being answered."),
    Reason.IS_ANSWERED: _("This question has already been answered."),
    Reason.IS_DISMISSED: _("This question has been set aside."),
    Reason.CHANGED: _(
        "Somebody else has changed this question in the meantime. Your text is kept: compare, and save again."
    ),
    Reason.REPEATED: _("You have asked this already. Your question is waiting."),
    Reason.TOO_OFTEN: _(
        "You have asked several questions in the last minutes. Wait a little, then send this one."
    ),
    Reason.CLOSED: _("Questions are closed."),
    Reason.HELD: _("The theatre has asked for quiet. The question stays in its place."),
    Reason.NOT_IN_QUEUE: _("This question is no longer in the queue."),
}


class AskedTooOften(errors.TooMany):
    """Too many questions of one person; no receipt is kept, as the same one may be sent a little later."""

    code = Reason.TOO_OFTEN.value


def refusal(reason: Reason) -> errors.KonsiliumError:
    if reason is Reason.TOO_OFTEN:
        return AskedTooOften(SENTENCES[reason])
    return errors.Refused(SENTENCES[reason], code=reason.value)
