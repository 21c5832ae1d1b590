"""Content in several languages: `{"ru": "…", "kk": "…", "en": "…"}`, or one text for all."""

from babel import Locale, UnknownLocaleError
from django.utils import translation

FALLBACKS = ("en", "ru", "kk")


def localised(content: dict[str, str] | str | None, language: str | None = None) -> str:
    """The text in the reader's language, else in the nearest language that there is."""
    if not content:
        return ""
    if isinstance(content, str):
        return content
    wanted = (language or translation.get_language() or "en").split("-")[0]
    for candidate in (wanted, *FALLBACKS):
        if content.get(candidate):
            return content[candidate]
    return next(iter(content.values()))


def language_name(tag: str) -> str:
    """ "Russian" for "ru", in the reader's language and as it stands at the beginning of a line."""
    try:
        reader = Locale.parse(translation.get_language() or "en", sep="-")
        name = Locale.parse(tag, sep="-").get_display_name(reader)
    except (UnknownLocaleError, ValueError):
        return tag
    return name[:1].upper() + name[1:] if name else tag
