"""What became of an alert, in one word: the sum over all must be what was accepted, to the last one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from tocsin.domain.alert import Alert, AlertLine
from tocsin.domain.page import Delivery, DeliveryState
from tocsin.domain.ports.shelves import Shelves
from tocsin.domain.timeline import Happening, TimelineEntry


class Fate(StrEnum):
    """Every alert has one of these; `LOST` is the one that must not be."""

    PAGED = "paged"
    HELD = "held back with a reason"
    JOINED = "joined an incident"
    MUTED = "muted with a reason"
    RECORDED = "recorded with a reason"
    DEAD = "dead-lettered"
    WAITING = "on its way"
    LOST = "lost"


@dataclass(frozen=True)
class Kept:
    """All that is kept of one alert: its story, its incident's messages and timeline, and who opened that."""

    alert: Alert
    story: Sequence[AlertLine]
    deliveries: Sequence[Delivery] = ()
    timeline: Sequence[TimelineEntry] = ()
    is_first: bool = False


def fate(kept: Kept) -> Fate:
    """Return what became of an alert; a word of why must stand beside all that was not paged."""
    if kept.alert.incident_id is None:
        return _without_incident(kept)
    of_pages = [each for each in kept.deliveries if each.page_id is not None]
    own = _of_incident(of_pages, kept.timeline)
    if own is Fate.LOST or kept.is_first:
        return own
    return Fate.JOINED


def _without_incident(kept: Kept) -> Fate:
    said = {line.kind for line in kept.story if line.text.strip()}
    if Happening.ALERT_NOTIFIED in said:
        return Fate.PAGED
    if kept.alert.muted_by or Happening.ALERT_MUTED in said:
        return Fate.MUTED if Happening.ALERT_MUTED in said else Fate.LOST
    return Fate.RECORDED if Happening.ALERT_RECORDED in said else Fate.LOST


def _of_incident(pages: Sequence[Delivery], timeline: Sequence[TimelineEntry]) -> Fate:
    states = {each.state for each in pages}
    if DeliveryState.DELIVERED in states:
        return Fate.PAGED
    if any(each.state is DeliveryState.WAITING and "held back" in each.answer for each in pages):
        return Fate.HELD
    if DeliveryState.WAITING in states:
        return Fate.WAITING
    if DeliveryState.DEAD in states:
        return Fate.DEAD
    if any(each.answer for each in pages if each.state is DeliveryState.NOT_NEEDED):
        return Fate.HELD
    kinds = {entry.kind for entry in timeline if entry.text.strip()}
    over = {Happening.NOBODY_TO_PAGE, Happening.ALERT_RESOLVED}
    return Fate.RECORDED if kinds & over else Fate.LOST


def fates(shelves: Shelves, names: Iterable[str], label: str = "alertname") -> Mapping[str, Fate]:
    """Return the fate of each alert by a label of its own; one that is not kept at all is lost."""
    wanted = set(names)
    found = dict.fromkeys(wanted, Fate.LOST)
    incidents: dict[object, tuple[Sequence[Delivery], Sequence[TimelineEntry], int]] = {}
    for alert in shelves.alerts.recent(1_000_000):
        name = alert.labels.get(label, "")
        if name not in wanted:
            continue
        about: tuple[Sequence[Delivery], Sequence[TimelineEntry], int] = ((), (), 0)
        if alert.incident_id is not None:
            if alert.incident_id not in incidents:
                incidents[alert.incident_id] = (
                    shelves.pages.deliveries_of(alert.incident_id),
                    shelves.timeline.of_incident(alert.incident_id),
                    min(each.number for each in shelves.alerts.of_incident(alert.incident_id)),
                )
            about = incidents[alert.incident_id]
        story = () if alert.incident_id is not None else shelves.alerts.story(alert.number)
        kept = Kept(alert, story, about[0], about[1], is_first=about[2] == alert.number)
        found[name] = fate(kept)
    return found


def told(found: Mapping[str, Fate]) -> str:
    """Return the sums in words."""
    return ", ".join(f"{count} {kind.value}" for kind, count in Counter(found.values()).most_common())
