"""A report under a sender's own key: its end finds its beginning, whatever the sender left out."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nouns import NOON, later
from tocsin.domain.alert import AlertReport
from tocsin.intake.keyed import KEY_LABEL, LEASE, Remembered, remembered_of, settle, written
from tocsin.intake.lease import Change, merge

BEGUN = AlertReport(source="pagerduty", labels={"alertname": "Slow", "severity": "high"}, starts_at=NOON)
END = AlertReport(source="pagerduty", labels={}, ends_at=later(60))
OPEN = Remembered(labels={"alertname": "Slow", "severity": "high", KEY_LABEL: "k"}, starts_at=NOON)


def test_a_beginning_is_remembered_with_its_key() -> None:
    settled = settle(BEGUN, "k", None, later(5))
    assert settled.remembered == OPEN
    (report,) = settled.reports
    assert (report.labels, report.starts_at, report.ends_at) == (OPEN.labels, NOON, later(5) + LEASE)


def test_an_end_takes_the_labels_of_its_beginning() -> None:
    settled = settle(END, "k", OPEN, later(90))
    (report,) = settled.reports
    assert (report.labels, report.starts_at, report.ends_at) == (OPEN.labels, NOON, later(60))
    assert settled.remembered is None


def test_the_end_of_what_is_not_open_changes_nothing() -> None:
    settled = settle(END, "k", None, later(90))
    assert (settled.reports, settled.remembered) == ((), None)


def test_an_end_before_the_beginning_is_the_beginning() -> None:
    (report,) = settle(replace(END, ends_at=NOON - timedelta(hours=1)), "k", OPEN, later(90)).reports
    assert report.ends_at == NOON


def test_a_repeat_keeps_labels_and_beginning() -> None:
    again = replace(BEGUN, labels={"alertname": "Other", "severity": "high"}, starts_at=later(30))
    settled = settle(again, "k", OPEN, later(60))
    assert (settled.reports[0].labels, settled.reports[0].starts_at) == (OPEN.labels, NOON)
    assert settled.remembered == OPEN


def test_a_repeat_without_a_severity_keeps_it() -> None:
    again = replace(BEGUN, labels={"alertname": "Slow"})
    assert settle(again, "k", OPEN, later(60)).remembered == OPEN


def test_a_worse_severity_begins_anew_before_the_old_one_ends() -> None:
    worse = replace(BEGUN, labels={"severity": "critical"})
    begun, ended = settle(worse, "k", OPEN, later(60)).reports
    assert (begun.labels["severity"], begun.starts_at) == ("critical", later(60))
    assert (ended.labels["severity"], ended.ends_at) == ("high", later(60))


def test_a_beginning_in_the_future_is_now_so_that_its_end_can_follow() -> None:
    settled = settle(replace(BEGUN, starts_at=later(600)), "k", None, NOON)
    assert settled.reports[0].starts_at == NOON


def test_a_beginning_without_a_time_is_now() -> None:
    assert settle(replace(BEGUN, starts_at=None), "k", None, NOON).reports[0].starts_at == NOON


def test_an_end_that_is_still_to_come_is_a_lease() -> None:
    (report,) = settle(replace(BEGUN, ends_at=later(600)), "k", None, NOON).reports
    assert report.ends_at == later(600)


@pytest.mark.parametrize("remembered", [OPEN, Remembered(labels={}, starts_at=NOON)])
def test_what_is_written_is_read_back(remembered: Remembered) -> None:
    assert remembered_of(written(remembered)) == remembered


def test_nothing_is_remembered_of_nothing() -> None:
    assert remembered_of(None) is None


@given(
    begun=st.integers(-10_000, 10_000),
    heard=st.integers(0, 10_000),
    ended=st.integers(-10_000, 10_000),
    told=st.integers(0, 10_000),
)
def test_whatever_the_senders_clock_an_end_ends_what_began(begun, heard, ended, told) -> None:
    """The end is told at or after the beginning was heard; the sender's own times may say anything."""
    first, second = later(heard), later(heard + told)
    opened = settle(replace(BEGUN, starts_at=later(begun)), "k", None, first)
    alert = replace(merge(opened.reports[0], None, first).alert, number=1)
    over = replace(END, ends_at=min(later(ended), second))
    (closed,) = settle(over, "k", opened.remembered, second).reports
    merged = merge(closed, alert, second)
    assert (merged.change, merged.alert.number) == (Change.RESOLVED, 1)
    assert merged.alert.is_resolved(second)
