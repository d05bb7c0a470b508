"""Compares the alerts that came with those a test wants, and says each difference in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from tocsin.detection.state import instant, micros
from tocsin.detection.testing.written import Expected, RuleTest
from tocsin.domain.detected import DetectedAlert

# Deadlines are inclusive, so what is decided at one comes out with the next instant.
TOLERANCE = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Came:
    """An alert in its last form, and when it first came out (microseconds since 1970)."""

    alert: DetectedAlert
    at: int


def differences(test: RuleTest, came: Sequence[Came], labels: Mapping[str, str]) -> tuple[str, ...]:
    """Return what is not as the test wants it. `labels` gives the label of a rule by each of its names."""
    found: list[str] = []
    if test.expect is not None:
        pairs = _paired(test.expect, came, labels)
        wanted = [each for number, each in enumerate(test.expect) if number not in pairs]
        extra = [each for number, each in enumerate(came) if number not in pairs.values()]
        found += [
            f"line {each.place.line}: expected {wanted_words(each, test)}; did not come" for each in wanted
        ]
        found += [f"came, not expected: {came_words(each, test)}" for each in extra]
    for refused in test.expect_not:
        found += [
            f"line {refused.place.line}: must not come: {came_words(each, test)}"
            for each in came
            if fits(refused, each, labels)
        ]
    return tuple(found)


def fits(wanted: Expected, came: Came, labels: Mapping[str, str]) -> bool:
    """Say whether an alert is one that is described."""
    alert = came.alert
    if wanted.rule and labels.get(wanted.rule, wanted.rule) != alert.rule_id:
        return False
    if wanted.count not in (None, alert.count):
        return False
    times = (
        (wanted.at, came.at),
        (wanted.first, micros(alert.first_seen)),
        (wanted.last, micros(alert.last_seen)),
    )
    if any(time is not None and abs(time - seen) > TOLERANCE for time, seen in times):
        return False
    return _severity_fits(wanted.severity, alert) and _group_fits(wanted.group, alert)


def _severity_fits(severity: str, alert: DetectedAlert) -> bool:
    if not severity:
        return True
    ours = alert.severity.value if alert.severity else "none"
    return severity.casefold() in (ours.casefold(), alert.rule_level)


def _group_fits(group: tuple[tuple[str, str], ...] | None, alert: DetectedAlert) -> bool:
    if group is None:
        return True
    mine = {name: str(value).casefold() for name, value in alert.group}
    return all(mine.get(name) == value.casefold() for name, value in group)


def _paired(expect: Sequence[Expected], came: Sequence[Came], labels: Mapping[str, str]) -> dict[int, int]:
    """Return the largest pairing of expectations with alerts that fit them, by their numbers."""
    owner: dict[int, int] = {}

    def place(number: int, tried: set[int]) -> bool:
        for other, each in enumerate(came):
            if other not in tried and fits(expect[number], each, labels):
                tried.add(other)
                if other not in owner or place(owner[other], tried):
                    owner[other] = number
                    return True
        return False

    for number in range(len(expect)):
        place(number, set())
    return {number: other for other, number in owner.items()}


def wanted_words(wanted: Expected, test: RuleTest) -> str:
    """Return an expectation in words."""
    parts = [f"rule {wanted.rule}"] if wanted.rule else []
    for name, time in (("at", wanted.at), ("first", wanted.first), ("last", wanted.last)):
        if time is not None:
            parts.append(f"{name} {offset(time, test)}")
    parts += [f"count {wanted.count}"] if wanted.count is not None else []
    parts += [f"severity {wanted.severity}"] if wanted.severity else []
    parts += [f"{name}={value}" for name, value in wanted.group or ()]
    return f"an alert ({', '.join(parts)})" if parts else "an alert"


def came_words(came: Came, test: RuleTest) -> str:
    """Return an alert in words."""
    alert = came.alert
    group = "".join(f", {name}={value}" for name, value in alert.group)
    severity = alert.severity.value if alert.severity else "none"
    first, last = micros(alert.first_seen), micros(alert.last_seen)
    return (
        f"{alert.rule_title} at {offset(came.at, test)} (count {alert.count}, severity {severity}, "
        f"first {offset(first, test)}, last {offset(last, test)}{group})"
    )


def offset(time: int, test: RuleTest) -> str:
    """Return an instant as its offset from the test's start, such as `1h30m`; outside a year as ISO."""
    left = time - micros(test.start)
    if abs(left) > 366 * 86_400_000_000:
        return instant(time).isoformat()
    sign, left = ("-", -left) if left < 0 else ("", left)
    seconds, rest = divmod(left, 1_000_000)
    text = ""
    for unit, length in (("d", 86_400), ("h", 3_600), ("m", 60)):
        whole, seconds = divmod(seconds, length)
        text += f"{whole}{unit}" if whole else ""
    shown = f"{seconds + rest / 1_000_000:g}s" if seconds or rest or not text else ""
    return f"{sign}{text}{shown}"
