"""A sign of life that does not come in time is missed, and never because of our own silence."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from nouns import NOON, later
from tocsin.domain.pack_file import PackProblem
from tocsin.domain.severity import Severity
from tocsin.intake.watchdog import GRACE, Heartbeat, Sign, due_at, look, read_heartbeats, sign_of, written

BACKUP = Heartbeat(name="backup", every=timedelta(minutes=10), grace=timedelta(minutes=2), owner="ops")
NEW = Sign(name="backup", since=NOON)
DUE = 12 * 60
FILE = """\
sources: []
heartbeats:
  - {name: watchdog, alert: ['alertname = Watchdog', 'cluster =~ prod.*'], every: 5m}
  - {name: nightly-backup, every: 24h, grace: 1h, severity: P2, owner: ops}
"""


def test_one_that_never_came_is_missed_after_its_time_and_grace() -> None:
    assert look(BACKUP, NEW, None, later(DUE - 1), None) == (NEW, None)
    missed, report = look(BACKUP, NEW, None, later(DUE), None)
    assert (missed.missing_since, missed.told_at) == (later(DUE), later(DUE))
    assert report is not None
    assert report.labels == {
        "alertname": "WatchdogMissing",
        "heartbeat": "backup",
        "severity": "critical",
        "incident_type": "service-degradation",
        "owner": "ops",
    }
    assert "last came at never" in report.annotations["description"]


def test_each_time_it_comes_the_time_begins_anew() -> None:
    came, report = look(BACKUP, NEW, later(300), later(310), None)
    assert (came.last, report) == (later(300), None)
    assert due_at(BACKUP, came, None) == later(300 + DUE)
    assert look(BACKUP, came, later(300), later(300 + DUE - 1), None)[1] is None
    assert look(BACKUP, came, later(300), later(300 + DUE), None)[1] is not None


def test_the_alarm_is_told_once_a_day_and_ends_when_the_sign_comes() -> None:
    missed, _ = look(BACKUP, NEW, None, later(DUE), None)
    assert look(BACKUP, missed, None, later(DUE + 60), None) == (missed, None)
    renewed, report = look(BACKUP, missed, None, later(DUE + 86400), None)
    assert report is not None
    assert (renewed.missing_since, report.starts_at) == (later(DUE), later(DUE))
    back, ended = look(BACKUP, renewed, later(DUE + 90000), later(DUE + 90001), None)
    assert (back.missing_since, back.told_at) == (None, None)
    assert ended is not None
    assert (ended.ends_at, ended.labels) == (later(DUE + 90001), report.labels)


def test_a_sign_that_is_itself_too_old_ends_nothing() -> None:
    missed, _ = look(BACKUP, NEW, None, later(DUE), None)
    still, report = look(BACKUP, missed, later(30), later(2 * DUE), None)
    assert (still.last, still.missing_since, report) == (later(30), later(DUE), None)


def test_while_we_were_deaf_nothing_is_held_against_it_but_an_alarm_stays() -> None:
    came = replace(NEW, last=NOON)
    assert look(BACKUP, came, NOON, later(DUE + 100), later(DUE + 50)) == (came, None)
    assert look(BACKUP, came, NOON, later(2 * DUE + 50), later(DUE + 50))[1] is not None
    missed, _ = look(BACKUP, NEW, None, later(DUE), None)
    assert look(BACKUP, missed, None, later(DUE + 100), later(DUE + 50)) == (missed, None)


def test_an_alert_fits_by_its_labels_and_a_call_by_none() -> None:
    watchdog, backup = read_heartbeats(FILE, "sources.yml")
    assert watchdog.fits({"alertname": "Watchdog", "cluster": "prod-1"})
    assert not watchdog.fits({"alertname": "Watchdog", "cluster": "lab"})
    assert not backup.fits({})


def test_a_pack_says_what_is_expected() -> None:
    watchdog, backup = read_heartbeats(FILE, "sources.yml")
    assert (watchdog.name, watchdog.every, watchdog.grace, watchdog.severity) == (
        "watchdog",
        timedelta(minutes=5),
        GRACE,
        Severity.P1,
    )
    assert (backup.grace, backup.severity, backup.owner, backup.matchers) == (
        timedelta(hours=1),
        Severity.P2,
        "ops",
        (),
    )
    assert "owner" not in (look(watchdog, NEW, None, later(1e6), None)[1] or pytest.fail("no report")).labels


@pytest.mark.parametrize("text", ["sources: []\n", "sources: []\nheartbeats:\n"])
def test_nothing_need_be_expected(text: str) -> None:
    assert read_heartbeats(text, "sources.yml") == ()


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("{name: x, every: 0s}", "so often"),
        ("{name: 'a b', every: 5m}", "letters, digits"),
        ("{name: '', every: 5m}", "empty"),
        ("{name: x}", "every"),
        ("{name: x, every: 5m, alert: ['nonsense']}", "nonsense"),
        ("{name: x, every: 5m}\n  - {name: x, every: 5m}", "twice"),
    ],
)
def test_what_is_wrong_is_named(entry: str, words: str) -> None:
    with pytest.raises(PackProblem, match=words):
        read_heartbeats(f"sources: []\nheartbeats:\n  - {entry}\n", "sources.yml")


def test_a_sign_comes_back_as_it_was_and_a_damaged_one_is_expected_from_now_on() -> None:
    for sign in (
        NEW,
        Sign(name="backup", since=NOON, last=later(1), missing_since=later(2), told_at=later(3), alert="f"),
    ):
        assert sign_of("backup", written(sign), later(9)) == sign
    for damaged in (
        None,
        b"{",
        b"[]",
        b"{}",
        b'{"since": 5, "last": null, "missing": null, "told": null, "alert": ""}',
    ):
        assert sign_of("backup", damaged, later(9)) == Sign(name="backup", since=later(9))
    nameless = b'{"since": null, "last": null, "missing": null, "told": null, "alert": ""}'
    assert sign_of("backup", nameless, later(9)).since == later(9)
