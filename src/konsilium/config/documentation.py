"""Pages of `docs/` that are made from the code, so that they cannot fall behind it.

`python -m konsilium.config.documentation` writes them; a test compares.
"""

import argparse
import inspect
import sys
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

from konsilium.config.bootstrap import ROOT
from konsilium.config.cli import parser
from konsilium.config.options import PREFIX, Options

NOTE = "<!-- Made from the code by `python -m konsilium.config.documentation`; edit the code instead. -->\n"


INTRODUCTION = (
    "A value comes from the environment (the name in the second column), else from `konsilium.toml` in the folder"
    f" from which Konsilium is started (or the file that `{PREFIX}CONFIG` names), else it is the default.\n"
)


def settings_page() -> str:
    lines = [
        NOTE,
        "# Settings\n",
        INTRODUCTION,
        "| in `konsilium.toml` | in the environment | default | meaning |",
        "|---|---|---|---|",
    ]
    for name, default, meaning in option_rows():
        shown = (
            f"`{str(default).lower() if isinstance(default, bool) else default}`"
            if default != ""
            else "empty"
        )
        lines.append(
            f"| `{name}` | `{PREFIX}{name.upper()}` | {shown} | {meaning.replace('|', chr(92) + '|')} |"
        )
    return "\n".join(lines) + "\n"


def option_rows() -> Iterator[tuple[str, object, str]]:
    """Each option with its default and the comment above it; one comment may stand above a group."""
    comments: dict[str, str] = {}
    gathered: list[str] = []
    last = ""
    for line in inspect.getsource(Options).splitlines():
        text = line.strip()
        if text.startswith("#"):
            gathered.append(text.removeprefix("#").strip())
        elif ":" in text and "=" in text:
            last = " ".join(gathered) if gathered else last
            comments[text.partition(":")[0]] = last
            gathered = []
    for field in fields(Options):
        yield field.name, field.default, comments[field.name]


def commands_page() -> str:
    lines = [NOTE, "# Commands\n", "Each is given to the script `./konsilium` in the project's root.\n"]
    for action in parser()._actions:  # noqa: SLF001 - argparse has no other way to list its commands
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            for name, command in action.choices.items():
                lines += _command(name, command)
    return "\n".join(lines)


def _command(name: str, command: argparse.ArgumentParser) -> Iterator[str]:
    yield f"## `./konsilium {name}`\n"
    description = command.description or ""
    yield f"{description[:1].upper()}{description[1:]}.\n"
    for action in command._actions:  # noqa: SLF001 - see above
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001
            for word, inner in action.choices.items():
                yield f"- `{word}`: {inner.description or ''}".rstrip(": ")
        elif not isinstance(action, argparse._HelpAction):  # noqa: SLF001
            words = ", ".join(action.option_strings) or (action.metavar or action.dest)
            default = (
                "" if action.default in {None, False, argparse.SUPPRESS} else f" (default `{_shown(action)}`)"
            )
            help_text = (action.help or "").partition(" (default")[0]
            yield f"- `{words}`: {help_text}{default}"
    yield ""


def _shown(action: argparse.Action) -> str:
    default = action.default
    return str(default.relative_to(ROOT)) if isinstance(default, Path) else str(default)


PAGES = {"settings.md": settings_page, "commands.md": commands_page}


def main() -> int:
    for name, make in PAGES.items():
        (ROOT / "docs" / name).write_text(make(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
