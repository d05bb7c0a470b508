"""Why somebody was paged, or why not, by the command line."""

from __future__ import annotations

from nouns import NOON
from tocsin.domain.attempt import Attempt


def people(told) -> dict[str, bool]:
    return {each["person"]: each["was_paged"] for each in told["people"]}


def test_who_was_paged_sees_each_message_and_each_try(firing, answer, typed) -> None:
    told = answer("why", "ALR-1", "ben")
    assert people(told) == {"ben": True}
    assert (told["incident"], told["policy"]) == ("INC-1", "default")
    ((message,),) = (page["messages"] for page in told["people"][0]["pages"])
    assert (message["channel"], message["state"]) == ("inbox", "delivered")
    assert message["attempts"] == []
    tried = Attempt(
        key=message["key"], number=1, at=NOON, took_ms=9, outcome="retry", status=503, answer="busy"
    )
    with firing.store.transaction() as shelves:
        shelves.pages.add_attempt(tried)
    ((message,),) = (page["messages"] for page in answer("why", "ALR-1", "ben")["people"][0]["pages"])
    assert [(each["outcome"], each["status"]) for each in message["attempts"]] == [("retry", 503)]
    assert "retry\t503\tbusy" in typed("why", "ALR-1", "ben").stdout
    shown = typed("why", "ALR-1", "ben").stdout
    assert "ben was paged for ALR-1 (INC-1)" in shown
    assert "muted\t\trecorded\tNothing muted it" in shown


def test_each_part_and_each_person_says_something(firing, answer, typed) -> None:
    told = answer("why", "ALR-1")
    names = ["heard", "route", "incident", "muted", "steps", "receivers"]
    assert [each["name"] for each in told["sections"]] == names
    assert all(each["facts"] for each in told["sections"])
    assert all(each["because"] for each in told["people"])
    assert people(told) == {"ben": True}


def test_who_was_not_paged_sees_why(firing, answer, typed) -> None:
    typed("person", "add", "eve", "--name", "Eve", "--role", "viewer")
    told = answer("why", "ALR-1", "eve")
    assert people(told) == {"eve": False}
    assert "eve is not in" in told["people"][0]["because"][-1]["text"]
    assert told["people"][0]["because"][-1]["basis"] == "present"
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
