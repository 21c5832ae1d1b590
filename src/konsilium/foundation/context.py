"""What every page knows of its reader."""

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone, translation

THEME_COOKIE = "konsilium_theme"
THEMES = ("auto", "light", "dark")


def reader(request: HttpRequest) -> dict[str, object]:
    theme = request.COOKIES.get(THEME_COOKIE, "auto")
    return {
        "theme": theme if theme in THEMES else "auto",
        "languages": settings.LANGUAGES,
        "language": translation.get_language(),
        "reader_zone": timezone.get_current_timezone_name(),
        "demo": settings.OPTIONS.demo,
    }
