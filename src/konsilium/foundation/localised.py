"""Content in several languages: `{"ru": "…", "kk": "…", "en": "…"}`, or one text for all."""

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
