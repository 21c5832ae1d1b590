"""Countries by their names in the reader's language."""

from functools import lru_cache

from babel import Locale
from django.utils import translation

#: A congress's own neighbourhood comes first in a list of 250 countries.
NEAR = ("KZ", "RU", "UZ", "KG", "GE", "AM", "AZ", "BY", "MD", "LV")
NOT_COUNTRIES = frozenset({"EU", "EZ", "UN", "XA", "XB", "ZZ", "QO"})


def country_choices() -> list[tuple[str, str]]:
    """Code and name, the near ones first."""
    names = _names(translation.get_language() or "en")
    near = [(code, names[code]) for code in NEAR if code in names]
    others = sorted(
        ((code, name) for code, name in names.items() if code not in NEAR),
        key=lambda item: item[1].casefold(),
    )
    return [("", "—"), *near, *others]


def country_name(code: str) -> str:
    return _names(translation.get_language() or "en").get(code, code)


@lru_cache(maxsize=32)
def _names(language: str) -> dict[str, str]:
    return {
        code: str(name)
        for code, name in Locale.parse(language, sep="-").territories.items()
        if len(code) == 2 and code.isalpha() and code not in NOT_COUNTRIES
    }
