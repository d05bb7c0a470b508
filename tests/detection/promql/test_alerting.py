from __future__ import annotations

import pytest

from tocsin.detection.promql.alerting import advanced, recorded
from tocsin.detection.promql.group_state import Phase
from tocsin.detection.promql.refusals import EvaluationFailed
from tocsin.detection.promql.rule_files import load
from tocsin.detection.promql.vector import Point

MINUTE = 60_000
VECTOR = [Point((("__name__", "up"), ("job", "a")), 0.0)]


def _rule(**changes: str):
    lines = {"alert": "Down", "expr": "up == 0", **changes}
    body = "\n".join(f"        {key}: {value}" for key, value in lines.items())
    (group,) = load([("f", f"groups:\n  - name: g\n    rules:\n      -\n{body}\n")]).groups
    return group.rules[0]


def _lives(rule, steps: str) -> list[str]:
    """Play one minute a letter (`x` found, `.` not) and return the phases."""
    alerts: tuple = ()
    phases = []
    for minute, step in enumerate(steps):
        alerts = advanced(rule, alerts, VECTOR if step == "x" else [], minute * MINUTE)
        phases.append(alerts[0].phase.value[0] if alerts else "-")
        alerts = tuple(alert for alert in alerts if alert.phase is not Phase.RESOLVED)
    return phases


@pytest.mark.parametrize(
    ("changes", "steps", "phases"),
    [
        ({}, "x.x", "frf"),
        ({"for": "2m"}, "xxxx.", "ppffr"),
        ({"for": "2m"}, "x.xxx.", "p-ppfr"),
        ({"keep_firing_for": "2m"}, "x...x", "fffrf"),
        ({"keep_firing_for": "2m"}, "x.x...", "fffffr"),
        ({"for": "1m", "keep_firing_for": "1m"}, "x.xx..", "p-pffr"),
    ],
)
def test_an_alert_lives_as_in_prometheus(changes: dict[str, str], steps: str, phases: str) -> None:
    assert "".join(_lives(_rule(**changes), steps)) == phases


def test_labels_and_annotations_are_filled_and_follow_the_value() -> None:
    rule = _rule(
        labels='{job: "", team: "{{ $labels.job }}"}',
        annotations='{s: "{{ $labels.__name__ }} {{ $value }}"}',
    )
    (alert,) = advanced(rule, (), VECTOR, 0)
    assert alert.labels == (("alertname", "Down"), ("team", "a"))
    assert alert.annotations == (("s", "up 0"),)
    (alert,) = advanced(rule, (alert,), [Point(VECTOR[0].labels, 7.0)], MINUTE)
    assert (alert.annotations, alert.value, alert.active_at_ms) == ((("s", "up 7"),), 7.0, 0)


def test_two_results_that_become_the_same_alert_fail() -> None:
    with pytest.raises(EvaluationFailed, match="after applying alert labels"):
        advanced(_rule(labels="{job: b}"), (), [*VECTOR, Point((("job", "c"),), 1.0)], 0)


def test_active_alerts_are_series_too() -> None:
    rule = _rule(labels='{team: "{{ $labels.none }}"}', keep_firing_for="0s")
    alerts = advanced(rule, (), VECTOR, 90_500)
    samples = {dict(sample.labels)["__name__"]: sample for sample in recorded(rule, alerts, 120_000)}
    assert dict(samples["ALERTS"].labels)["alertstate"] == "firing"
    assert dict(samples["ALERTS"].labels)["team"] == "{{ $labels.none }}"
    assert (samples["ALERTS"].value, samples["ALERTS_FOR_STATE"].value) == (1.0, 90.0)
    assert recorded(rule, advanced(rule, alerts, [], 130_000), 130_000) == []
