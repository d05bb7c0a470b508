"""Up to when each rule's own sources were heard: a slow source delays only the rules that it feeds."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from tocsin.detection.correlating.watched import Watched
from tocsin.detection.state import NEVER, WindowState

Heard = int | Mapping[str, int]
"""Event time in microseconds since 1970: one for all, or one a source."""


class Hearing:
    """What a batch knows of time: for each rule, up to when it was heard before, and up to when it is now."""

    def __init__(self, watched: Sequence[Watched], state: WindowState) -> None:
        self._watched = watched
        self._state = state
        self._heard: Heard = NEVER
        self._fresh: dict[str, set[str]] = {}
        self._told: set[tuple[int, str]] = set()
        self._known: dict[str, tuple[int, int]] = {}

    def feed(self, places: Iterable[int], source: str) -> None:
        """Note that a source feeds the rules at these places, and all that these are counted by."""
        for place in places:
            if (place, source) not in self._told:
                self._told.add((place, source))
                self._fresh.setdefault(self._watched[place].key, set()).add(source)
                self.feed((parent for parent, _ in self._watched[place].parents), source)

    def hear(self, heard: Heard) -> int:
        """Take what was heard, after all `feed`; return up to when all sources were."""
        self._heard = heard if isinstance(heard, Mapping) else max(heard, self._state.heard)
        return (
            min(heard.values(), default=NEVER)
            if isinstance(heard, Mapping)
            else max(heard, self._state.heard)
        )

    def before(self, rule: Watched) -> int:
        """Return up to when the rule's sources had been heard before."""
        return self._of(rule)[0]

    def now(self, rule: Watched) -> int:
        """Return up to when the rule's sources are heard now; time never goes back."""
        return self._of(rule)[1]

    def sources(self, rule: Watched) -> set[str]:
        """Return the sources that newly feed a rule."""
        return self._fresh.get(rule.key, set())

    def _of(self, rule: Watched) -> tuple[int, int]:
        known = self._known.get(rule.key)
        if known is None:
            known = self._known[rule.key] = self._looked_up(rule)
        return known

    def _looked_up(self, rule: Watched) -> tuple[int, int]:
        if not isinstance(self._heard, Mapping):
            return self._state.heard, self._heard
        kept = self._state.of_rule(rule.key)
        before = max((each.heard for each in kept), default=NEVER)
        sources = self.sources(rule).union(*(each.sources for each in kept))
        # A source that was forgotten is not waited for; a rule that none feeds waits for all there are.
        marks = [self._heard[source] for source in sources if source in self._heard]
        return before, max(before, min(marks or self._heard.values(), default=NEVER))
