"""Translations: collecting strings from Python, templates and TypeScript, checking and compiling the catalogues.

English is the source. `django.po` holds what the server says, `djangojs.po` what the scripts in the browser say;
a string that both use stands in both, so that each side carries only its own.
"""

import io
import json
import os
import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_python
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

from konsilium.config.bootstrap import ROOT
from konsilium.config.messages import LOCALE

LANGUAGES = ("ru", "kk")
DOMAINS = ("django", "djangojs")

Keywords = Mapping[str, tuple[int | tuple[int, str], ...] | None]
#: What Babel's extractors give: line, function, its argument or arguments, comments.
Extracted = Iterable[tuple[int, str, str | tuple[str | None, ...] | None, list[str]]]

KEYWORDS: Keywords = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
#: `t("…")` and `plural(count, "one …", "many …")` of frontend/room/messages.ts.
SCRIPT_KEYWORDS: Keywords = {"t": None, "plural": (2, 3)}
_LITERAL = r'"(?:[^"\\\n]|\\.)*"'
SCRIPT_CALL = re.compile(
    rf"(?<![\w.])(?:(?P<name>t)\(\s*|plural\((?:[^\"`()]|\([^()]*\))*?,\s*)(?P<one>{_LITERAL})"
    rf"(?:\s*,\s*(?P<other>{_LITERAL}))?"
)
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w+\}")
#: The plural forms in the order in which gettext's formula of the language numbers them.
PLURAL_FORMS = {"ru": ("one", "few", "many"), "kk": ("one", "other")}


@dataclass(frozen=True, order=True)
class Key:
    """What tells one message from another."""

    domain: str
    text: str
    context: str = ""

    @property
    def message_context(self) -> str | None:
        return self.context or None


@dataclass
class Found:
    plural: str | None = None
    places: set[tuple[str, int]] = field(default_factory=set)


@dataclass
class Collection:
    """Every string of the code and where it is used."""

    messages: dict[Key, Found] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def add(self, key: Key, plural: str | None, path: Path, line: int) -> None:
        found = self.messages.setdefault(key, Found())
        place = (str(path.relative_to(ROOT)), line)
        if plural and found.plural and plural != found.plural:
            self.faults.append(f"{place[0]}:{line}: “{key.text}” has two different plurals.")
        found.plural = found.plural or plural
        found.places.add(place)


def collect() -> Collection:
    """Every string of the code."""
    collection = Collection()
    for path in sorted((ROOT / "src" / "konsilium").rglob("*.py")):
        if "migrations" not in path.parts:
            _take(collection, "django", path, python_messages(path.read_text(encoding="utf-8")))
    for path in sorted((ROOT / "src" / "konsilium").rglob("templates/**/*")):
        if path.suffix in {".html", ".txt", ".svg", ".xml"}:
            _take(collection, "django", path, template_messages(path.read_text(encoding="utf-8")))
    for path in sorted(script_files()):
        _take(collection, "djangojs", path, script_messages(path.read_text(encoding="utf-8")))
    return collection


def script_files() -> Iterator[Path]:
    for path in (ROOT / "frontend").rglob("*.ts"):
        if not {"node_modules", "dist"} & set(path.parts) and not path.name.endswith(".test.ts"):
            yield path


def python_messages(source: str) -> Extracted:
    return cast("Extracted", extract_python(io.BytesIO(source.encode()), KEYWORDS, (), {"encoding": "utf-8"}))


def template_messages(text: str) -> Extracted:
    """Django turns a template into Python-like source; its indentation means nothing and would mislead."""
    return python_messages("\n".join(line.strip() for line in templatize(text).splitlines()))


def script_messages(source: str) -> Extracted:
    """Calls whose texts are literals, also inside html`…${t("…")}…`.

    Babel's extractor for JavaScript loses its way in a template within a template within a template.
    """
    for call in SCRIPT_CALL.finditer(source):
        line = source.count("\n", 0, call.start()) + 1
        texts = [cast("str", json.loads(text)) for text in (call["one"], call["other"]) if text]
        if call["name"] == "t":
            yield line, "t", texts[0], []
        elif len(texts) > 1:
            yield line, "plural", (None, texts[0], texts[1]), []


def _take(collection: Collection, domain: str, path: Path, extracted: Extracted) -> None:
    keywords = KEYWORDS if domain == "django" else SCRIPT_KEYWORDS
    for line, name, arguments, _comments in extracted:
        values = arguments if isinstance(arguments, tuple) else (arguments,)
        context, texts = "", []
        for place in keywords.get(name) or (1,):
            number = place[0] if isinstance(place, tuple) else place
            value = values[number - 1] if number <= len(values) else None
            if isinstance(place, tuple):
                context = value or ""
            else:
                texts.append(value)
        if texts and texts[0]:
            plural = texts[1] if len(texts) > 1 else None
            collection.add(Key(domain, texts[0], context), plural, path, line)


def catalogue_path(language: str, domain: str) -> Path:
    return LOCALE / language / "LC_MESSAGES" / f"{domain}.po"


def read_catalogue(language: str, domain: str) -> Catalog:
    path = catalogue_path(language, domain)
    if not path.exists():
        return Catalog(locale=language, domain=domain)
    with path.open("rb") as file:
        return read_po(file, locale=language, domain=domain)


