"""Pages of `docs/protocols` made from the registries: commands, events, lifecycles.

`python -m konsilium.rooms.documentation` writes them; a test fails when one is stale.
"""

import sys
from collections.abc import Callable, Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from types import UnionType
from typing import Annotated, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from konsilium.rooms import registry
from konsilium.rooms.contracts import plain
from konsilium.rooms.decisions import KEPT_EVENTS, Drop, Effect, Nothing, Put, Replace

PROTOCOLS = Path(__file__).resolve().parents[3] / "docs" / "protocols"
NOTE = "<!-- Made from the code by `python -m konsilium.rooms.documentation`; edit the code instead. -->\n"


COMMANDS = """\
# Commands

What a page asks of a room: `POST /rooms/<id>/commands` with the session's cookie and CSRF token.

```json
{"id": "a UUID made by the page", "name": "question.ask", "data": {"text": "…"}, "age_ms": 0}
```

`age_ms` is how long ago it was asked for (0 to 3 600 000; 0 if it is missing): what is sent again comes late, and the
clocks of browsers are not to be trusted. A stop that was pressed more than two seconds before the picture last went on
air stops nothing; its result is `{"overtaken": true}`.

Carried out: `200` and `{id, version, result}`; `version` is that of the room afterwards. Anything else:
`{code, message}`, the message in the reader's language.

The page makes a new `id` for every act and sends the same one again until it has an answer. A repeat has no second
effect and gets the first answer, also when that was a refusal by a rule (`409`). What was wrong with the request
itself (`401`, `403`, `404`, `413`, `422`, `429`) is not kept. An `id` that comes with another name, with other data,
in another room or from somebody else is refused (`command_id_taken`).

| command | data | who may | what it does |
|---|---|---|---|
"""

EVENTS = """\
# Events

What a room tells: `GET /rooms/<id>/events?since=<version>`, as `text/event-stream` to who accepts it, else as a long
poll in JSON, `{version, events, watching}`.

```json
{"v": 42, "type": "question.asked", "at": "2026-03-10T04:30:00.000Z", "media_time": null, "data": {}}
```

Versions have no gaps. An event for others comes as its number alone, `{"v": 42}`. `media_time` is its place in the
recording, as wall-clock time of the picture. A reader more than KEPT_EVENTS events behind, or ahead of the server,
gets `event: resync` (in the poll `{"version": n, "resync": true}`) and starts anew from `GET /rooms/<id>`,
`{version, state, you, watching, now}`. `event: presence` tells how many watch; it is no event of the room. A comment
comes every 15 s. Whoever loses the right to be here is let go at once; the next request says why.

| event | data | effect on the state | meaning |
|---|---|---|---|
""".replace("KEPT_EVENTS", str(KEPT_EVENTS))


def commands_page() -> str:
    rows = [
        f"| `{name}` | {_fields(command.model)} | {_words(command.abilities)} | {command.meaning} |"
        for name, command in sorted(registry.commands.items())
    ]
    return f"{NOTE}\n{COMMANDS}" + "\n".join(rows) + "\n"


def events_page() -> str:
    shapes = {plain(part.model): key for key, part in registry.parts.items()}
    rows = [
        f"| `{name}` | {_shape(event.model, shapes)} | {_effect(event.effect)} | {event.meaning} |"
        for name, event in sorted(registry.events.items())
    ]
    rows += ["\n## The state\n", "| part | holds | meaning |", "|---|---|---|"]
    rows += [
        f"| `{key}` | {'by id: ' if part.keyed else ''}{_fields(part.model)} | {part.meaning} |"
        for key, part in sorted(registry.parts.items())
    ]
    return f"{NOTE}\n{EVENTS}" + "\n".join(rows) + "\n"


def _shape(model: type[BaseModel], shapes: Mapping[type[BaseModel], str]) -> str:
    key = shapes.get(plain(model))
    return f"as in `{key}`" if key else _fields(model)


def lifecycles_page() -> str:
    lines = [NOTE, "# Lifecycles\n", "Drawn from the tables that decide.\n"]
    for name, lifecycle in sorted(registry.lifecycles.items()):
        lines += [f"## {name}\n", "```mermaid", mermaid(lifecycle), "```\n"]
    return "\n".join(lines)


def mermaid(table: Mapping[StrEnum, Mapping[StrEnum, StrEnum]]) -> str:
    """A lifecycle as a state diagram; it begins with the first state of the table."""
    first = next(iter(table))
    lines = ["stateDiagram-v2", f"    [*] --> {first}"]
    for state, acts in table.items():
        targets: dict[StrEnum, list[str]] = {}
        for act, after in acts.items():
            targets.setdefault(after, []).append(act.value)
        lines += [f"    {state} --> {after}: {', '.join(names)}" for after, names in targets.items()]
        if all(after == state for after in acts.values()):
            lines.append(f"    {state} --> [*]")
    return "\n".join(lines)


PAGES: dict[str, Callable[[], str]] = {
    "commands.md": commands_page,
    "events.md": events_page,
    "lifecycles.md": lifecycles_page,
}


def _fields(model: type[BaseModel]) -> str:
    return ", ".join(_field(name, field) for name, field in model.model_fields.items()) or "nothing"


def _field(name: str, field: FieldInfo) -> str:
    optional = "" if field.is_required() else "?"
    return f"`{name}{optional}`: {' or '.join(dict.fromkeys(_names(field.annotation)))}"


def _names(annotation: object) -> Iterator[str]:
    origin = get_origin(annotation)
    if annotation is None or annotation is type(None):
        yield "null"
    elif isinstance(annotation, UnionType) or (origin is not None and str(origin) == "typing.Union"):
        for option in get_args(annotation):
            yield from _names(option)
    elif origin is Annotated:
        yield from _names(get_args(annotation)[0])
    elif origin is not None and str(origin) == "typing.Literal":
        yield from (f"`{value}`" for value in get_args(annotation))
    elif isinstance(annotation, type) and issubclass(annotation, StrEnum):
        yield from (f"`{member.value}`" for member in annotation)
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield "{" + _fields(annotation) + "}"
    else:
        word = getattr(origin or annotation, "__name__", str(annotation))
        yield NAMES.get(word, word)


NAMES = {
    "str": "text",
    "int": "number",
    "bool": "true or false",
    "UUID": "id",
    "datetime": "moment",
    "AwareDatetime": "moment",
    "dict": "texts by language",
}


def _effect(effect: Effect) -> str:
    match effect:
        case Put(part):
            return f"put into `{part}` by its id"
        case Drop(part):
            return f"dropped from `{part}`"
        case Replace(part):
            return f"replaces `{part}`"
        case Nothing():
            return "none"


def _words(abilities: frozenset[str]) -> str:
    return " or ".join(f"`{ability}`" for ability in sorted(abilities))


def main() -> int:
    import django  # reason: run as a program, it fills the registries first

    django.setup()
    PROTOCOLS.mkdir(parents=True, exist_ok=True)
    for name, page in PAGES.items():
        (PROTOCOLS / name).write_text(page(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
