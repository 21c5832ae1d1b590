"""Rules for Python source: text in, faults out, so that each rule can be shown to catch a bad example."""

import ast
import re
from collections.abc import Iterator

WRITING_METHODS = frozenset(
    {
        "save", "create", "bulk_create", "bulk_update", "update", "delete", "get_or_create", "update_or_create",
        "asave", "acreate", "abulk_create", "abulk_update", "aupdate", "adelete", "aget_or_create", "aupdate_or_create",
        "create_user", "create_superuser",
    }
)  # fmt: skip
WRITING_FUNCTIONS = frozenset({"append_event", "record_audit"})
#: Names that hold no row: a dictionary's or a hash's `update`, a session's `delete`.
HARMLESS_OWNERS = re.compile(
    r"(digest|hasher|hash|headers|counts?|totals|known|seen|context|cookies|environ(ment)?|mac)$"
)
QUERY_WORDS = frozenset({"objects", "filter", "exclude", "select_for_update", "all", "get_queryset"})
CLOCK_AND_CHANCE = frozenset({"time", "random", "secrets", "uuid"})
NOW_CALLS = frozenset({"now", "utcnow", "today"})


def faults_of_writing(source: str) -> list[str]:
    """Writing a row, appending an event or an audit line, anywhere but in an `actions.py`."""
    return [f"line {line}: {what}" for line, what in sorted(_writes(ast.parse(source)))]


def _writes(tree: ast.AST) -> Iterator[tuple[int, str]]:
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        function = node.func
        if isinstance(function, ast.Name) and function.id in WRITING_FUNCTIONS:
            yield node.lineno, f"{function.id}(…) belongs in an actions.py"
        elif isinstance(function, ast.Attribute) and function.attr in WRITING_FUNCTIONS:
            yield node.lineno, f"{function.attr}(…) belongs in an actions.py"
        elif isinstance(function, ast.Attribute) and function.attr in WRITING_METHODS and _is_row(function):
            yield node.lineno, f".{function.attr}(…) belongs in an actions.py"


def _is_row(function: ast.Attribute) -> bool:
    """Whether this looks like a model or a query. `.update(` and `.delete(` are words of dictionaries too."""
    owner = ast.unparse(function.value)
    if function.attr in {"update", "delete"}:
        chain = {node.attr for node in ast.walk(function.value) if isinstance(node, ast.Attribute)}
        if function.attr == "update":
            return bool(chain & QUERY_WORDS)
        return bool(chain & QUERY_WORDS) or not HARMLESS_OWNERS.search(owner.rpartition(".")[2])
    return not owner.startswith("super()")


def faults_of_purity(source: str) -> list[str]:
    """Asking the clock or chance, or opening something, in a decision or a kernel."""
    found: list[str] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = [node.module or ""]
        else:
            names = []
        found += [
            f"line {node.lineno}: imports {name}"
            for name in names
            if name.partition(".")[0]
            in CLOCK_AND_CHANCE | {"os", "io", "asyncio", "socket", "subprocess", "django"}
            # A UUID is a value; only making one is chance.
            and not (
                isinstance(node, ast.ImportFrom)
                and name == "uuid"
                and {a.name for a in node.names} == {"UUID"}
            )
        ]
        if isinstance(node, ast.Call):
            function = node.func
            if (
                isinstance(function, ast.Attribute)
                and function.attr in NOW_CALLS
                and _is_clock(function.value)
            ):
                found.append(f"line {node.lineno}: asks the clock ({ast.unparse(function)})")
            if isinstance(function, ast.Name) and function.id in {"open", "print", "input"}:
                found.append(f"line {node.lineno}: {function.id}(…) is input or output")
    return found


def _is_clock(owner: ast.expr) -> bool:
    return ast.unparse(owner).rpartition(".")[2] in {"datetime", "date", "timezone", "clock"}


def faults_of_inline_imports(source: str) -> list[str]:
    """An import inside a function without a comment that says why, beside it or above it.

    One reason serves the imports that follow it, with nothing but blank lines between.
    """
    lines = source.splitlines()
    inside: set[int] = set()
    spans: dict[int, int] = {}
    for function in ast.walk(ast.parse(source)):
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
            for node in ast.walk(function):
                if isinstance(node, ast.Import | ast.ImportFrom):
                    inside.add(node.lineno)
                    spans[node.lineno] = node.end_lineno or node.lineno
    found: list[str] = []
    reasoned_until = -1
    for number in sorted(inside):
        above = number - 2
        has_reason = (
            "#" in "".join(lines[number - 1 : spans[number]])
            or (above >= 0 and lines[above].strip().startswith("#"))
            or (reasoned_until > 0 and not "".join(lines[reasoned_until : number - 1]).strip())
        )
        if has_reason:
            reasoned_until = spans[number]
        else:
            found.append(f"line {number}: {lines[number - 1].strip()} gives no reason for standing here")
    return found


def faults_of_ignores(source: str) -> list[str]:
    """`type: ignore` without the code that it ignores."""
    return [
        f"line {number}: type: ignore without a code"
        for number, line in enumerate(source.splitlines(), 1)
        if re.search(r"#\s*type:\s*ignore(?!\[)", line)
    ]
