"""Names of languages, as interpreters' feeds bear them."""

import pytest
from django.utils import translation

from konsilium.foundation.localised import language_name

pytestmark = pytest.mark.unit


@pytest.mark.parametrize(
    ("reader", "tag", "name"),
    [
        ("en", "ru", "Russian"),
        ("ru", "kk", "Казахский"),
        ("kk", "ru", "Орыс тілі"),
        ("en", "zh-Hant", "Chinese (Traditional)"),
        ("en", "xx-yy-zz", "xx-yy-zz"),
    ],
)
def test_a_language_has_its_name_in_the_readers_own(reader: str, tag: str, name: str) -> None:
    with translation.override(reader):
        assert language_name(tag) == name
