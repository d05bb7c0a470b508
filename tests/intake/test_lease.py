"""Tests of merging reports into alerts: Alertmanager's rules, and what each report means."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.domain.alert import Alert, AlertReport
from tocsin.intake.fingerprint import fingerprint
from tocsin.intake.lease import AlertRefused, Change, fingerprint_of, lapsed, merge

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
INCIDENT = UUID(int=7)


def minute(number: float) -> datetime:
    return NOON + timedelta(minutes=number)


def report(
    start: float | None = None, end: float | None = None, *, summary: str = "API is down", count: int = 1
) -> AlertReport:
    return AlertReport(
        source="prometheus",
        labels={"alertname": "ApiDown", "severity": "critical"},
        annotations={"summary": summary},
        starts_at=None if start is None else minute(start),
        ends_at=None if end is None else minute(end),
        count=count,
    )


def known(start: float, end: float, *, by_timeout: bool = False, at: float = 0) -> Alert:
    fresh = merge(report(start, end), None, minute(at)).alert
    return replace(fresh, ends_by_timeout=by_timeout, number=4, incident_id=INCIDENT)


def span(alert: Alert) -> tuple[float, float]:
    return tuple((at - NOON) / timedelta(minutes=1) for at in (alert.starts_at, alert.ends_at))  # type: ignore[return-value]


@pytest.mark.parametrize(
    ("start", "end", "expected", "by_timeout"),
    [
        pytest.param(None, None, (0, 5), True, id="neither time: now, until the timeout"),
        pytest.param(-3, None, (-3, 5), True, id="only a start: until the timeout from now"),
        pytest.param(None, 4, (0, 4), False, id="only an end to come: from now"),
        pytest.param(None, -4, (-4, -4), False, id="only an end gone by: from that end"),
        pytest.param(-2, 3, (-2, 3), False, id="both times as sent"),
        pytest.param(10, None, (10, 15), True, id="a sender whose clock runs ahead keeps its alert"),
    ],
)
def test_times_left_out_are_filled_in(
    start: float | None, end: float | None, expected: tuple[float, float], by_timeout: bool
) -> None:
    alert = merge(report(start, end), None, NOON).alert
    assert span(alert) == expected
    assert alert.ends_by_timeout is by_timeout


def test_a_start_at_the_end_of_time_does_not_overflow() -> None:
    latest = datetime.max.replace(tzinfo=UTC)
    assert merge(replace(report(), starts_at=latest), None, NOON).alert.ends_at == latest


def test_a_first_report_is_a_new_episode_without_number_and_incident() -> None:
    merged = merge(report(-1, 4), None, NOON)
    assert merged.change is Change.NEW_EPISODE
    assert (merged.alert.number, merged.alert.incident_id) == (0, None)
    assert merged.alert.updated_at == NOON
    assert merged.alert.source == "prometheus"


def test_an_alert_that_is_over_when_first_heard_of_is_recorded_as_resolved() -> None:
    merged = merge(report(-9, -2), None, NOON)
    assert merged.change is Change.NEW_EPISODE
    assert merged.alert.is_resolved(NOON)


def test_empty_labels_are_removed_and_empty_annotations_are_kept() -> None:
    sent = AlertReport(source="x", labels={"alertname": "A", "empty": ""}, annotations={"note": ""})
    alert = merge(sent, None, NOON).alert
    assert alert.labels == {"alertname": "A"}
    assert alert.annotations == {"note": ""}
    assert alert.fingerprint == fingerprint_of(sent) == fingerprint({"alertname": "A"})


def test_text_that_no_database_keeps_is_replaced_and_the_alert_lives() -> None:
    sent = AlertReport(source="x", labels={"a": "b\x00"}, annotations={"n": "\ud800"}, evidence=("\x00",))
    alert = merge(sent, None, NOON).alert
    assert (alert.labels, alert.annotations, alert.evidence) == ({"a": "b�"}, {"n": "�"}, ("�",))


@pytest.mark.parametrize(
    ("sent", "said"),
    [
        pytest.param(AlertReport(source="x", labels={}), "no label", id="no labels"),
        pytest.param(AlertReport(source="x", labels={"a": ""}), "no label", id="only empty labels"),
        pytest.param(AlertReport(source="x", labels={"": "b"}), "without a name", id="a label without name"),
        pytest.param(report(2, 1), "before it starts", id="an end before the start"),
    ],
)
def test_what_cannot_be_an_alert_is_refused_with_its_reason(sent: AlertReport, said: str) -> None:
    with pytest.raises(AlertRefused, match=said) as caught:
        merge(sent, None, NOON)
    assert caught.value.next_step


def test_a_report_of_another_alert_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="cannot be merged"):
        merge(AlertReport(source="x", labels={"alertname": "Other"}), known(-1, 4), NOON)


@pytest.mark.parametrize(
    ("old", "by_timeout", "new", "expected"),
    [
        pytest.param((-10, 5), False, (-5, 6), (-10, 6), id="overlap: the earlier start"),
        pytest.param((-10, 8), False, (-5, 6), (-10, 8), id="still firing: a later end of the older counts"),
        pytest.param((-10, 8), True, (-5, 6), (-10, 6), id="still firing: a later timeout does not"),
        pytest.param((-10, 5), False, (-5, -1), (-10, -1), id="the younger is over: its end counts"),
        pytest.param((-10, -1), False, (-5, -2), (-10, -1), id="both are over: the later end"),
        pytest.param(
            (-10, -3), False, (-5, -2), (-10, -2), id="both are over: the later end is the younger's"
        ),
        pytest.param((-10, 4), False, (-10, 8), (-10, 8), id="a resend with the same start moves the lease"),
        pytest.param((-10, 4), False, (-12, 8), (-12, 8), id="a longer span replaces the shorter"),
        pytest.param((-10, 4), False, (-12, 2), (-12, 4), id="an end inside the older merges them"),
        pytest.param((-10, -5), False, (-3, 4), (-3, 4), id="no overlap: replaced"),
    ],
)
def test_spans_merge_as_in_alertmanager(
    old: tuple[float, float], by_timeout: bool, new: tuple[float, float], expected: tuple[float, float]
) -> None:
    merged = merge(report(*new), known(*old, by_timeout=by_timeout, at=-11), NOON)
    assert span(merged.alert) == expected


@pytest.mark.parametrize(
    ("old", "new", "change"),
    [
        pytest.param((-10, 4), report(-10, 8), Change.RESENT, id="only the lease moved"),
        pytest.param((-10, 4), report(-10, 8, summary="worse"), Change.UPDATED, id="the text changed"),
        pytest.param((-10, 4), report(-12, 8), Change.UPDATED, id="the start changed"),
        pytest.param((-10, 4), report(-10, -1), Change.RESOLVED, id="the sender says it is over"),
        pytest.param((-10, -1), report(-10, -1), Change.RESENT, id="its end is repeated"),
        pytest.param((-10, -1), report(-10, 4), Change.NEW_EPISODE, id="it fires after its lease ran out"),
        pytest.param((-10, -1), report(-5, 4), Change.NEW_EPISODE, id="it fires again, overlapping"),
        pytest.param((-10, -5), report(-3, 4), Change.NEW_EPISODE, id="it fires again later"),
        pytest.param((-10, -5), report(-5, -1), Change.NEW_EPISODE, id="a second episode is over already"),
        pytest.param((-10, 4), report(-30, -20), Change.RESENT, id="an earlier episode is told late"),
        pytest.param((10, 20), report(1, 5), Change.NEW_EPISODE, id="what fires now goes before what will"),
        pytest.param((-10, -10), report(-10, -10), Change.RESENT, id="a moment is repeated"),
    ],
)
def test_each_report_has_one_meaning(old: tuple[float, float], new: AlertReport, change: Change) -> None:
    before = known(*old)
    merged = merge(new, before, NOON)
    assert merged.change is change
    kept = (before.number, before.incident_id)
    assert (merged.alert.number, merged.alert.incident_id) == (
        (0, None) if change is Change.NEW_EPISODE else kept
    )


def test_an_earlier_episode_told_late_leaves_the_known_one_as_it_is() -> None:
    before = known(-10, 4)
    assert merge(report(-30, -20, summary="old news"), before, NOON).alert == before


def test_a_resend_moves_the_lease() -> None:
    merged = merge(report(-10, 8), known(-10, 4), NOON)
    assert merged.alert.ends_at == minute(8)
    assert merged.alert.updated_at == NOON


def test_a_burst_keeps_the_greatest_count_with_its_evidence() -> None:
    first = merge(replace(report(-10, 60, count=3), evidence=("a",)), None, NOON).alert
    grown = merge(replace(report(-10, 61, count=9), evidence=("a", "b")), first, NOON)
    assert (grown.alert.count, grown.alert.evidence, grown.change) == (9, ("a", "b"), Change.UPDATED)
    late = merge(replace(report(-10, 61, count=3), evidence=("a",)), grown.alert, NOON)
    assert (late.alert.count, late.alert.evidence, late.change) == (9, ("a", "b"), Change.RESENT)
    bare = merge(report(-10, 62, count=12), grown.alert, NOON)
    assert (bare.alert.count, bare.alert.evidence) == (12, ("a", "b"))


def test_an_alert_lapses_at_the_end_of_its_lease_and_not_before() -> None:
    alert = known(-10, 4)
    assert not lapsed(alert, minute(4) - timedelta(microseconds=1))
    assert lapsed(alert, minute(4))


@given(st.integers(-20, 20), st.integers(0, 20), st.integers(-20, 20), st.integers(0, 20), st.booleans())
def test_a_report_sent_twice_is_a_report_sent_once(
    old_start: int, old_length: int, start: int, length: int, by_timeout: bool
) -> None:
    before = known(old_start, old_start + old_length, by_timeout=by_timeout)
    sent = report(start, start + length)
    once = merge(sent, before, NOON)
    twice = merge(sent, replace(once.alert, number=5), NOON)
    assert twice.change is Change.RESENT
    assert span(twice.alert) == span(once.alert)