def update() -> list[str]:
    """Bring the catalogues in line with the code: new strings empty, gone ones removed. Says what was done."""
    collection = collect()
    lines = list(collection.faults)
    for language in LANGUAGES:
        for domain in DOMAINS:
            old = read_catalogue(language, domain)
            new = Catalog(locale=language, domain=domain, project="Konsilium", charset="utf-8", fuzzy=False)
            for key in sorted(key for key in collection.messages if key.domain == domain):
                found = collection.messages[key]
                message_id = (key.text, found.plural) if found.plural else key.text
                before = old.get(message_id, key.message_context) or old.get(key.text, key.message_context)
                text = before.string if before and _same_kind(before, found) else None
                # Without line numbers a catalogue changes only when a string does.
                places = sorted({(place, 0) for place, _ in found.places})
                new.add(
                    message_id,
                    text or "",
                    places,
                    context=key.message_context,
                    flags=before.flags if before else (),
                )
            _write_catalogue(catalogue_path(language, domain), new)
            missing = sum(1 for message in new if message.id and not _is_complete(message, language))
            lines.append(f"{language}/{domain}.po: {len(new)} strings, {missing} to translate")
    return lines


def _same_kind(message: Message, found: Found) -> bool:
    return isinstance(message.id, str) == (found.plural is None)


def _write_catalogue(path: Path, catalogue: Catalog) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    plural = f"nplurals={catalogue.num_plurals}; plural={catalogue.plural_expr};"
    header = f'msgid ""\nmsgstr ""\n"Language: {catalogue.locale}\\n"\n"Content-Type: text/plain; charset=UTF-8\\n"\n'
    header += f'"Plural-Forms: {plural}\\n"\n\n'
    body = io.BytesIO()
    write_po(
        body,
        catalogue,
        width=110,
        omit_header=True,
        include_lineno=False,
        sort_output=True,
        ignore_obsolete=True,
    )
    path.write_text(header + body.getvalue().decode(), encoding="utf-8")


def faults() -> list[str]:
    """Everything that keeps a language from being whole, one plain line each."""
    collection = collect()
    found = list(collection.faults)
    for language in LANGUAGES:
        for domain in DOMAINS:
            catalogue = read_catalogue(language, domain)
            label = f"{language}/{domain}.po"
            for key in sorted(key for key in collection.messages if key.domain == domain):
                plural = collection.messages[key].plural
                message = catalogue.get((key.text, plural) if plural else key.text, key.message_context)
                place = min(collection.messages[key].places)[0]
                found += [
                    f"{label}: {fault} ({place})" for fault in message_faults(message, key, plural, language)
                ]
            known = {(key.text, key.message_context) for key in collection.messages if key.domain == domain}
            for message in catalogue:
                text = message.id if isinstance(message.id, str) else message.id[0]
                if text and (text, message.context) not in known:
                    found.append(f"{label}: “{text}” is no longer used; run ./konsilium translations update")
    return found


def message_faults(message: Message | None, key: Key, plural: str | None, language: str) -> list[str]:
    if message is None or not _is_complete(message, language):
        return [f"“{key.text}” is not translated"]
    if plural and isinstance(message.id, str):
        return [f"“{key.text}” lacks its plural forms"]
    if message.fuzzy:
        return [f"“{key.text}” is marked as uncertain (fuzzy)"]
    sources = [key.text, plural] if plural else [key.text]
    wanted = {name for source in sources for name in PLACEHOLDER.findall(source)}
    wrong = []
    for text in _forms(message):
        # A singular may say "one" instead of the number, in the source and in the translation.
        optional = wanted if plural else set()
        present = set(PLACEHOLDER.findall(text))
        if not (present <= wanted and wanted - optional <= present):
            wrong.append(f"“{text}” does not have the placeholders of “{key.text}”")
        if key.text[-1:] in ":…" and not plural and text[-1:] != key.text[-1:]:
            wrong.append(f"“{text}” does not end like “{key.text}”")
    return wrong


def _forms(message: Message) -> list[str]:
    found = message.string
    return [text or "" for text in ([found] if found is None or isinstance(found, str) else found)]


def _is_complete(message: Message, language: str) -> bool:
    wanted = 1 if isinstance(message.id, str) else len(PLURAL_FORMS[language])
    return len(_forms(message)) == wanted and all(_forms(message))


def compile_catalogues() -> None:
    """Write the .mo files that are older than their source; a reader meets the old file or the new one, whole."""
    for source in uncompiled():
        language = source.parent.parent.name
        handle, draft = tempfile.mkstemp(dir=source.parent, prefix=f".{source.stem}.")
        with os.fdopen(handle, "wb") as file:
            write_mo(file, read_catalogue(language, source.stem))
        Path(draft).chmod(0o644)
        Path(draft).replace(source.with_suffix(".mo"))


def uncompiled() -> list[Path]:
    """The catalogues whose .mo file is missing or older."""
    sources = [catalogue_path(language, domain) for language in LANGUAGES for domain in DOMAINS]
    return [source for source in sources if source.exists() and _is_older(source.with_suffix(".mo"), source)]


def _is_older(target: Path, source: Path) -> bool:
    return not target.exists() or target.stat().st_mtime_ns <= source.stat().st_mtime_ns
