"""Fold firings into bursts, and tell each burst once under one key, whatever order its signals came in."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from hashlib import sha256

from tocsin.detection.correlating.watched import Watched
from tocsin.detection.state import FOREVER, Announced, Burst, Held

Told = tuple[str, Burst]


def opened(hits: Sequence[Held], at: int, measured: float, most: int) -> Burst:
    """Return a new burst of the signals of its first firing, with at most `most` of them as evidence."""
    first = hits[0] if hits else None
    burst = Burst(
        group=first.texts if first else (),
        first=first.time if first else at,
        last=at,
        began=at,
        fired=at,
        count=len(hits),
        measured=measured,
        head=[],
        tail=[],
    )
    _show(burst, hits, most)
    return burst


def silence(group: tuple[str, ...], since: int, at: int) -> Burst:
    """Return a burst of no signal at all: who is in the group was not heard between two times."""
    return Burst(
        group=group, first=since, last=at, began=at, fired=at, count=0, measured=0.0, head=[], tail=[]
    )


def extended(burst: Burst, hits: Sequence[Held], at: int, measured: float, most: int) -> None:
    """Let a burst fire again in place, with the signals that are new since it last fired."""
    burst.fired = burst.last = at
    burst.measured = measured
    burst.count += len(hits)
    _show(burst, hits, most)


def copied(burst: Burst) -> Burst:
    """Return a burst that can be extended without changing this one."""
    return Burst(
        group=burst.group,
        first=burst.first,
        last=burst.last,
        began=burst.began,
        fired=burst.fired,
        count=burst.count,
        measured=burst.measured,
        head=burst.head.copy(),
        tail=burst.tail.copy(),
        ends=burst.ends,
        note=burst.note,
    )


def with_late(bursts: Sequence[Burst], hits: Sequence[Held], watched: Watched) -> list[Burst]:
    """Return settled bursts with signals that came too late to be put in order; each fires by itself."""
    found = [copied(burst) for burst in bursts]
    for hit in hits:
        near = [
            burst for burst in found if burst.began - watched.quiet <= hit.time <= burst.fired + watched.quiet
        ]
        if not near:
            found.append(opened([hit], hit.time, 1, watched.evidence))
            found.sort(key=lambda burst: burst.began)
            continue
        burst = near[0]
        burst.count += 1
        burst.first, burst.began = min(burst.first, hit.time), min(burst.began, hit.time)
        burst.last, burst.fired = max(burst.last, hit.time), max(burst.fired, hit.time)
        _show(burst, [hit], watched.evidence)
    return found


def _show(burst: Burst, hits: Sequence[Held], most: int) -> None:
    """Keep the first and the last signals as evidence, one half each."""
    room = max(0, most - most // 2 - len(burst.head))
    burst.head.extend(hit.evidence() for hit in hits[:room])
    last = most // 2
    rest = hits[room:]
    if last and rest:
        burst.tail.extend(hit.evidence() for hit in rest[-last:])
        del burst.tail[:-last]


class Announcing:
    """Decides which bursts of one group may be told now, and under which keys.

    Two bursts may still become one while a late signal can fire between them. Of such neighbours only one is
    told until the watermark has passed the quiet time behind the earlier one, so that the number of alerts
    doesn't depend on the order of arrival.
    """

    def __init__(self, watched: Watched, group: str, entries: Iterable[Announced], watermark: int) -> None:
        self._watched = watched
        self._group = group
        self._watermark = watermark
        self._entries = list(entries)

    def told(self, bursts: Sequence[Burst]) -> tuple[list[Told], list[Announced], int]:
        """Return what is new to tell, all that was told by now, and the watermark that another one awaits."""
        known = self._known(bursts)
        news: list[Told] = []
        entries: list[Announced] = []
        awaited = FOREVER
        for cluster in self._clusters(bursts):
            chosen = next((burst for burst in cluster if burst.began in known), cluster[0])
            if len(cluster) > 1:
                awaited = min(awaited, cluster[0].fired + self._watched.quiet)
            entry = known.get(chosen.began)
            key = entry.key if entry else self._key(chosen)
            latest = Announced(key, chosen.began, _told(chosen))
            if entry is None or entry.told != latest.told or self._watermark == FOREVER:
                news.append((key, chosen))
            entries.append(latest)
        return news, entries, awaited

    def _known(self, bursts: Sequence[Burst]) -> dict[int, Announced]:
        """Return the announced bursts by the first firing they have now."""
        if self._watched.each:
            return {entry.began: entry for entry in self._entries}
        return {
            burst.began: entry
            for entry in self._entries
            for burst in bursts
            if burst.began <= entry.began <= burst.fired
        }

    def _clusters(self, bursts: Sequence[Burst]) -> list[list[Burst]]:
        clusters: list[list[Burst]] = []
        may_join = self._watched.early and not self._watched.each
        for burst in bursts:
            before = clusters[-1][-1] if clusters and may_join else None
            if before is not None and before.fired + self._watched.quiet >= self._watermark:
                clusters[-1].append(burst)
            else:
                clusters.append([burst])
        return clusters

    def _key(self, burst: Burst) -> str:
        first = (*burst.head, *burst.tail)[:1]
        named: list[object] = [self._watched.header.label, self._group]
        named += [[ref.source, ref.position, ref.time] for ref in first] or [burst.began]
        if self._watched.each:
            named.append(burst.began)
        return sha256(json.dumps(named).encode()).hexdigest()[:32]


def _told(burst: Burst) -> tuple[int, int, int, int, str]:
    ends = -1 if burst.ends is None else burst.ends
    # A refined firing of a chained correlation shows another signal where nothing else has changed.
    shown = sum(ref.position for ref in burst.head) + sum(ref.position for ref in burst.tail)
    return (burst.count, burst.first, burst.last, ends, f"{shown} {burst.note}")
