"""The rows of a programme.

Built from strings here and not in a template: a template takes some 80 µs a slot, and a congress has a thousand.
"""

from collections.abc import Iterable
from html import escape  # Django's own is six times slower, and there are six values in a row

from django import template
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from konsilium.foundation.templatetags.konsilium import kind, status
from konsilium.programme.rows import SlotRow

register = template.Library()


@register.simple_tag
def slot_rows(rows: Iterable[SlotRow], level: int = 4, wide: bool = False) -> SafeString:
    """One `<li>` for each slot: `{% slot_rows rows 3 wide=True %}`, where 3 is the level of the headings."""
    marks = _Marks()
    return mark_safe("".join(_row(row, marks, level, wide) for row in rows))  # noqa: S308 (each value is escaped)


class _Marks:
    """The marks of a list, each made once."""

    def __init__(self) -> None:
        self.kinds: dict[str, str] = {}
        self.on_air = str(status("on_air"))
        self.now = f'<span class="tag">{escape(_("Now"))}</span>'
        self.cancelled = f'<span class="tag">{escape(_("Cancelled"))}</span>'

    def kind(self, name: str) -> str:
        if name not in self.kinds:
            self.kinds[name] = str(kind(name))
        return self.kinds[name]


def _row(row: SlotRow, marks: _Marks, level: int, wide: bool) -> str:
    title = f"<s>{escape(row.title)}</s>" if row.cancelled else escape(row.title)
    hint = f' title="{escape(row.when_elsewhere)}"' if row.when_elsewhere else ""
    length = f'<span class="slot-length">{escape(row.other_date)}</span>' if row.other_date else ""
    length += f'<span class="slot-length">{escape(row.length)}</span>'
    state = f'<div class="slot-marks">{marks.kind(row.kind)}{_state(row, marks)}</div>'
    return (
        f'<li class="slot{_classes(row)}"><div class="slot-when">'
        f'<time class="time" datetime="{row.moment.isoformat()}"{hint}>{row.when}</time>{length}</div>'
        f'<div class="slot-body"><h{level} class="slot-title"><a href="{escape(row.url)}">{title}</a></h{level}>'
        f"{_people(row)}{f'</div>{state}' if wide else f'{state}</div>'}</li>"
    )


def _classes(row: SlotRow) -> str:
    if row.on_air:
        return " slot-on-air"
    classes = " slot-minor" if row.minor else ""
    if row.cancelled or row.past:
        return f"{classes} slot-past"
    return f"{classes} slot-now" if row.now else classes


def _people(row: SlotRow) -> str:
    parts = [f"<b>{escape(', '.join(row.operating))}</b>"] if row.operating else []
    parts += [escape(other) for other in row.others]
    if row.place:
        parts.append(escape(row.place))
    return f'<p class="slot-people">{" · ".join(parts)}</p>' if parts else ""


def _state(row: SlotRow, marks: _Marks) -> str:
    if row.cancelled:
        return marks.cancelled
    if row.on_air:
        return marks.on_air
    if row.state:
        return f'<span class="tag">{escape(row.state)}</span>'
    return marks.now if row.now else ""
