"""What the media plane finds wrong, in the reader's words."""

from datetime import UTC, datetime

import pytest
from django.utils import translation

from konsilium.broadcast.models import Recording
from konsilium.broadcast.troubles import film_fault, trouble_of, trouble_sentences
from konsilium.mediaplane.status import DoorStatus, FilmFault, Trouble

NOW = datetime(2026, 3, 10, 9, tzinfo=UTC)


@pytest.mark.parametrize("language", ["en", "ru", "kk"])
def test_every_trouble_has_a_sentence_of_its_own(language: str) -> None:
    with translation.override(language):
        sentences = trouble_sentences()
        assert set(sentences) == set(Trouble)
        assert len(set(sentences.values())) == len(Trouble)
        for trouble in Trouble:
            told = trouble_of(DoorStatus(signal="none", since=NOW, trouble=trouble, sends="H.265, AAC"))
            assert told.endswith(".")
            assert ("H.265, AAC" in told) == ("{sends}" in sentences[trouble])


def test_of_what_is_in_order_nothing_is_said() -> None:
    assert trouble_of(DoorStatus(signal="live", since=NOW)) == ""


def test_every_fault_of_a_film_has_a_sentence_of_its_own() -> None:
    unknown = film_fault(Recording(fault="moonlight"))
    assert unknown.startswith("The film could not be used.")
    told = [film_fault(Recording(fault=fault)) for fault in FilmFault]
    assert len({*told, unknown}) == len(FilmFault) + 1


def test_a_film_that_was_cut_off() -> None:
    cut_off = Recording(fault=FilmFault.CUT_OFF, read_s=1800.4, said_s=3600)
    assert film_fault(cut_off) == (
        "This file is incomplete: only 0:30:00 of 1:00:00 could be read. Upload it again."
    )
    with translation.override("ru"):
        assert "0:30:00" in film_fault(cut_off)
