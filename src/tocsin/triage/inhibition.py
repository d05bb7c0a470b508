"""While one alert fires, those that follow from it call nobody: find what inhibits an alert."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from tocsin.domain.alert import Alert
from tocsin.domain.inhibition import InhibitRule
from tocsin.domain.matchers import Matcher

Inhibitor = tuple[InhibitRule, Alert]


class Inhibition:
    """The sources among some alerts, indexed once by what must be equal; asking costs one look-up a rule."""

    def __init__(self, rules: Sequence[InhibitRule], alerts: Iterable[Alert]) -> None:
        self._rules = tuple(rules)
        self._sources: tuple[dict[tuple[str, ...], list[Alert]], ...] = tuple(
            defaultdict(list) for _ in self._rules
        )
        # The longest lease first: if it has run out, so have the others.
        for alert in sorted(alerts, key=lambda each: (-each.ends_at.timestamp(), each.fingerprint)):
            for rule, sources in zip(self._rules, self._sources, strict=True):
                if _fits(rule.source, alert.labels):
                    sources[_equal(rule, alert.labels)].append(alert)

    def inhibiting(self, alert: Alert, now: datetime) -> tuple[Alert, ...]:
        """Return the alerts that mute this one now: of each rule the one with the longest lease."""
        found = {source.fingerprint: source for _, source in self.by_rule(alert, now)}
        return tuple(found.values())

    def by_rule(self, alert: Alert, now: datetime) -> tuple[Inhibitor, ...]:
        """Return each rule that mutes this alert now, with the alert that does it."""
        found = []
        for rule, sources in zip(self._rules, self._sources, strict=True):
            if _fits(rule.target, alert.labels):
                source = self._source(rule, sources.get(_equal(rule, alert.labels), ()), alert, now)
                if source is not None:
                    found.append((rule, source))
        return tuple(found)

    @staticmethod
    def _source(rule: InhibitRule, sources: Sequence[Alert], alert: Alert, now: datetime) -> Alert | None:
        # Two alerts that fit both sides would otherwise mute each other, and an alert itself.
        is_two_sided = _fits(rule.source, alert.labels)
        for source in sources:
            if source.is_resolved(now):
                return None
            if not (is_two_sided and _fits(rule.target, source.labels)):
                return source
        return None


def sources_wanted(rules: Sequence[InhibitRule], alerts: Iterable[Alert]) -> tuple[Alert, ...]:
    """Return those of some alerts that can mute others: the only ones `Inhibition` must be given."""
    return tuple(alert for alert in alerts if any(_fits(rule.source, alert.labels) for rule in rules))


def _fits(matchers: tuple[Matcher, ...], labels: Mapping[str, str]) -> bool:
    return all(matcher.matches(labels) for matcher in matchers)


def _equal(rule: InhibitRule, labels: Mapping[str, str]) -> tuple[str, ...]:
    return tuple(labels.get(label, "") for label in rule.equal)
