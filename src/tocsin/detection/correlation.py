"""Count signals of one group in a sliding window, and say when the count is remarkable (S26-S34, T1-T3)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from tocsin.detection import folding
from tocsin.detection.sigma.correlation import Correlation
from tocsin.detection.sigma.readings import atom_of, json_text, lookup, members, number_text
from tocsin.detection.state import Burst, Held, Ref, RuleState, Window

# Signals that one correlation holds in all its windows together; beyond it the group touched longest ago
# loses its oldest signals, and the loss is counted.
MOST_HELD = 200_000

MICROS = 1_000_000

# The diagnostics a correlation counts: excluded signals (T1, T2) and forgotten ones.
MISSING_GROUP_KEY = "missing_group_key"
MISSING_VALUE = "missing_value"
LATE = "late"
FORGOTTEN = "forgotten"
COUNTERS = (MISSING_GROUP_KEY, MISSING_VALUE, LATE, FORGOTTEN)

Group = tuple[tuple[str, str], ...]


def field_text(record: Mapping[str, Any], field: str) -> str | None:
    """Return a field's value as text, or None if it is missing or null; several values become a JSON list."""
    found = [member for value in lookup(record, field) for member in members(value) if member is not None]
    if not found:
        return None
    atom = json_text(found) if len(found) > 1 else atom_of(found[0])
    text = atom if isinstance(atom, str) else number_text(atom)
    # Lone surrogates could not be written into the stored state.
    return text.encode("utf-8", "replace").decode("utf-8")


def group_of(correlation: Correlation, word: str, record: Mapping[str, Any]) -> Group | None:
    """Return the group a record belongs to as a match of one referenced rule, or None if a key is missing."""
    aliases = dict(correlation.aliases)
    group = []
    for name in correlation.group_by:
        text = field_text(record, dict(aliases.get(name, ())).get(word, name))
        if text is None:
            return None
        group.append((name, text))
    return tuple(group)


def folded(group: Group) -> str:
    """Return the group's key as it is compared: case folded (T3)."""
    return orjson.dumps([text.casefold() for _, text in group]).decode()


def count(state: RuleState, counter: str, by: int = 1) -> None:
    """Count something that the operator should see."""
    state.counters[counter] = state.counters.get(counter, 0) + by


class Counting:
    """One correlation at work on a rule state that may be changed in place.

    `changed` receives every burst that fired, by its key.
    """

    def __init__(self, correlation: Correlation, state: RuleState, changed: dict[str, Burst]) -> None:
        self._correlation = correlation
        self._state = state
        self._changed = changed
        self._span = correlation.span * MICROS
        self._own: set[str] = set()

    def take(self, words: Iterable[str], record: Mapping[str, Any], ref: Ref, newest: int) -> None:
        """Count one signal that matches the referenced rules `words`; it counts once (S34)."""
        groups = (group_of(self._correlation, word, record) for word in words)
        group = next((found for found in groups if found is not None), None)
        if group is None:
            count(self._state, MISSING_GROUP_KEY)
            return
        value = ""
        if self._correlation.fields:
            text = field_text(record, self._correlation.fields[0])
            if text is None:
                count(self._state, MISSING_VALUE)
                return
            value = text.casefold()
        if ref.time < newest - self._span:
            count(self._state, LATE)
            return
        self._admit(group, value, ref)

    def _admit(self, group: Group, value: str, ref: Ref) -> None:
        key = folded(group)
        window = self._window(key, group)
        # A signal that is late, but not older than the span, counts as if it came with the newest one.
        time = max(ref.time, window.held[-1].time) if window.size() else ref.time
        self._expire(window, time - self._span)
        if not window.size():
            # A group shows the spelling of the first signal since it was last quiet, swept in between or not.
            window.group = group
        window.held.append(Held(time, value, ref))
        window.distinct[value] = window.distinct.get(value, 0) + 1
        window.uncounted += 1
        self._state.held += 1
        self._bound()
        measured = len(window.distinct) if self._correlation.kind == "value_count" else window.size()
        if self._correlation.satisfied(measured):
            self._fire(key, window, time)

    def _fire(self, key: str, window: Window, time: int) -> None:
        first = max(window.start, len(window.held) - window.uncounted)
        fresh = [held.ref for held in window.held[first:] if held.ref is not None]
        window.held[first:] = [Held(held.time, held.value, None) for held in window.held[first:]]
        window.uncounted = 0
        if window.burst is not None and time - window.burst.fired <= self._span:
            folding.extend(window.burst, fresh, time)
        else:
            window.burst = folding.opened(self._correlation.header.label, window.group, key, fresh, time)
        self._changed[window.burst.key] = window.burst

    def _window(self, key: str, group: Group) -> Window:
        """Return the group's window, our own copy of it, moved to the end of the queue."""
        if key in self._state.groups:
            window = self._owned(key)
            del self._state.groups[key]
        else:
            window = Window(group=group, held=[], start=0, distinct={}, uncounted=0, burst=None)
            self._own.add(key)
        self._state.groups[key] = window
        return window

    def _owned(self, key: str) -> Window:
        """Return a window that may be changed: the one the previous state knows is copied first."""
        window = self._state.groups[key]
        if key in self._own:
            return window
        self._own.add(key)
        copy = Window(
            group=window.group,
            held=window.held[window.start :],
            start=0,
            distinct=dict(window.distinct),
            uncounted=window.uncounted,
            burst=folding.copied(window.burst) if window.burst else None,
        )
        self._state.groups[key] = copy
        return copy

    def _expire(self, window: Window, oldest: int) -> None:
        while window.size() and window.held[window.start].time < oldest:
            self._forget_oldest(window)

    def _forget_oldest(self, window: Window) -> None:
        value = window.held[window.start].value
        window.start += 1
        self._state.held -= 1
        if window.distinct[value] == 1:
            del window.distinct[value]
        else:
            window.distinct[value] -= 1
        window.uncounted = min(window.uncounted, window.size())
        if window.start * 2 > len(window.held):
            del window.held[: window.start]
            window.start = 0

    def _bound(self) -> None:
        while self._state.held > MOST_HELD:
            key = next(iter(self._state.groups))
            if not self._state.groups[key].size():
                del self._state.groups[key]
                self._own.discard(key)
                continue
            self._forget_oldest(self._owned(key))
            count(self._state, FORGOTTEN)


def swept(state: RuleState, span: int, newest: int) -> RuleState:
    """Return the state without the groups that can no longer matter; `span` in seconds."""
    oldest = newest - span * MICROS
    stale = []
    for key, window in state.groups.items():
        if window.size() and window.held[-1].time >= oldest:
            break
        stale.append(key)
    if not stale:
        return state
    groups = dict(state.groups)
    gone = sum(groups.pop(key).size() for key in stale)
    return RuleState(groups=groups, burst=state.burst, held=state.held - gone, counters=state.counters)
