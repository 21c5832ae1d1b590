"""Secrets of an installation: made at first use, readable by their owner only."""

import contextlib
import os
import secrets
from pathlib import Path


def secret(data: Path, name: str) -> str:
    """The secret called `name`, made at first use; of two processes that start at once, both get the same one."""
    folder = data / "secrets"
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = folder / f"{name}.key"
    if not path.exists():
        draft = folder / f".{name}.{os.getpid()}.{secrets.token_hex(4)}"
        draft.touch(mode=0o600)
        draft.write_text(secrets.token_urlsafe(48) + "\n", encoding="ascii")
        with contextlib.suppress(FileExistsError):
            os.link(draft, path)  # a link appears whole or not at all, and never replaces
        draft.unlink()
    return path.read_text(encoding="ascii").strip()
