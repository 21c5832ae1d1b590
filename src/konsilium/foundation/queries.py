"""Reading and checking the audit trail."""

from collections.abc import Collection, Iterable

from konsilium.foundation.decisions import GENESIS, AuditLine, audit_hash
from konsilium.foundation.models import AuditEntry


def first_broken_audit_line() -> int | None:
    """The number of the first line that was changed, removed or put in later; None if the trail is whole."""
    previous = GENESIS
    expected = 1
    for entry in AuditEntry.objects.order_by("number").iterator():
        line = AuditLine(
            number=entry.number,
            at=entry.at,
            actor=str(entry.actor_id) if entry.actor_id else "",
            action=entry.action,
            subject=entry.subject,
            detail=entry.detail,
            previous_hash=entry.previous_hash,
        )
        if entry.number != expected or entry.previous_hash != previous or audit_hash(line) != entry.hash:
            return expected
        previous = entry.hash
        expected += 1
    return None


def audit_of(subjects: Iterable[str], *, actions: Collection[str], limit: int) -> list[AuditEntry]:
    """The latest lines about these that say one of `actions`, oldest first."""
    entries = AuditEntry.objects.filter(subject__in=list(subjects), action__in=actions)
    return list(entries.order_by("-number")[:limit])[::-1]
