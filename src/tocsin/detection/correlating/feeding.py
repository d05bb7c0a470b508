"""Which rule feeds which correlation, and as what: one hit a signal and group, one bit a rule (S31-S34)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import msgspec

from tocsin.detection.correlating.fields import first_number, first_text, folded, texts_of
from tocsin.detection.correlating.novelty import Comparison
from tocsin.detection.correlating.watched import (
    NUMERIC,
    Watched,
    bits_of,
    watched_correlation,
    watched_rule,
)
from tocsin.detection.correlating.window import Firing
from tocsin.detection.sigma.correlation import Correlation, Kind
from tocsin.detection.sigma.extension import Heartbeat
from tocsin.detection.sigma.rule import Rule
from tocsin.detection.sigma.tables import LookupTable
from tocsin.detection.state import Held
from tocsin.domain.signal import Signal

MISSING_GROUP_KEY = "missing_group_key"
MISSING_VALUE = "missing_value"

Fed = tuple[str, Held]


def watched_rules(
    rules: Sequence[Rule],
    correlations: Sequence[Correlation],
    references: Mapping[str, Rule | Correlation],
    tables: Mapping[str, LookupTable],
) -> tuple[Watched, ...]:
    """Return all rules as they are watched: detection rules first, then correlations in their order.

    `references` resolves every word that a correlation uses for a rule; a correlation stands behind what
    feeds it.
    """
    every: tuple[Rule | Correlation, ...] = (*rules, *correlations)
    places = {each.key: place for place, each in enumerate(every)}
    parents: dict[str, dict[int, int]] = {}
    silent: set[str] = set()
    heard: set[str] = set()
    for each in correlations:
        for word, bit in bits_of(each).items():
            child = references[word].key
            feeds = parents.setdefault(child, {})
            feeds[places[each.key]] = feeds.get(places[each.key], 0) | bit
            (heard if each.generate else silent).add(child)
    emitting = {key for key in places if key not in silent or key in heard}
    feeding = {key: tuple(sorted(found.items())) for key, found in parents.items()}
    watched = [watched_rule(r, emits=r.key in emitting, parents=feeding.get(r.key, ())) for r in rules]
    lateness: dict[str, int] = {}
    for each in correlations:
        heartbeat = each.extensions.heartbeat
        found = watched_correlation(
            each,
            emits=each.key in emitting,
            parents=feeding.get(each.key, ()),
            lateness=max(lateness.get(references[word].key, 0) for word in bits_of(each)),
            inventory=_inventory(heartbeat, tables),
        )
        lateness[each.key] = found.lateness
        watched.append(found)
    return tuple(watched)


def _inventory(heartbeat: Heartbeat | None, tables: Mapping[str, LookupTable]) -> Iterator[str]:
    """Yield the entities of a heartbeat's inventory."""
    if heartbeat is not None and heartbeat.inventory in tables:
        yield from (str(value) for value in tables[heartbeat.inventory].values())


class Feed:
    """Turns signals and firings into the hits of one correlation."""

    def __init__(self, watched: Watched, correlation: Correlation, tables: Mapping[str, LookupTable]) -> None:
        self._watched = watched
        self._correlation = correlation
        extensions = correlation.extensions
        self._numeric = correlation.kind in NUMERIC
        self._fields: tuple[str, ...] = ()
        if self._numeric or correlation.kind is Kind.VALUE_COUNT:
            self._fields = correlation.fields
        if extensions.ratio is not None and extensions.ratio.distinct:
            self._fields = (extensions.ratio.distinct,)
        if extensions.new_value is not None:
            self._fields = (extensions.new_value.field,)
        wanted = extensions.new_value
        self._peer = extensions.baseline.peer if extensions.baseline is not None else ""
        self._by = Comparison(wanted.by, tables) if wanted is not None else None
        self._numeric = self._numeric and self._by is None
        self._plain = not any(watched.names.values())

    def of_signal(self, signal: Signal, time: int, slots: int) -> Iterator[Fed | str]:
        """Yield each group's key with the signal as its hit, or the name of what is missing."""
        for key, texts, bits, value in self._read(signal.record, slots):
            if texts is None:
                yield key
            else:
                hit = Held(time, signal.source, signal.position, bits, value, texts, signal.raw)
                yield key, self._among_peers(hit, signal.record)

    def of_firing(self, child: Watched, group: str, firing: Firing, slots: int) -> Iterator[Fed | str]:
        """Yield each group's key with a chained correlation's firing as its hit, or what is missing."""
        kind = child.correlation.kind.value if child.correlation else ""
        record: dict[str, Any] = {kind: firing.measured, "sigma_metric": firing.measured}
        record.update(zip(child.group_by, firing.hit.texts, strict=True))
        source, position, shown = firing.hit.source, firing.hit.position, firing.hit.evidence()
        origin = f"{child.key}:{group}"
        if firing.hit.time != firing.time:
            # What is decided at a deadline has no place in a source's sequence.
            source, position = "", 0
        for key, texts, bits, value in self._read(record, slots):
            if texts is None:
                yield key
                continue
            hit = Held(firing.time, source, position, bits, value, texts, None, origin, shown)
            yield key, hit

    def _read(
        self, record: Mapping[str, Any], slots: int
    ) -> Iterator[tuple[str, tuple[str, ...] | None, int, str | float | None]]:
        value: str | float | None = None
        for texts, bits in self._groups(record, slots):
            if texts is None:
                yield MISSING_GROUP_KEY, None, bits, None
                continue
            if self._fields:
                value = self._value(record, bits)
                if value is None:
                    yield MISSING_VALUE, None, bits, None
                    continue
            yield folded(texts), texts, bits, value

    def _groups(self, record: Mapping[str, Any], slots: int) -> Iterable[tuple[tuple[str, ...] | None, int]]:
        """Return the groups that a record belongs to as a match of each rule, and the rules' bits in each."""
        if self._plain:
            return ((texts_of(record, self._watched.group_by, {}), slots),)
        found: dict[str | None, tuple[tuple[str, ...] | None, int]] = {}
        for bit, names in self._watched.names.items():
            if slots & bit:
                texts = texts_of(record, self._watched.group_by, names)
                key = None if texts is None else folded(texts)
                first, bits = found.get(key, (texts, 0))
                found[key] = (first, bits | bit)
        return found.values()

    def _among_peers(self, hit: Held, record: Mapping[str, Any]) -> Held:
        """Return a hit that says which peers a baseline compares it with."""
        if not self._peer:
            return hit
        return msgspec.structs.replace(hit, peer=first_text(record, (self._peer,)) or "")

    def _value(self, record: Mapping[str, Any], bits: int) -> str | float | None:
        names = self._watched.names.get(bits & -bits, {})
        fields = [names.get(field, field) for field in self._fields]
        if self._numeric:
            return first_number(record, fields)
        text = first_text(record, fields)
        return text if text is None or self._by is None else self._by.of(text)
