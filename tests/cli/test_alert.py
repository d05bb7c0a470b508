"""Alerts by the command line, and what could not be understood."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tocsin.connectors.refusal import BodyRefused
from tocsin.domain.arrival import Quarantined


def test_the_newest_alert_stands_first_with_its_incident(firing, report, answer) -> None:
    report({"labels": {"alertname": "Second", "severity": "warning"}})
    newest, oldest = answer("alert", "list")
    assert newest["id"] == "ALR-2"
    assert (oldest["id"], oldest["incident"], oldest["status"]) == ("ALR-1", "INC-1", "firing")


def test_alerts_are_filtered(firing, answer) -> None:
    assert answer("alert", "list", "status=resolved") == []
    assert len(answer("alert", "list", "title=~.*disk.*", "since=1h")) == 1


def test_an_alert_shows_its_labels(firing, answer) -> None:
    assert answer("alert", "show", "ALR-1")["labels"]["alertname"] == "DiskFull"


def test_a_muted_alert_says_so_and_why(app, report, answer, typed) -> None:
    typed("silence", "add", "service=shop", "--for", "2h", "--reason", "The disk is replaced.")
    report({"labels": {"alertname": "DiskFull", "severity": "critical", "service": "shop"}})
    (muted,) = answer("alert", "list", "status=muted")
    shown = answer("alert", "show", muted["id"])
    assert "The disk is replaced." in shown["muted_by"]
    assert any("The disk is replaced." in line for line in shown["story"])
    assert answer("incident", "list") == []


def test_an_alert_that_is_not_there_ends_with_3(home, typed) -> None:
    assert typed("alert", "show", "ALR-1").exit_code == 3
    assert typed("alert", "show", "nonsense").exit_code == 3


def test_escapes_in_an_alert_do_not_reach_the_terminal(report, typed) -> None:
    report({"labels": {"alertname": "\x1b[2JGone", "severity": "warning"}})
    result = typed("alert", "list")
    assert "\x1b" not in result.stdout
    assert "\\x1b[2JGone" in result.stdout


def test_what_was_set_aside_is_listed_and_stays_when_it_is_still_broken(app, answer, typed) -> None:
    with pytest.raises(BodyRefused):
        app.hearing.api_alerts(b"{broken", "application/json", source="prometheus", sender="test")
    (waiting,) = answer("alert", "quarantine")
    assert waiting["body"] == "{broken"
    result = typed("alert", "replay", waiting["id"])
    assert result.exit_code == 6
    assert "[still_unreadable]" in result.stderr
    assert len(answer("alert", "quarantine")) == 1


def test_what_can_be_understood_now_is_replayed(app, answer) -> None:
    with app.store.transaction() as shelves:
        kept = shelves.quarantine.add(
            Quarantined(
                connector="signals",
                source="fw",
                reason="an older version could not",
                body=b'{"a": 1}\n',
                received_at=datetime.now(UTC),
            )
        )
    assert answer("alert", "replay", kept.short_name) == {"id": "Q-1", "result": "Q-1: 1 accepted"}
    assert answer("alert", "quarantine") == []


def test_a_replay_of_nothing_ends_with_3(home, typed) -> None:
    assert typed("alert", "replay", "Q-7").exit_code == 3


def test_what_will_never_be_needed_is_discarded_with_a_reason(app, answer, typed) -> None:
    with pytest.raises(BodyRefused):
        app.hearing.api_alerts(b"{broken", "application/json", source="prometheus", sender="test")
    assert typed("alert", "discard", "Q-1").exit_code == 5
    assert answer("alert", "discard", "Q-1", "--reason", "noise") == {"id": "Q-1"}
    assert answer("alert", "quarantine") == []
    assert typed("alert", "discard", "q-1", "--reason", "noise").exit_code == 3
