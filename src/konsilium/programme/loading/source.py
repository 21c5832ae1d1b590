"""From the bytes of a file to a tree of plain values whose lines are known.

Every scalar stays the text its author wrote: YAML would read `09:00` as 540 and the country `NO` as false.
"""

import codecs
from collections.abc import Iterator
from dataclasses import dataclass, field

import yaml

from konsilium.programme.loading.issues import Issue, WrongProgramme

MOST_BYTES = 2_000_000
MOST_DEPTH = 20
NOTHING = frozenset({"", "~", "null", "Null", "NULL"})

Tree = str | None | list["Tree"] | dict[str, "Tree"]
Path = tuple[str | int, ...]

_Loader: type[yaml.SafeLoader] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, kw_only=True)
class Source:
    """The values of a file and the line on which each of them, and each key, stands."""

    file: str
    tree: Tree
    lines: dict[Path, int]
    issues: list[Issue] = field(default_factory=list)

    def line(self, path: Path) -> int:
        """The line of the value, or of the nearest thing around it that the file does have."""
        while path and path not in self.lines:
            path = path[:-1]
        return self.lines.get(path, 1)

    def value(self, path: Path) -> Tree:
        """What stands there; nothing if nothing does."""
        node = self.tree
        for step in path:
            if isinstance(step, int):
                node = node[step] if isinstance(node, list) and step < len(node) else None
            else:
                node = node.get(step) if isinstance(node, dict) else None
        return node

    def name(self, path: Path) -> str:
        """The path in words: list items by their key, where they have one."""
        name = ""
        for end, step in enumerate(path, 1):
            if isinstance(step, int):
                key = self.value((*path[:end], "key"))
                name += f"[{key if isinstance(key, str) else step + 1}]"
            else:
                name += f".{step}" if name else step
        return name

    def issue(self, path: Path, message: str) -> Issue:
        return Issue(file=self.file, line=self.line(path), field=self.name(path), message=message)


def read_source(data: bytes, file: str) -> Source:
    """Read the bytes as YAML. Raises `WrongProgramme` where nothing after the fault could be trusted."""
    text = _decoded(data, file)
    _check_shape(text, file)
    try:
        root = yaml.compose(text, Loader=_Loader)
    except yaml.YAMLError as error:
        raise WrongProgramme([_syntax_issue(error, file, text)]) from error
    lines: dict[Path, int] = {}
    source = Source(file=file, tree=None, lines=lines)
    tree = None if root is None else _value(root, (), source)
    return Source(file=file, tree=tree, lines=lines, issues=source.issues)


def _decoded(data: bytes, file: str) -> str:
    def wrong(message: str, line: int = 1) -> WrongProgramme:
        return WrongProgramme([Issue(file=file, line=line, field="", message=message)])

    if len(data) > MOST_BYTES:
        raise wrong(
            f"The file has {len(data) / 1e6:.1f} MB; a programme file has at most {MOST_BYTES / 1e6:.0f} MB."
        )
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise wrong("The file is in UTF-16. Save it as UTF-8 and load it again.")
    if b"\0" in data:
        raise wrong("The file holds zero bytes: it is not text in UTF-8. Save it as UTF-8 and load it again.")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        guess = " It looks like Windows-1251." if _looks_cyrillic(data) else ""
        raise wrong(f"The file is not UTF-8.{guess} Save it as UTF-8 and load it again.", line) from error


def _looks_cyrillic(data: bytes) -> bool:
    """Most bytes beyond ASCII are Russian letters in Windows-1251."""
    beyond = [byte for byte in data if byte >= 0x80]
    return sum(byte >= 0xC0 or byte in {0xA8, 0xB8} for byte in beyond) > len(beyond) * 0.8


def _check_shape(text: str, file: str) -> None:
    """Refuse what would grow when it is read: aliases, deep nesting; and more than one document."""
    depth = documents = 0
    issues: list[Issue] = []
    try:
        for event in _events(text):
            documents += isinstance(event, yaml.DocumentStartEvent)
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if message := _refusal(event, depth, documents):
                issues.append(Issue(file=file, line=_line(event), field="", message=message))
            if depth > MOST_DEPTH:
                break
    except yaml.YAMLError as error:
        issues.append(_syntax_issue(error, file, text))
    if issues:
        raise WrongProgramme(issues)


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


def _refusal(event: yaml.Event, depth: int, documents: int) -> str:
    if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
        return "Anchors and aliases (& and *) are not read here: write the value out."
    if isinstance(event, yaml.DocumentStartEvent) and documents > 1:
        return "A second document starts here (---): a programme file holds one."
    return f"Values are nested deeper than {MOST_DEPTH} levels." if depth > MOST_DEPTH else ""


def _events(text: str) -> Iterator[yaml.Event]:
    yield from yaml.parse(text, Loader=_Loader)


def _syntax_issue(error: yaml.YAMLError, file: str, text: str) -> Issue:
    line = 1
    message = "The file is not valid YAML."
    if isinstance(error, yaml.reader.ReaderError):
        position = error.position if isinstance(error.position, int) else 0
        line = text.count("\n", 0, position) + 1
        message = "There is a control character here that has no place in a text: remove it."
    elif isinstance(error, yaml.MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        written = text.splitlines()[line - 1] if line <= len(text.splitlines()) else ""
        if "\t" in written[: len(written) - len(written.lstrip()) + 1]:
            message = "The line is indented with a tab: use spaces."
        else:
            message = f"The file is not valid YAML here: {error.problem or error.context}."
    return Issue(file=file, line=line, field="", message=message)


def _value(node: yaml.Node, path: Path, source: Source) -> Tree:
    source.lines.setdefault(path, node.start_mark.line + 1)
    if isinstance(node, yaml.SequenceNode):
        return [_value(child, (*path, index), source) for index, child in enumerate(node.value)]
    if isinstance(node, yaml.MappingNode):
        return _mapping(node, path, source)
    if isinstance(node, yaml.ScalarNode) and node.style is None and node.value in NOTHING:
        return None
    return str(node.value)


def _mapping(node: yaml.MappingNode, path: Path, source: Source) -> dict[str, Tree]:
    mapping: dict[str, Tree] = {}
    for key, value in node.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            message = "A key must be a word, not a list or a mapping."
            source.issues.append(Issue(file=source.file, line=line, field=source.name(path), message=message))
            continue
        name = str(key.value)
        inner = (*path, name)
        if name in mapping:
            first = source.lines[inner]
            message = f"“{name}” is given twice here; the first time on line {first}. Keep one of them."
            field = ".".join(part for part in (source.name(path), name) if part)
            source.issues.append(Issue(file=source.file, line=line, field=field, message=message))
            continue
        source.lines[inner] = line
        mapping[name] = _value(value, inner, source)
    return mapping
