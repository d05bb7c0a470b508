"""Why somebody was paged, or why not, by the command line."""

from __future__ import annotations


def test_who_was_paged_sees_each_message(firing, answer, typed) -> None:
    told = answer("why", "ALR-1", "ben")
    assert told["was_paged"] is True
    assert told["incident"] == "INC-1"
    assert [(each["channel"], each["state"]) for each in told["messages"]] == [("inbox", "delivered")]
    shown = typed("why", "ALR-1", "ben").stdout
    assert "ben was paged for ALR-1 (INC-1)" in shown
    assert "delivered" in shown


def test_who_was_not_paged_sees_why(firing, answer, typed) -> None:
    typed("person", "add", "eve", "--name", "Eve", "--role", "viewer")
    told = answer("why", "ALR-1", "eve")
    assert told["was_paged"] is False
    assert told["messages"] == []
    assert "eve is not in" in told["because"][-1]
    assert "eve was not paged" in typed("why", "ALR-1", "eve").stdout


def test_an_alert_without_an_incident_is_told_too(report, answer, typed) -> None:
    report({"labels": {"alertname": "Watchdog", "severity": "none"}})
    assert answer("why", "ALR-1", "ben")["incident"] is None
    assert "(no incident)" in typed("why", "ALR-1", "ben").stdout


def test_a_person_who_exists_nowhere_ends_with_3(firing, typed) -> None:
    result = typed("why", "ALR-1", "nobody")
    assert (result.exit_code, result.stdout) == (3, "")
    assert "There is no account 'nobody'." in result.stderr
    assert typed("why", "ALR-1", "administrators").exit_code == 0


def test_an_alert_that_is_not_there_ends_with_3(home, typed) -> None:
    assert typed("why", "ALR-9", "ben").exit_code == 3
