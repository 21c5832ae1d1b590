"""Lint, types, import contracts and quick tests: two to three minutes on two cores."""

import argparse
import sys
import time

from konsilium.config import frontend
from konsilium.config.bootstrap import ROOT
from konsilium.config.stages import Stage, run_stages
from konsilium.config.terminal import say

HELP = "lint, types, import contracts and quick tests (no media, no browser): two to three minutes"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--fix", action="store_true", help="format and repair what the linters can repair, first"
    )


def run(chosen: argparse.Namespace) -> int:
    started = time.monotonic()
    prepare()
    if chosen.fix:
        run_stages(fixes(), at_once=1)
    outcomes = run_stages([*tests(), *checks()])
    failed = [outcome.stage.title for outcome in outcomes if not outcome.passed]
    verdict = f"failed: {', '.join(failed)}" if failed else "all is well"
    say(f"\n{len(outcomes)} checks in {time.monotonic() - started:.0f} s, {verdict}.")
    return 1 if failed else 0


def prepare() -> None:
    """What several checks need: npm's packages, the icon sprite and the built pages."""
    if frontend.build():
        say("  The front end was built anew.")
    frontend.install_modules()


def python(*arguments: str) -> list[str]:
    return [sys.executable, "-m", *arguments]


def program(name: str, *arguments: str) -> list[str]:
    return [str(ROOT / ".venv" / "bin" / name), *arguments]


def script(package: str, path: str, *arguments: str) -> list[str]:
    return frontend.node_command(str(frontend.MODULES / package / path), *arguments)


def tests() -> list[Stage]:
    """The longest one, so it starts first."""
    kinds = "not media and not browser and not slow"
    command = python("pytest", "-q", "-n", "2", "-m", kinds, "--no-header", "--hypothesis-profile=quick")
    # Not even imported: the libraries of these tests alone take seconds.
    command += [f"--ignore=tests/{path}" for path in ("browser", "media", "players", "rooms/test_openapi.py")]
    return [Stage("tests", command)]


def checks() -> list[Stage]:
    front, environment = frontend.FOLDER, frontend.node_environment()
    return [
        Stage("mypy", python("mypy")),
        Stage("import contracts", program("lint-imports", "--no-cache")),
        Stage("ruff check", program("ruff", "check", ".")),
        Stage("ruff format", program("ruff", "format", "--check", ".")),
        Stage("TypeScript", script("typescript", "bin/tsc", "--noEmit"), front, environment),
        Stage(
            "biome", script("@biomejs/biome", "bin/biome", "check", "--error-on-warnings"), front, environment
        ),
        Stage("front-end tests", frontend.node_command("--test", "**/*.test.ts"), front, environment),
        Stage("translations", python("konsilium.config.cli", "translations", "check")),
    ]


def fixes() -> list[Stage]:
    return [
        Stage("ruff check --fix", program("ruff", "check", "--fix", ".")),
        Stage("ruff format", program("ruff", "format", ".")),
        Stage("biome --write", script("@biomejs/biome", "bin/biome", "check", "--write"), frontend.FOLDER),
    ]
