"""The house rules, held against every file. What each rule catches is shown in `test_rules_catch.py`."""

from collections.abc import Callable, Iterable
from pathlib import Path

from tests.architecture import python_rules, text_rules
from tests.architecture.source import PACKAGE, ROOT, files, name_of, project_files, text_of

Rule = Callable[[str], list[str]]

#: Files beside `actions.py` that may write, each with its reason.
WRITERS = {
    "src/konsilium/people/models.py": "Django's own seam for making accounts, called by actions only",
}
KERNELS = ("cmaf", "hls", "mpegts")


def _faults(rule: Rule, paths: Iterable[Path]) -> list[str]:
    return [f"{name_of(path)}: {fault}" for path in paths for fault in rule(text_of(path))]


def _python(folder: str = "src") -> list[Path]:
    return [path for path in files(folder, ".py") if "migrations" not in path.parts]


def test_only_actions_write() -> None:
    others = [
        path
        for path in _python("src/konsilium")
        if path.stem != "actions"
        and "actions" not in path.parent.parts
        and name_of(path) not in WRITERS
        # It has no database: another contract keeps Django out.
        and "mediaplane" not in path.parts
    ]
    assert _faults(python_rules.faults_of_writing, others) == []


def test_exceptions_to_writing_are_still_needed() -> None:
    for name in WRITERS:
        assert python_rules.faults_of_writing(text_of(ROOT / name)), f"{name} needs no exception any more"


def test_decisions_and_kernels_are_pure() -> None:
    pure = [path for path in _python("src/konsilium") if path.stem in {"decisions", "events"}]
    pure = [path for path in pure if path.stem == "decisions"]
    pure += [
        path for path in _python("src/konsilium/mediaplane") if path.relative_to(PACKAGE).parts[1] in KERNELS
    ]
    assert len(pure) > len(KERNELS)
    assert _faults(python_rules.faults_of_purity, pure) == []


def test_inline_imports_give_a_reason() -> None:
    assert _faults(python_rules.faults_of_inline_imports, [*_python("src"), *_python("bench")]) == []


def test_ignores_name_what_they_ignore() -> None:
    assert (
        _faults(python_rules.faults_of_ignores, [*_python("src"), *_python("tests"), *_python("bench")]) == []
    )


def test_no_file_is_longer_than_a_screenful_of_thought() -> None:
    paths = [*_python("src"), *_python("tests"), *_python("bench"), *files("frontend", ".ts", ".css")]
    assert _faults(text_rules.faults_of_length, paths) == []


def test_templates_hold_no_inline_code() -> None:
    templates = [path for path in files("src", ".html") if "templates" in path.parts]
    assert templates
    assert _faults(text_rules.faults_of_template, templates) == []


def test_style_sheets_know_no_left_and_right() -> None:
    sheets = list(files("frontend", ".css"))
    assert sheets
    assert _faults(text_rules.faults_of_style_sheet, sheets) == []


def test_nothing_names_a_place_on_one_machine() -> None:
    kinds = {
        ".py",
        ".ts",
        ".css",
        ".html",
        ".md",
        ".yaml",
        ".toml",
        ".json",
        ".conf",
        ".service",
        ".lock",
        "",
    }
    paths = [path for path in project_files() if path.suffix in kinds and path != Path(text_rules.__file__)]
    assert _faults(text_rules.faults_of_paths, paths) == []


def test_no_package_server_is_named_in_a_lock_file() -> None:
    for path in project_files():
        if path.suffix == ".lock":
            assert "://" not in text_of(path), path
        if path.name == "package-lock.json":
            assert '"resolved": "http' not in text_of(path), path
