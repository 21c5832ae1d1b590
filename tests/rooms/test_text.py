import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from konsilium.rooms.text import QUESTION_LENGTH, QuestionText, clean_text

question = TypeAdapter(QuestionText)


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("  Why?  ", "Why?"),
        ("Why\tnot\u00a0now?", "Why not now?"),
        ("One\r\n\r\n\r\n  two", "One\n\ntwo"),
        ("bell\x07 escape\x1b[31m", "bell escape[31m"),
        ("e\u0301", "é"),
        ("right\u202e to left", "right to left"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("👩\u200d⚕️?", "👩\u200d⚕️?"),
    ],
)
def test_text_is_cleaned(typed: str, kept: str) -> None:
    assert question.validate_python(typed) == kept


@pytest.mark.parametrize("typed", ["", "  \n ", "\u200d", "a\x00b", "x" * (QUESTION_LENGTH + 1), 5, None])
def test_what_is_no_text_is_refused(typed: object) -> None:
    with pytest.raises(ValidationError):
        question.validate_python(typed)


def test_the_length_is_that_of_what_is_kept() -> None:
    assert len(question.validate_python(" " * 500 + "x" * QUESTION_LENGTH)) == QUESTION_LENGTH


@given(st.text().filter(lambda text: "\x00" not in text))
def test_cleaning_again_changes_nothing(text: str) -> None:
    once = clean_text(text)
    assert clean_text(once) == once
