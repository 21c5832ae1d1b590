"""A rule that catches nothing is worse than none: each one is shown what it must and must not object to."""

import pytest

from tests.architecture import python_rules, text_rules


@pytest.mark.parametrize(
    "line",
    [
        "question.save()",
        "question.save(update_fields=['state'])",
        "Question.objects.create(text='x')",
        "Question.objects.filter(room=room).update(state='x')",
        "Question.objects.bulk_create(rows)",
        "question.delete()",
        "room.questions.all().delete()",
        "append_event(room=room)",
        "actions.append_event(room=room)",
        "User.objects.create_user('a@b.c')",
    ],
)
def test_writing_is_caught(line: str) -> None:
    assert python_rules.faults_of_writing(f"def view():\n    {line}\n")


@pytest.mark.parametrize(
    "line",
    [
        "context.update(extra)",
        "digest.update(b'x')",
        "values.update(a=1)",
        "Question.objects.filter(a=1).count()",
    ],
)
def test_reading_is_not_caught(line: str) -> None:
    assert python_rules.faults_of_writing(f"def view():\n    {line}\n") == []


@pytest.mark.parametrize(
    "source",
    [
        "from datetime import datetime\nx = datetime.now()",
        "import time",
        "import random",
        "from django.db import models",
        "from uuid import uuid4",
        "from konsilium.foundation import clock\nx = clock.now()",
        "x = open('f')",
        "print('x')",
        "import asyncio",
    ],
)
def test_impurity_is_caught(source: str) -> None:
    assert python_rules.faults_of_purity(source)


@pytest.mark.parametrize(
    "source",
    ["from uuid import UUID", "from datetime import datetime, timedelta\ndef f(now: datetime): return now"],
)
def test_purity_is_not_caught(source: str) -> None:
    assert python_rules.faults_of_purity(source) == []


def test_inline_import_needs_a_reason() -> None:
    assert python_rules.faults_of_inline_imports("def f():\n    import json\n")
    assert not python_rules.faults_of_inline_imports("def f():\n    import json  # slow, and rarely needed\n")
    assert not python_rules.faults_of_inline_imports(
        "def f():\n    # slow, both\n    import json\n    import csv\n"
    )
    assert not python_rules.faults_of_inline_imports(
        "def f():\n    # slow\n    import json\n\n    import x\n"
    )
    assert python_rules.faults_of_inline_imports(
        "def f():\n    import json  # slow\n    g()\n    import csv\n"
    )
    assert not python_rules.faults_of_inline_imports("import json\n")


def test_ignore_needs_a_code() -> None:
    assert python_rules.faults_of_ignores("x = 1  # type: " + "ignore\n")
    assert not python_rules.faults_of_ignores("x = 1  # type: " + "ignore[assignment]\n")


@pytest.mark.parametrize(
    "markup",
    [
        '<p style="color: red">',
        "<style>p { color: red }</style>",
        '<button onclick="go()">',
        "<script>go()</script>",
        '<a href="javascript:go()">',
    ],
)
def test_inline_code_in_a_template_is_caught(markup: str) -> None:
    assert text_rules.faults_of_template(f"<main>{markup}</main>")


@pytest.mark.parametrize(
    "markup",
    [
        '<script type="module" src="{{ url }}"></script>',
        '<script type="application/json">{"a": 1}</script>',
        '<p class="style">',
        "{% comment %}<style>{% endcomment %}",
    ],
)
def test_clean_template_is_not_caught(markup: str) -> None:
    assert text_rules.faults_of_template(f"<main>{markup}</main>") == []


@pytest.mark.parametrize(
    "rule",
    [
        "margin-left: 1rem",
        "padding-right: 0",
        "left: 0",
        "text-align: left",
        "float: right",
        "border-top-left-radius: 4px",
        "margin: 0 1rem 0 0",
    ],
)
def test_physical_side_is_caught(rule: str) -> None:
    assert text_rules.faults_of_style_sheet(f".a {{ {rule}; }}")


@pytest.mark.parametrize(
    "rule",
    [
        "margin-inline-start: 1rem",
        "inset-block-end: 0",
        "text-align: start",
        "margin: 0 1rem 2rem 1rem",
        "transform-origin: left top",
        "/* left: 0 */ color: red",
    ],
)
def test_logical_side_is_not_caught(rule: str) -> None:
    assert text_rules.faults_of_style_sheet(f".a {{ {rule}; }}") == []


def test_long_file_is_caught_unless_it_says_why() -> None:
    assert text_rules.faults_of_length("x\n" * 401)
    assert not text_rules.faults_of_length("x\n" * 400)
    assert not text_rules.faults_of_length(
        '"""Longer than 400 lines because it is a table."""\n' + "x\n" * 500
    )


def test_machine_path_is_caught() -> None:
    assert text_rules.faults_of_paths("see " + "/work" + "/notes.md")
    assert text_rules.faults_of_paths("see " + "/home" + "/anna/x")
    assert not text_rules.faults_of_paths("docs/" + "work" + "/x.md /var/lib/konsilium")
