"""What the documentation must name, and pages that are made from the code."""

import re
from dataclasses import fields

import pytest

from konsilium.config import documentation
from konsilium.config.commands import COMMANDS
from konsilium.config.options import Options
from konsilium.rooms import registry
from tests.architecture.source import ROOT, files, text_of

DOCS = ROOT / "docs"


@pytest.mark.parametrize("name", sorted(documentation.PAGES))
def test_page_is_what_the_code_says(name: str) -> None:
    made = documentation.PAGES[name]()
    assert (DOCS / name).read_text(encoding="utf-8") == made, (
        "run: .venv/bin/python -m konsilium.config.documentation"
    )


def test_every_option_says_what_it_is_for() -> None:
    rows = {name: meaning for name, _, meaning in documentation.option_rows()}
    assert set(rows) == {field.name for field in fields(Options)}
    assert all(meaning.endswith((".", "/name", "folder.")) for meaning in rows.values()), rows


def test_every_command_is_documented() -> None:
    page = text_of(DOCS / "commands.md")
    assert [name for name in COMMANDS if f"`./konsilium {name}`" not in page] == []


def test_every_room_command_and_event_is_documented() -> None:
    pages = "\n".join(text_of(path) for path in files("docs/protocols", ".md"))
    names = [*registry.events, *registry.commands]
    assert names
    assert [name for name in names if f"`{name}`" not in pages] == []


def test_links_between_pages_lead_somewhere() -> None:
    broken = [
        f"{page.name}: {target}"
        for page in [*files("docs", ".md"), ROOT / "README.md"]
        for target in re.findall(r"\]\((?!https?:|mailto:|#)([^)#\s]+)", text_of(page))
        if not (page.parent / target).exists()
    ]
    assert broken == []
