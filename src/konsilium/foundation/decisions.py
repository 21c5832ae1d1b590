"""The hash of an audit line: what makes the trail tamper-evident."""

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime

GENESIS = "0" * 64


@dataclass(frozen=True, kw_only=True)
class AuditLine:
    number: int
    at: datetime
    actor: str
    action: str
    subject: str
    detail: dict[str, object]
    previous_hash: str


def audit_hash(line: AuditLine) -> str:
    """SHA-256 over the canonical JSON of the line, the previous hash included."""
    canonical = json.dumps(
        [
            line.number,
            line.at.astimezone(UTC).isoformat(timespec="microseconds"),
            line.actor,
            line.action,
            line.subject,
            line.detail,
            line.previous_hash,
        ],
        ensure_ascii=False,
        separators=(",", ":"),
        sort_keys=True,
    )
    return hashlib.sha256(canonical.encode()).hexdigest()
