"""The bootstrap: what it reuses, what it makes anew, and the sentences for what goes wrong."""

import json
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from konsilium.config import bootstrap
from konsilium.config.bootstrap import ROOT, Stamp, download_settings, is_ready, kind_needed, plain_cause

FOUND_DEV = Stamp(kind="dev", lock="…", root="…")
FOUND_MAIN = Stamp(kind="main", lock="…", root="…")


@pytest.mark.parametrize(
    ("command", "found", "kind"),
    [
        ("demo", None, "main"),
        (None, None, "main"),
        ("test", None, "dev"),
        ("check", FOUND_MAIN, "dev"),
        ("bench", FOUND_MAIN, "dev"),
        ("demo", FOUND_MAIN, "main"),
        ("demo", FOUND_DEV, "dev"),
    ],
)
def test_kind_of_environment(command: str | None, found: Stamp | None, kind: str) -> None:
    assert kind_needed(command, found) == kind


def test_environment_is_ready_only_for_its_own_lock_and_place(tmp_path: Path) -> None:
    stamp = bootstrap.wanted_stamp("main")
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").touch()
    assert not is_ready(tmp_path, "main")
    for fields, ready in (
        ({}, True),
        ({"lock": "another"}, False),
        ({"root": "/moved"}, False),
        ({"kind": "dev"}, False),
    ):
        (tmp_path / "konsilium.stamp").write_text(json.dumps({**vars(stamp), **fields}))
        assert is_ready(tmp_path, "main") is ready
    (tmp_path / "konsilium.stamp").write_text("{half a fil")
    assert not is_ready(tmp_path, "main")


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        ("OSError: [Errno 28] No space left on device", "disk is full"),
        ("error: failed to fetch: dns error: failed to lookup address information", "Check the network"),
        (
            "NewConnectionError: Failed to establish a new connection: [Errno 111] Connection refused",
            "mirror",
        ),
        ("ssl.SSLError: [SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed", "SSL_CERT_FILE"),
        ("error: failed to remove file: Permission denied (os error 13)", "belongs to the user"),
        ("error: Hash mismatch for `django==5.2.19`", "not the one Konsilium was tested with"),
    ],
)
def test_causes_are_told_in_plain_words(words: str, meant: str) -> None:
    assert meant in str(plain_cause(words))


def test_unknown_cause_is_not_guessed() -> None:
    assert plain_cause("panicked at src/main.rs") is None


def test_mirror_and_certificate_of_pip_hold_for_uv_too() -> None:
    pip = "global.index-url='https://mirror.hospital.example/simple'\nglobal.cert='/etc/ssl/ours.pem'\n"
    settings = download_settings({}, pip)
    assert settings["UV_DEFAULT_INDEX"] == "https://mirror.hospital.example/simple"
    assert settings["SSL_CERT_FILE"] == "/etc/ssl/ours.pem"


def test_what_is_set_for_uv_itself_wins() -> None:
    pip = "global.index-url='https://mirror.hospital.example/simple'\n"
    assert "UV_DEFAULT_INDEX" not in download_settings({"UV_INDEX_URL": "https://other.example"}, pip)


def _copy(target: Path) -> Path:
    """The bootstrap's own files, as in a fresh clone."""
    shutil.copy(ROOT / "konsilium", target / "konsilium")
    config = target / "src" / "konsilium" / "config"
    config.mkdir(parents=True)
    shutil.copy(ROOT / "src" / "konsilium" / "config" / "bootstrap.py", config)
    for name in ("requirements.lock", "requirements-dev.lock", "requirements-tools.lock"):
        shutil.copy(ROOT / name, target / name)
    return target


def _start(folder: Path, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [str(folder / "konsilium"), "demo"],
        capture_output=True,
        text=True,
        timeout=120,
        env={"PATH": os.environ["PATH"], "HOME": str(folder), **environment},
        check=False,
    )


def test_no_python_says_what_to_install(tmp_path: Path) -> None:
    folder = _copy(tmp_path)
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("sh", "dirname", "readlink"):
        (programs / name).symlink_to(str(shutil.which(name)))
    old = programs / "python3"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    script = (folder / "konsilium").read_text().replace("/usr/bin/python3", "/nonexistent/python3")
    (folder / "konsilium").write_text(script)
    done = _start(folder, PATH=str(programs))
    assert done.returncode == 1
    assert "apt-get install python3" in done.stderr


def test_no_network_says_what_to_check(tmp_path: Path) -> None:
    folder = _copy(tmp_path)
    nowhere = "https://127.0.0.1:9/simple"
    done = _start(
        folder, PIP_INDEX_URL=nowhere, PIP_RETRIES="0", PIP_NO_INPUT="1", PIP_CONFIG_FILE=os.devnull
    )
    assert done.returncode == 1
    assert "there is no way from here to the package server" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
def test_folder_of_somebody_else_says_whom_to_give_it(tmp_path: Path) -> None:
    folder = _copy(tmp_path)
    folder.chmod(0o555)
    done = _start(folder)
    folder.chmod(0o755)
    assert done.returncode == 1
    assert "may not write there" in done.stderr
