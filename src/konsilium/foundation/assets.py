"""Where the built front end's files are, by the names they have in the sources."""

import json
import logging
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import TypedDict

from django.conf import settings
from django.templatetags.static import static

logger = logging.getLogger("konsilium.assets")


class Chunk(TypedDict, total=False):
    """One entry of the manifest that the build writes."""

    file: str
    css: list[str]
    imports: list[str]


@dataclass
class Files:
    """What a page needs for one entry: style sheets, the entry's own script, scripts it imports."""

    styles: list[str] = field(default_factory=list)
    scripts: list[str] = field(default_factory=list)
    preloads: list[str] = field(default_factory=list)


@lru_cache(maxsize=4)
def _manifest(path: Path, changed_ns: int) -> dict[str, Chunk]:
    """`changed_ns` makes a new build read anew."""
    manifest: dict[str, Chunk] = json.loads(path.read_text(encoding="utf-8"))
    return manifest


def manifest() -> dict[str, Chunk]:
    """The manifest of the last build; empty, and logged, where the front end has not been built."""
    path = Path(settings.VITE_MANIFEST)
    try:
        return _manifest(path, path.stat().st_mtime_ns)
    except FileNotFoundError:
        logger.warning("the front end is not built", extra={"missing": str(path)})
        return {}


def asset_url(source: str) -> str:
    """Address of the file built from `source`; empty where there is no such file."""
    chunk = manifest().get(source)
    return static(chunk["file"]) if chunk else ""


def files_of(entry: str) -> Files:
    """Everything `entry` needs, each file once, imports before those who import them."""
    chunks, files, seen = manifest(), Files(), set[str]()

    def walk(source: str) -> None:
        if source in seen or source not in chunks:
            return
        seen.add(source)
        chunk = chunks[source]
        for needed in chunk.get("imports", []):
            walk(needed)
        files.styles.extend(static(name) for name in chunk.get("css", []))
        address = static(chunk["file"])
        if address.endswith(".css"):
            files.styles.append(address)
        else:
            (files.scripts if source == entry else files.preloads).append(address)

    walk(entry)
    return files
