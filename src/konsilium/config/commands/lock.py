"""Renewing the lock files: every package pinned with its hashes, without the address of any server."""

import argparse
import subprocess

from konsilium.config import frontend
from konsilium.config.bootstrap import ROOT, plain_cause
from konsilium.config.terminal import CannotGoOn, say

HELP = "renew the lock files from pyproject.toml and package.json"

UV = ROOT / ".konsilium" / "tools" / "bin" / "uv"
COMPILE = [
    "--universal",
    "--generate-hashes",
    "--no-header",
    "--no-annotate",
    "--python-version",
    "3.11",
    "--quiet",
]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--upgrade", action="store_true", help="take the newest versions that the project allows"
    )


def run(chosen: argparse.Namespace) -> int:
    upgrade = ["--upgrade"] if chosen.upgrade else []
    for target, groups in (("requirements.lock", []), ("requirements-dev.lock", ["--group", "dev"])):
        say(f"  {target} …")
        _run([str(UV), "pip", "compile", "pyproject.toml", *groups, *COMPILE, *upgrade, "-o", target])
    say("  package-lock.json …")
    _run(
        frontend.npm_command(
            "--prefix", str(frontend.FOLDER), "update" if chosen.upgrade else "install", "--package-lock-only"
        )
    )
    say("The next start installs what changed.")
    return 0


def _run(command: list[str]) -> None:
    if not UV.exists():
        raise CannotGoOn("The installer is not here; start ./konsilium once, it brings the installer along.")
    done = subprocess.run(
        command,
        cwd=ROOT,
        env=frontend.node_environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise CannotGoOn(
            f"{plain_cause(done.stdout) or 'The lock file could not be made.'}\n{done.stdout.strip()}"
        )
