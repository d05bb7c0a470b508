"""Tests of alerts that mute others."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from tocsin.domain.alert import Alert
from tocsin.domain.inhibition import InhibitRule
from tocsin.domain.matchers import matcher
from tocsin.triage.inhibition import Inhibition, sources_wanted

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
OUTAGE = InhibitRule(
    source=(matcher("alertname", "=", "ClusterDown"),),
    target=(matcher("severity", "=", "warning"),),
    equal=("cluster",),
    name="cluster down",
)


def test_a_source_mutes_targets_of_the_same_cluster(alert_of: Callable[..., Alert]) -> None:
    source = alert_of(alertname="ClusterDown", cluster="a")
    inhibition = Inhibition((OUTAGE,), [source])
    assert inhibition.inhibiting(alert_of(severity="warning", cluster="a"), NOW) == (source,)
    assert inhibition.by_rule(alert_of(severity="warning", cluster="a"), NOW) == ((OUTAGE, source),)
    assert inhibition.inhibiting(alert_of(severity="warning", cluster="b"), NOW) == ()
    assert inhibition.inhibiting(alert_of(severity="critical", cluster="a"), NOW) == ()


def test_an_absent_label_equals_an_empty_one(alert_of: Callable[..., Alert]) -> None:
    source = alert_of(alertname="ClusterDown")
    target = alert_of(severity="warning", cluster="")
    assert Inhibition((OUTAGE,), [source]).inhibiting(target, NOW) == (source,)


def test_a_resolved_source_mutes_nothing_from_that_instant(alert_of: Callable[..., Alert]) -> None:
    source = replace(alert_of(alertname="ClusterDown"), ends_at=NOW)
    target = alert_of(severity="warning")
    inhibition = Inhibition((OUTAGE,), [source])
    assert inhibition.inhibiting(target, NOW) == ()
    assert inhibition.inhibiting(target, NOW - timedelta(microseconds=1)) == (source,)


def test_the_source_with_the_longest_lease_is_named(alert_of: Callable[..., Alert]) -> None:
    short = replace(alert_of(alertname="ClusterDown"), ends_at=NOW + timedelta(minutes=1))
    long = replace(alert_of(alertname="ClusterDown"), ends_at=NOW + timedelta(minutes=9))
    assert Inhibition((OUTAGE,), [short, long]).inhibiting(alert_of(severity="warning"), NOW) == (long,)


def test_one_source_of_two_rules_is_named_once(alert_of: Callable[..., Alert]) -> None:
    source = alert_of(alertname="ClusterDown")
    inhibition = Inhibition((OUTAGE, OUTAGE), [source])
    assert inhibition.inhibiting(alert_of(severity="warning"), NOW) == (source,)


def test_alerts_that_fit_both_sides_never_mute_each_other_or_themselves(
    alert_of: Callable[..., Alert],
) -> None:
    both = [alert_of(alertname="ClusterDown", severity="warning", pod=pod) for pod in ("1", "2")]
    inhibition = Inhibition((OUTAGE,), both)
    assert [inhibition.inhibiting(alert, NOW) for alert in both] == [(), ()]
    only_source = alert_of(alertname="ClusterDown", severity="critical")
    inhibition = Inhibition((OUTAGE,), [*both, only_source])
    assert inhibition.inhibiting(both[0], NOW) == (only_source,)
    # One that fits the target alone may be muted by any of them.
    assert inhibition.inhibiting(alert_of(severity="warning"), NOW)[0].labels["alertname"] == "ClusterDown"


def test_only_alerts_that_can_mute_others_are_wanted(alert_of: Callable[..., Alert]) -> None:
    source, other = alert_of(alertname="ClusterDown"), alert_of(alertname="Else")
    assert Inhibition((OUTAGE,), [other, source]).inhibiting(alert_of(severity="warning"), NOW) == (source,)
    assert sources_wanted((OUTAGE,), [other, source]) == (source,)
    assert sources_wanted((), [source]) == ()
