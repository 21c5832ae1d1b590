"""What the parts above know about slots: where a slot's own page is, and whether it is on air.

Filled in `AppConfig.ready` by the apps above. Every hook answers for many slots at once, so that a page asks a
constant number of times however long the programme is.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

if TYPE_CHECKING:
    from konsilium.programme.models import Congress


@dataclass(frozen=True, kw_only=True)
class SlotLink:
    """Where a slot's own page is, and what is to be said of it beside its kind."""

    url: str
    on_air: bool = False
    #: A word or two on its state ("stopped", "ended"), already in the reader's language; empty for none.
    state: str = ""
    #: Ended before its time: no longer listed among what is on now.
    over: bool = False


LinksOf = Callable[[Sequence[UUID]], dict[UUID, SlotLink]]
OnAir = Callable[[datetime], Iterable[UUID]]
Loaded = Callable[["Congress", datetime], None]

_links: dict[str, LinksOf] = {}
_on_air: list[OnAir] = []
_loaded: list[Loaded] = []


def register_slot_link(kind: str, links: LinksOf) -> None:
    """Let `links` say where slots of this kind have their own page; it is given all slot ids of a page at once."""
    _links[kind] = links


def register_on_air(slots: OnAir) -> None:
    """Let `slots` name the slots that are on air at a moment, whatever the programme had foreseen."""
    if slots not in _on_air:
        _on_air.append(slots)


def slot_links(slots: Iterable[tuple[UUID, str]]) -> dict[UUID, SlotLink]:
    """The links of these slots (id and kind), one call for each registered function."""
    asked: dict[LinksOf, list[UUID]] = {}
    for identifier, kind in slots:
        if links := _links.get(kind):
            asked.setdefault(links, []).append(identifier)
    return {key: link for links, ids in asked.items() for key, link in links(ids).items()}


def slots_on_air(now: datetime) -> set[UUID]:
    return {identifier for hook in _on_air for identifier in hook(now)}


def register_programme_loaded(follow: Loaded) -> None:
    """Let `follow` bring what hangs on a programme up to date, in the transaction that has just loaded it."""
    if follow not in _loaded:
        _loaded.append(follow)


def programme_loaded(congress: "Congress", now: datetime) -> None:
    for follow in _loaded:
        follow(congress, now)
