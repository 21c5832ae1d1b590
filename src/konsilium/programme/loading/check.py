"""From the tree of a file to a valid `ProgrammeFile`, or to every reason why it is not one."""

import difflib
from collections.abc import Iterator
from itertools import chain
from typing import get_args

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from konsilium.programme.loading.issues import Issue, WrongProgramme
from konsilium.programme.loading.schema import Known, ProgrammeFile, SlotPart
from konsilium.programme.loading.source import Path, Source, Tree


def checked(source: Source) -> ProgrammeFile:
    """The file as values. Raises `WrongProgramme` with everything that is wrong."""
    issues = [*source.issues, *_repeated_keys(source)]
    if source.tree is None:
        raise WrongProgramme(
            [source.issue((), "The file is empty: see docs/programme-file.md for an example.")]
        )
    programme = None
    try:
        programme = ProgrammeFile.model_validate(source.tree, context=_known(source.tree))
    except ValidationError as error:
        issues += [_issue(details, source) for details in error.errors(include_url=False)]
    if programme is not None:
        issues += _anchors(programme, source)
    if issues or programme is None:
        raise WrongProgramme(issues)
    return programme


def _items(tree: Tree, *names: str) -> Iterator[tuple[Path, Tree]]:
    """The members of the lists found by following these names, with their paths."""
    here: list[tuple[Path, Tree]] = [((), tree)]
    for name in names:
        found: list[tuple[Path, Tree]] = []
        for path, node in here:
            children = node.get(name) if isinstance(node, dict) else None
            if isinstance(children, list):
                found += [((*path, name, index), child) for index, child in enumerate(children)]
        here = found
    yield from here


def _known(tree: Tree) -> Known:
    def keys(name: str) -> frozenset[str]:
        values = (item.get("key") for _, item in _items(tree, name) if isinstance(item, dict))
        return frozenset(value for value in values if isinstance(value, str))

    return Known(keys={name: keys(name) for name in ("halls", "people", "specialties")})


def _repeated_keys(source: Source) -> Iterator[Issue]:
    tree = source.tree
    families: dict[str, Iterator[tuple[Path, Tree]]] = {
        "specialty": _items(tree, "specialties"),
        "hall": _items(tree, "halls"),
        "person": _items(tree, "people"),
        "day": _items(tree, "days"),
        "session": _items(tree, "days", "sessions"),
        "slot": chain(_items(tree, "days", "sessions", "slots"), _items(tree, "days", "slots")),
    }
    for family, items in families.items():
        yield from _repeated(items, source, "key", f"is the key of another {family} too")
    accounts = (
        ((*path, "account"), item.get("account"))
        for path, item in _items(tree, "people")
        if isinstance(item, dict)
    )
    members = chain(accounts, _items(tree, "members"))
    yield from _repeated(members, source, "email", "is the e-mail address of somebody else too")


def _repeated(items: Iterator[tuple[Path, Tree]], source: Source, name: str, what: str) -> Iterator[Issue]:
    first: dict[str, Path] = {}
    for path, item in items:
        value = item.get(name) if isinstance(item, dict) else None
        if not isinstance(value, str):
            continue
        value = value.lower()
        if value in first:
            line = source.line((*first[value], name))
            yield source.issue((*path, name), f"“{value}” {what}, on line {line}.")
        else:
            first[value] = path


def _anchors(programme: ProgrammeFile, source: Source) -> Iterator[Issue]:
    anchored: list[tuple[Path, SlotPart]] = []
    for day_at, day in enumerate(programme.days):
        for session_at, session in enumerate(day.sessions):
            of_session = ("days", day_at, "sessions", session_at, "slots")
            anchored += [
                ((*of_session, at, "anchor"), slot) for at, slot in enumerate(session.slots) if slot.anchor
            ]
        anchored += [
            (("days", day_at, "slots", at, "anchor"), slot)
            for at, slot in enumerate(day.slots)
            if slot.anchor
        ]
    for path, _ in anchored[1:]:
        yield source.issue(path, "Only one slot of a file can be anchored to the moment of loading.")
    for path, slot in anchored[:1]:
        if slot.kind not in {"live", "as_live", "semi_live"}:
            yield source.issue(path, f"Only an operation can be on air, and this is a {slot.kind}.")
        if not programme.congress.demonstration:
            yield source.issue(path, "Only a demonstration can be anchored to the moment of loading.")


def _issue(details: ErrorDetails, source: Source) -> Issue:
    path = _path_in_file(details["loc"], source)
    kind = details["type"]
    name = path[-1] if path else ""
    if kind == "extra_forbidden":
        siblings = _fields_at(path[:-1])
        near = difflib.get_close_matches(str(name), siblings, n=1)
        hint = f" Did you mean “{near[0]}”?" if near else f" Known here: {', '.join(siblings)}."
        return source.issue(path, f"“{name}” is not known here.{hint}")
    expected = _expected(path)
    if kind == "missing":
        return source.issue(path, f"“{name}” is missing: expected {expected}.")
    if kind == "programme":
        message = str(details.get("ctx", {}).get("message", ""))
        return source.issue(path, message[:1].upper() + message[1:])
    value = details["input"]
    written = f"“{value}” cannot be used here" if isinstance(value, str) else _shape(value)
    return source.issue(path, f"{written}: expected {expected}.")


def _shape(value: object) -> str:
    if value is None:
        return "Nothing is written here"
    return "A list stands here" if isinstance(value, list) else "A mapping (name: value) stands here"


def _path_in_file(location: tuple[int | str, ...], source: Source) -> Path:
    """Drop the steps that pydantic adds for the members of a union and the keys of a mapping."""
    path: Path = ()
    node: Tree = source.tree
    for index, step in enumerate(location):
        last = index == len(location) - 1
        if isinstance(node, list) and isinstance(step, int) and step < len(node):
            node = node[step]
        elif (
            isinstance(node, dict) and isinstance(step, str) and (step in node or (last and not _added(step)))
        ):
            node = node.get(step)
        else:
            continue
        path = (*path, step)
    return path


def _added(step: str) -> bool:
    return step.startswith(("literal[", "function-", "constrained-")) or step in {"[key]", "str", "nullable"}


def _model_at(path: Path) -> type[BaseModel] | None:
    model: type[BaseModel] | None = ProgrammeFile
    for step in path:
        if isinstance(step, int) or model is None:
            continue
        info = model.model_fields.get(step)
        model = (
            next((part for part in _parts(info.annotation) if issubclass(part, BaseModel)), None)
            if info
            else None
        )
    return model


def _parts(annotation: object) -> Iterator[type]:
    if isinstance(annotation, type) and not get_args(annotation):
        yield annotation
    for argument in get_args(annotation):
        yield from _parts(argument)


def _fields_at(path: Path) -> list[str]:
    model = _model_at(path)
    return list(model.model_fields) if model else []


def _expected(path: Path) -> str:
    """The description of the nearest field around the path."""
    for end in range(len(path), 0, -1):
        step = path[end - 1]
        model = _model_at(path[: end - 1])
        info: FieldInfo | None = model.model_fields.get(step) if model and isinstance(step, str) else None
        if info and info.description:
            inside = end < len(path) and isinstance(path[end], int)
            return _one_of(info) if inside else info.description
    return "a mapping of names to values"


def _one_of(info: FieldInfo) -> str:
    return f"each of {info.description}" if info.description else "a value"
