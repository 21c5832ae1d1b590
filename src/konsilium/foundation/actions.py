"""Writing the audit trail."""

from datetime import datetime

from django.contrib.auth.base_user import AbstractBaseUser
from django.db import connection, transaction

from konsilium.foundation.decisions import GENESIS, AuditLine, audit_hash
from konsilium.foundation.models import AuditEntry

# Any fixed number: PostgreSQL serialises the writers of the trail on it. SQLite has one writer anyway.
AUDIT_LOCK = 0x4B4F4E53


def record_audit(
    *,
    actor: AbstractBaseUser | None,
    action: str,
    subject: str,
    now: datetime,
    detail: dict[str, object] | None = None,
) -> AuditEntry:
    """Append one line in the caller's transaction, so that the act and its trace stand or fall together."""
    with transaction.atomic():
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [AUDIT_LOCK])
        last = AuditEntry.objects.order_by("-number").first()
        line = AuditLine(
            number=last.number + 1 if last else 1,
            at=now,
            actor=str(actor.pk) if actor else "",
            action=action,
            subject=subject,
            detail=detail or {},
            previous_hash=last.hash if last else GENESIS,
        )
        return AuditEntry.objects.create(
            number=line.number,
            at=line.at,
            actor_id=actor.pk if actor else None,
            action=line.action,
            subject=line.subject,
            detail=line.detail,
            previous_hash=line.previous_hash,
            hash=audit_hash(line),
        )
