"""The words that a page hands to its scripts. Apart from `i18n.py`, whose libraries no running server needs."""

import gettext
from functools import cache
from pathlib import Path

LOCALE = Path(__file__).resolve().parents[1] / "locale"


@cache
def messages_for(language: str) -> dict[str, str | list[str]]:
    """What the scripts need in this language: text → text, or → its plural forms in gettext's order.

    English needs none: a string that is not here is its own text.
    """
    path = LOCALE / language / "LC_MESSAGES" / "djangojs.mo"
    if not path.is_file():
        return {}
    with path.open("rb") as file:
        catalogue: dict[str | tuple[str, int], str] = vars(gettext.GNUTranslations(file))["_catalog"]
    messages: dict[str, str | list[str]] = {}
    for key, text in sorted(catalogue.items(), key=str):
        if isinstance(key, str):
            if key:
                messages[key] = text
            continue
        forms = messages.setdefault(key[0], [])
        if isinstance(forms, list):
            forms.append(text)
    return messages
