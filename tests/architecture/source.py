"""The files that the rules look at."""

import subprocess
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "konsilium"


@cache
def project_files() -> tuple[Path, ...]:
    """Every file of the repository that is there, committed or about to be."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\0")
    return tuple(sorted(ROOT / name for name in listed if name and (ROOT / name).is_file()))


def files(folder: str, *endings: str) -> Iterator[Path]:
    for path in project_files():
        if path.is_relative_to(ROOT / folder) and path.name.endswith(endings):
            yield path


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")
