"""What is wrong with a programme file, said so that its author can put it right."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True, order=True)
class Issue:
    """One thing that is wrong: where (file, line, field) and, in a sentence, what is expected."""

    file: str
    line: int
    field: str
    message: str

    def __str__(self) -> str:
        field = f" {self.field}:" if self.field else ""
        return f"{self.file}:{self.line}:{field} {self.message}"


class WrongProgramme(Exception):
    """The file cannot be loaded; `issues` holds everything that is wrong with it, in the order of its lines."""

    def __init__(self, issues: list[Issue]) -> None:
        self.issues = tuple(sorted(set(issues)))
        super().__init__("\n".join(str(issue) for issue in self.issues))
