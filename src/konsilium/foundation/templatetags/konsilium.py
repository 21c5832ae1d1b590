"""Tags every template may use: built files, icons, times, people, kinds and states.

Kinds and states are always written out and have an icon or a shape; colour only repeats what the word says.
"""

from datetime import datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import get_timezone_location
from django import template
from django.forms import BoundField
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from konsilium.foundation.assets import asset_url, files_of
from konsilium.foundation.localised import localised

register = template.Library()

#: Kind of a slot: its icon and its word in a programme.
KINDS: dict[str, tuple[str, str | Promise]] = {
    "live": ("radio", pgettext_lazy("kind of slot", "Live")),
    "as_live": ("clapperboard", pgettext_lazy("kind of slot", "As live")),
    "semi_live": ("video", pgettext_lazy("kind of slot", "Semi-live")),
    "talk": ("presentation", pgettext_lazy("kind of slot", "talk")),
    "discussion": ("message-square", pgettext_lazy("kind of slot", "discussion")),
    "break": ("coffee", pgettext_lazy("kind of slot", "break")),
    "ceremony": ("award", pgettext_lazy("kind of slot", "ceremony")),
}

#: State of an operation, a signal or a person's voice.
STATES: dict[str, str | Promise] = {
    "on_air": _("On air"),
    "scheduled": _("Scheduled"),
    "quiet": _("Quiet"),
    "stopped": _("Stopped"),
    "ended": _("Ended"),
    "voice": _("Speaking"),
    "ok": _("In order"),
    "warning": _("Look at this"),
    "failed": _("Failed"),
}

TIME_STYLES = {"date": "DATE_FORMAT", "day": "l, j E", "short_day": "D, j M"}


@register.simple_tag
def vite(*entries: str) -> SafeString:
    """Link and script elements for entries of the front end: `{% vite "styles/site.css" "site/site.ts" %}`."""
    styles, scripts, preloads = dict[str, None](), dict[str, None](), dict[str, None]()
    for entry in entries:
        files = files_of(entry)
        styles.update(dict.fromkeys(files.styles))
        scripts.update(dict.fromkeys(files.scripts))
        preloads.update(dict.fromkeys(files.preloads))
    return format_html_join(
        "\n",
        "{}",
        (
            (element,)
            for element in (
                *(format_html('<link rel="stylesheet" href="{}">', url) for url in styles),
                *(format_html('<link rel="modulepreload" href="{}">', url) for url in preloads),
                *(format_html('<script type="module" src="{}"></script>', url) for url in scripts),
            )
        ),
    )


@register.simple_tag
def asset(source: str) -> str:
    """Address of one built file: `{% asset "icons/sprite.svg" %}`."""
    return asset_url(source)


@register.simple_tag
def icon(name: str, label: str = "") -> SafeString:
    """One icon of the sprite. Without a label it says nothing to a screen reader: write a word beside it."""
    href = f"{asset_url('icons/sprite.svg')}#{name}"
    if label:
        return format_html(
            '<svg class="icon" role="img" aria-label="{}"><use href="{}"></use></svg>', label, href
        )
    return format_html('<svg class="icon" aria-hidden="true"><use href="{}"></use></svg>', href)


@register.simple_tag
def kind(name: str, label: str = "") -> SafeString:
    """Kind of a slot, written out: `{% kind slot.kind %}`."""
    symbol, word = KINDS.get(name, ("circle-dot", name))
    return format_html(
        '<span class="kind kind-{}">{}{}</span>', name.replace("_", "-"), icon(symbol), label or word
    )


@register.simple_tag
def status(name: str, label: str = "", size: str = "") -> SafeString:
    """State as word, shape and colour: `{% status operation.state %}`, `{% status "ok" _("Picture") %}`."""
    classes = f"status status-{name.replace('_', '-')}" + (f" status-{size}" if size else "")
    return format_html('<span class="{}">{}</span>', classes, label or STATES.get(name, name))


@lru_cache(maxsize=1000)
def place_of_zone(zone: str, language: str) -> str:
    """The city that names a time zone, in the reader's language: `Asia/Almaty` is Алматы."""
    try:
        return get_timezone_location(ZoneInfo(zone), locale=Locale.parse(language, sep="-"), return_city=True)
    except (LookupError, ValueError, UnknownLocaleError):
        return zone.rpartition("/")[2].replace("_", " ")


@register.simple_tag
def zone_city(zone: object) -> str:
    """`{% zone_city congress.time_zone %}`"""
    return place_of_zone(str(zone), translation.get_language() or "en")


@register.simple_tag
def local_time(value: datetime | None, style: str = "time", estimated: bool = False, zone: str = "") -> str:
    """A moment in the reader's zone, and in `zone` (the congress's) on hover: `≈ 10:40`.

    `style`: time, date, day, short_day, datetime. Hours are always counted to 24, as on a ward.
    """
    if value is None:
        return ""
    mine = timezone.localtime(value)
    text = _moment(mine, style)
    if estimated:
        text = f"≈\u00a0{text}"
    title = _elsewhere(mine, style, zone) if zone else ""
    if estimated:
        title = " · ".join(part for part in (gettext("Estimated"), title) if part)
    attributes = format_html(' title="{}"', title) if title else ""
    return format_html('<time class="time" datetime="{}"{}>{}</time>', mine.isoformat(), attributes, text)


def _moment(value: datetime, style: str) -> str:
    if style == "time":
        return f"{value:%H:%M}"
    if style == "datetime":
        return f"{date_format(value, 'j E')}, {value:%H:%M}"
    return date_format(value, TIME_STYLES[style])


def _elsewhere(mine: datetime, style: str, zone: str) -> str:
    there = mine.astimezone(ZoneInfo(zone))
    if there.utcoffset() == mine.utcoffset():
        return ""
    text = _moment(there, "datetime" if there.date() != mine.date() and style == "time" else style)
    return gettext("%(time)s in %(city)s") % {"time": text, "city": zone_city(zone)}


@register.filter
def initials(name: object) -> str:
    """At most two letters for a person without a photograph: the first and the last word's."""
    words = [
        word for word in str(name).replace("-", " ").split() if word[0].isalpha() and not word.endswith(".")
    ]
    chosen = words[:1] + words[-1:] if len(words) > 1 else words
    return "".join(word[0] for word in chosen).upper()


@register.filter
def in_reader_language(content: dict[str, str] | str | None) -> str:
    """Localised content in the reader's language: `{{ congress.title|in_reader_language }}`."""
    return localised(content)


@register.filter
def facts(pairs: list[tuple[str, str]]) -> SafeString:
    """Names and values as a definition list; pairs without a value are left out."""
    return format_html_join("", "<dt>{}</dt><dd>{}</dd>", ((name, value) for name, value in pairs if value))


@register.filter
def without_placeholder(field: BoundField) -> BoundField:
    """A field whose label says all that a placeholder would, in a language the placeholder may not know."""
    field.field.widget.attrs.pop("placeholder", None)
    return field
