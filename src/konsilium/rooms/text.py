"""Text that people type: normalised, without control characters, of bounded length."""

import re
import unicodedata
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, StringConstraints

# Controls except tab and newline; and the marks that turn the direction of everything after them
# (U+202A–202E, U+2066–2069), with which one person's words could disturb another's.
# Joiners (U+200C, U+200D) stay: several scripts need them.
UNWANTED = re.compile("[\x01-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff]")
BLANKS = re.compile(r"[^\S\n]+")
EMPTY_LINES = re.compile(r"\s*\n\s*\n\s*")


def clean_text(text: object) -> object:
    """The text as it is kept. Raises ValueError for NUL, which no honest keyboard sends."""
    if not isinstance(text, str):
        return text
    if "\x00" in text:
        raise ValueError("NUL is not a character of a text")
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n").replace("\r", "\n"))
    text = BLANKS.sub(" ", UNWANTED.sub("", text))
    return EMPTY_LINES.sub("\n\n", text).strip()


def _speaks(text: str) -> str:
    if not any(unicodedata.category(character)[0] in "LNSP" for character in text):
        raise ValueError("the text says nothing")
    return text


QUESTION_LENGTH = 600

QuestionText = Annotated[
    str,
    BeforeValidator(clean_text),
    StringConstraints(min_length=1, max_length=QUESTION_LENGTH),
    AfterValidator(_speaks),
]
