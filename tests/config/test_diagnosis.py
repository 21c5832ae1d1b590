"""What the doctor finds, and that what is broken does not stop it."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from konsilium.config import diagnosis
from konsilium.config.diagnosis import Finding, examine
from konsilium.config.options import Options
from konsilium.config.secrets import secret
from konsilium.foundation.actions import record_audit
from konsilium.foundation.models import AuditEntry


def _only(findings: Iterator[Finding]) -> tuple[str, str]:
    found = list(findings)
    assert len(found) == 1, found
    return found[0].level, found[0].text


def test_secrets_that_others_may_read(tmp_path: Path) -> None:
    options = Options(data=str(tmp_path))
    assert _only(diagnosis.check_secrets(options)) == ("ok", "not made yet")
    secret(tmp_path, "site")
    assert _only(diagnosis.check_secrets(options))[0] == "ok"
    (tmp_path / "secrets" / "site.key").chmod(0o644)
    level, text = _only(diagnosis.check_secrets(options))
    assert (level, "site.key" in text) == ("fail", True)


@pytest.mark.parametrize(
    ("url", "level"),
    [("http://127.0.0.1:8000", "ok"), ("https://live.example", "ok"), ("http://live.example", "fail")],
)
def test_a_public_site_without_tls(url: str, level: str) -> None:
    found = {finding.subject: finding for finding in diagnosis.check_settings(Options(url=url))}
    assert found["TLS"].level == level


def test_debug_and_demo_are_no_settings_for_patients() -> None:
    found = {finding.subject: finding for finding in diagnosis.check_settings(Options(debug=True, demo=True))}
    assert (found["Settings"].level, found["Settings"].text) == ("warn", "debug and demo is on")


@pytest.mark.django_db
def test_a_changed_audit_line_is_named() -> None:
    for number in range(3):
        record_audit(actor=None, action="x", subject=f"thing:{number}", now=datetime.now(UTC))
    assert _only(diagnosis.check_audit(Options())) == ("ok", "whole, 3 lines")
    AuditEntry.objects.filter(number=2).update(subject="thing:9")
    assert _only(diagnosis.check_audit(Options())) == ("fail", "changed or cut at line 2")


@pytest.mark.django_db
def test_a_clock_behind_what_was_done() -> None:
    record_audit(actor=None, action="x", subject="thing:1", now=datetime(2999, 1, 1, tzinfo=UTC))
    assert _only(diagnosis.check_clock(Options()))[0] == "fail"


def test_ffmpeg_speaks_srt() -> None:
    level, text = _only(diagnosis.check_ffmpeg(Options()))
    assert (level, text.startswith("with SRT")) == ("ok", True)


def test_a_check_that_breaks_is_a_finding(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_options: Options) -> Iterator[Finding]:
        raise RuntimeError("the disk is gone")
        yield

    checks = (("Disk", broken), ("Settings", diagnosis.check_settings))
    monkeypatch.setattr(diagnosis, "CHECKS", checks)
    found = list(examine(Options()))
    assert (found[0].level, found[0].text) == ("fail", "could not be checked: the disk is gone")
    assert len(found) > 1
