"""Commands as processes: what they say and the status they end with."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from konsilium.config.commands import COMMANDS
from konsilium.config.commands.test import Run, closing_counts, run_part

pytestmark = pytest.mark.slow


def _run(folder: Path, *arguments: str, **settings: str) -> "subprocess.CompletedProcess[str]":
    environment = {name: value for name, value in os.environ.items() if not name.startswith("KONSILIUM_")}
    environment |= {"KONSILIUM_DATA": str(folder / "data"), "KONSILIUM_CONFIG": os.devnull, **settings}
    return subprocess.run(
        [sys.executable, "-m", "konsilium.config.cli", *arguments],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_explains_itself(tmp_path: Path, name: str) -> None:
    done = _run(tmp_path, name, "--help")
    assert (done.returncode, f"konsilium {name}" in done.stdout) == (0, True)


def test_a_wrong_setting_is_told_plainly(tmp_path: Path) -> None:
    done = _run(tmp_path, "web", KONSILIUM_PORT="eight")
    assert done.returncode == 1
    assert done.stderr.strip() == "konsilium: KONSILIUM_PORT must be a whole number, not “eight”."


def test_an_installation_is_prepared_with_its_first_administrator(tmp_path: Path) -> None:
    done = _run(tmp_path, "up", "--prepare", "--admin-email", "chief@hospital.example")
    assert done.returncode == 0, done.stderr
    assert "/accounts/password/reset/key/" in done.stdout
    again = _run(tmp_path, "up", "--prepare")
    assert (again.returncode, "administrator" in again.stdout) == (0, False)
    assert (tmp_path / "data" / "secrets").stat().st_mode & 0o077 == 0


def test_a_real_installation_is_never_a_demo(tmp_path: Path) -> None:
    done = _run(tmp_path, "up", KONSILIUM_DEMO="true")
    assert (done.returncode, "must not hand out sign-in links" in done.stderr) == (1, True)


def test_a_database_that_does_not_answer_is_told_plainly(tmp_path: Path) -> None:
    done = _run(tmp_path, "up", "--prepare", KONSILIUM_DATABASE_URL="postgresql://nobody@127.0.0.1:9/nothing")
    assert (done.returncode, "Traceback" in done.stderr) == (1, False)
    assert "PostgreSQL does not answer" in done.stderr


def test_a_wrong_programme_changes_nothing_and_names_its_lines(tmp_path: Path) -> None:
    assert _run(tmp_path, "up", "--prepare").returncode == 0
    file = tmp_path / "congress.yaml"
    file.write_text("format: konsilium-programme/1\ncongress:\n  slug: Not a slug\n")
    done = _run(tmp_path, "programme", "load", str(file))
    assert done.returncode == 1
    assert "Nothing was loaded" in done.stderr
    assert "congress.yaml:3:" in done.stderr
    missing = _run(tmp_path, "programme", "load", str(tmp_path / "none.yaml"))
    assert (missing.returncode, "cannot be read" in missing.stderr) == (1, True)


def test_pytests_closing_line_is_counted() -> None:
    line = "2 failed, 958 passed, 3 skipped, 23 deselected, 1 error in 73.31s (0:01:13)"
    assert dict(closing_counts(line)) == {"failed": 3, "passed": 958, "skipped": 3}
    assert not closing_counts("no tests ran in 0.02s")


UNSTEADY = """
import pathlib
def test_it_is_quick_enough_the_second_time():
    mark = pathlib.Path(__file__).with_suffix(".seen")
    seen = mark.exists()
    mark.touch()
    assert seen
def test_it_always_works():
    pass
"""
BROKEN = (
    UNSTEADY
    + """
def test_it_never_works():
    assert False
"""
)


def test_what_fails_in_real_time_has_a_second_try_and_is_named(tmp_path: Path) -> None:
    file = tmp_path / "test_unsteady.py"
    file.write_text(UNSTEADY)
    outcome = run_part(Run("Unsteady", ["-n", "0", str(file)], in_real_time=True))
    assert (outcome.status, dict(+outcome.counts)) == (0, {"passed": 2})
    assert [name.rpartition("::")[2] for name in outcome.unsteady] == [
        "test_it_is_quick_enough_the_second_time"
    ]


def test_what_fails_twice_or_not_in_real_time_has_failed(tmp_path: Path) -> None:
    file = tmp_path / "test_broken.py"
    file.write_text(BROKEN)
    outcome = run_part(Run("Broken", ["-n", "0", str(file)], in_real_time=True))
    assert (outcome.status, dict(+outcome.counts)) == (1, {"passed": 2, "failed": 1})
    file.with_suffix(".seen").unlink()
    outcome = run_part(Run("Broken", ["-n", "0", str(file)]))
    assert (outcome.status, dict(+outcome.counts)) == (1, {"passed": 1, "failed": 2})
