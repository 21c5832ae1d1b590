import pytest

from konsilium.foundation import clock
from konsilium.foundation.actions import record_audit
from konsilium.foundation.decisions import GENESIS
from konsilium.foundation.models import AuditEntry
from konsilium.foundation.queries import first_broken_audit_line

pytestmark = [pytest.mark.integration, pytest.mark.django_db]


def write_three() -> None:
    for number in range(3):
        record_audit(actor=None, action="picture.opened", subject=f"channel:{number}", now=clock.now())


def test_each_line_carries_the_hash_of_the_line_before() -> None:
    write_three()
    entries = list(AuditEntry.objects.all())
    assert [entry.number for entry in entries] == [1, 2, 3]
    assert [entry.previous_hash for entry in entries] == [GENESIS, entries[0].hash, entries[1].hash]
    assert first_broken_audit_line() is None


def test_a_changed_line_is_found() -> None:
    write_three()
    AuditEntry.objects.filter(number=2).update(subject="channel:another")
    assert first_broken_audit_line() == 2


def test_a_removed_line_is_found() -> None:
    write_three()
    AuditEntry.objects.filter(number=2).delete()
    assert first_broken_audit_line() == 2


def test_a_line_whose_hash_was_made_to_fit_breaks_the_next_one() -> None:
    write_three()
    first = AuditEntry.objects.get(number=1)
    AuditEntry.objects.filter(number=1).update(hash=first.hash[::-1])
    assert first_broken_audit_line() == 1
